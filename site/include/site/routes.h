/* SPDX-License-Identifier: BSD-2-Clause
 * The pages of the site that are made by code. A new page is a file
 * site/page_NAME.c, a declaration in site/pages.h and a line in
 * site/routes.c. */
#pragma once

#include <http/handler.h>

/* Looked at in this order; for http_server.routes. */
extern const struct http_route site_routes[];
extern const size_t site_routes_n;

/* Groups of pages that a site has only if its site.conf says so. */
#define SITE_SAMPLES 1u /* `pages: samples` */
#define SITE_STATUS 2u  /* unless `status` says otherwise: /memory, /metrics and their like */
#define SITE_RENEW 4u   /* `https: renew` */

/* The groups that the site of this pack has; for http_server.groups. */
uint32_t site_groups(const struct http_pack *pack);

/* The port on which alone SITE_STATUS is there; 0: there is none such. */
uint16_t site_status_port(const struct http_pack *pack);

/* The page that takes new certificates, PUT /-/certificates, for sites that have
 * it: a handler that the app knows; NULL: there is none. */
#define SITE_RENEW_BODY_MAX 65536
extern int (*site_renew)(struct http_exchange *x);

/* SPDX-License-Identifier: BSD-2-Clause
 * The certificates that TLS serves: those of the site pack, then those that are
 * sent to the running server. Private to app/. */
#pragma once

#include <http/handler.h>

/* Serve the pack's certificates. False when there is none that can be used; the
 * console says why. */
bool app_certificates_load(const struct http_pack *pack);

/* Name those that are served out of their time on the console. */
void app_certificates_warn(void);

/* The page that takes new certificates in place of all that are served: a form
 * with the fields of the pack's settings, "tls.0.chain" and so on. If one of
 * them cannot be used, or is out of its time, all stays as it is. For site_renew. */
int app_certificates_renew(struct http_exchange *x);

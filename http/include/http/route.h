/* SPDX-License-Identifier: BSD-2-Clause
 * Matching of a path against the patterns of dynamic pages. Pure. */
#pragma once

#include <http/handler.h>

/* A pattern such as "/hello/:name" against a decoded path.
 *
 * params   written on a match: what each ':' took, in order; may have been
 *          touched on a mismatch */
bool http_route_match(const char *pattern, struct lib_span path,
                      struct lib_span params[HTTP_PARAMS_MAX]);

/* What the ':name' of a pattern took; p is NULL when it has no such name. */
struct lib_span http_route_param(const char *pattern, const struct lib_span params[HTTP_PARAMS_MAX],
                                 const char *name);

/* Whether the page is there: it is in no group, or in one of `groups`. */
bool http_route_on(uint32_t groups, const struct http_route *route);

/* Note which of the server's routes a path may be for, by the first letter of
 * both: the paths of files are for none, mostly. Called by http_server_init. */
void http_route_sort(struct http_server *s);

/* The page for a path and method.
 *
 * groups   that are there
 * allow    the methods of all pages at this path
 * returns  NULL when there is none for the method */
const struct http_route *http_route_find(const struct http_server *s, uint32_t groups,
                                         struct lib_span path, unsigned method,
                                         struct lib_span params[HTTP_PARAMS_MAX], unsigned *allow);

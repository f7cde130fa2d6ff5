/* SPDX-License-Identifier: BSD-2-Clause
 * Percent-encoding and dot segments. Pure. */
#pragma once

#include <lib/out.h>

/* Decode a request path and remove its dot segments.
 *
 * raw      begins with '/', no query
 * buf      receives the path, at most raw.n bytes; not NUL-terminated
 * path     written on success: points into `buf`, or is `raw` where nothing has
 *          to be changed; begins with '/', has no segment "." or ".." and no NUL
 * errors   E_PROTO   a malformed escape, or %00: answer 400
 *          E_NOENT   an encoded '/': no resource has one in its name
 *          E_LIMIT   longer than `cap`
 * source   RFC 3986 2.1, 5.2.4. Decoding comes first, so that %2e%2e is "..";
 *          ".." at the root stays there */
int http_path_decode(struct lib_span raw, char *buf, size_t cap, struct lib_span *path);

/* Decode %XX, and '+' as a space when `form` is set.
 *
 * buf      at least raw.n bytes; may be raw.p itself
 * returns  bytes written
 * errors   E_PROTO   a malformed escape */
int http_percent_decode(struct lib_span raw, bool form, char *buf);

/* Write `s` so that it may stand in a URI's path: everything but unreserved
 * characters, sub-delimiters, ':', '@' and '/' is escaped. */
void http_percent_encode(struct lib_out *o, struct lib_span s);

/* SPDX-License-Identifier: BSD-2-Clause
 * Basic authentication against a realm of the pack. RFC 7617 */
#pragma once

#include <http/server.h>

/* Check the Authorization field of a request.
 *
 * returns  1         name and password are right
 *          0         they are wrong or absent: answer 401
 * errors   E_LIMIT   too many passwords were checked in this second: 429
 * context  computing a hash takes milliseconds, so what was right is
 *          remembered by a keyed hash, and how often it is done is bounded */
int http_auth_check(struct http_server *s, const struct lib_pack_realm *realm,
                    const struct http_request *r, uint64_t now_ms);

/* Decode base64 (RFC 4648 4), padding required.
 *
 * returns  bytes written to `out`
 * errors   E_PROTO   malformed
 *          E_LIMIT   more than `cap` bytes */
int http_base64_decode(struct lib_span in, char *out, size_t cap);

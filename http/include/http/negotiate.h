/* SPDX-License-Identifier: BSD-2-Clause
 * Choice among the packed encodings of a resource. Pure. RFC 9110 12.5.3 */
#pragma once

#include <http/request.h>
#include <lib/pack.h>

/* How much the client likes each coding: 0 (refused) to 1000. */
struct http_codings {
  unsigned q[LIB_PACK_BR + 1]; /* by enum lib_pack_coding */
};

/* Read Accept-Encoding. Without the field only identity is wanted. A member
 * that is malformed counts as absent. */
void http_negotiate_read(const struct http_request *r, struct http_codings *out);

/* Whether a coding of quality `q` and `bytes` beats the best one so far. */
bool http_negotiate_better(unsigned q, uint32_t bytes, unsigned best_q, uint32_t best_bytes);

/* Whether a page of another site made the client ask: what Sec-Fetch-Site says,
 * or else the Referer's authority beside the request's. Over TLS such an answer
 * is not compressed: who can make a browser ask for what he likes, and sees how
 * long the records are, could guess what is in them (BREACH). */
bool http_negotiate_is_foreign(const struct http_request *r);

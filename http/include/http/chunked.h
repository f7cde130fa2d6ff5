/* SPDX-License-Identifier: BSD-2-Clause
 * Incremental decoder of the chunked transfer coding. Pure. RFC 9112 7.1 */
#pragma once

#include <lib/span.h>

/* Zeroed to begin with. */
struct http_chunked {
  uint64_t left; /* bytes of data still to come in this chunk; the size while it is read */
  uint16_t line; /* bytes of the current line, or of the trailer section, so far */
  uint8_t state; /* enum in chunked.c; 0: at the first size line */
};

/* Decode from the front of `in`.
 *
 * in       received bytes, may be cut anywhere
 * data     written: body bytes inside `in`, maybe empty
 * returns  bytes consumed, <= in.n; call again with the rest until in is empty
 *          or http_chunked_done
 * errors   E_PROTO   malformed; nothing more may be read from this connection
 *          E_LIMIT   a size line or the trailers are too long, or a chunk too big */
int http_chunked_decode(struct http_chunked *d, struct lib_span in, struct lib_span *data);

/* The last chunk and the trailers have been consumed. */
bool http_chunked_done(const struct http_chunked *d);

/* SPDX-License-Identifier: BSD-2-Clause
 * Byte ranges of a representation. Pure. RFC 9110 14 */
#pragma once

#include <lib/limits.h>
#include <lib/span.h>

struct http_range {
  uint32_t from; /* offset of the first byte */
  uint32_t n;    /* bytes, > 0 */
};

struct http_ranges {
  unsigned n;
  struct http_range r[HTTP_RANGES_MAX];
};

/* Parse a Range field for a representation of `size` bytes. Ranges that cannot
 * be satisfied are left out; ranges that overlap or touch become one.
 *
 * returns  > 0       how many ranges remain in `out`
 *          0         none can be satisfied: answer 416
 * errors   E_PROTO   malformed or another unit: ignore the field
 *          E_LIMIT   more than HTTP_RANGES_MAX: ignore the field */
int http_range_parse(struct lib_span value, uint32_t size, struct http_ranges *out);

/* SPDX-License-Identifier: BSD-2-Clause
 * A run of bytes that somebody else owns. Not NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lib_span {
  const char *p; /* first byte; NULL only when n is 0 */
  size_t n;      /* bytes */
};

/* The span of a string literal. */
#define LIB_SPAN(lit) ((struct lib_span){(lit), sizeof(lit) - 1})

/* Span of a NUL-terminated string, which stays owned by the caller. */
struct lib_span lib_span_str(const char *s);

/* Bytes equal. Not constant-time. */
bool lib_span_eq(struct lib_span a, struct lib_span b);

/* Equal when ASCII letters are compared without case. */
bool lib_span_ieq(struct lib_span a, struct lib_span b);

/* `s` begins with `prefix`. */
bool lib_span_starts(struct lib_span s, struct lib_span prefix);

/* Offset of the first `c` in `s`, or s.n when there is none. */
size_t lib_span_find(struct lib_span s, char c);

/* The bytes from offset `from` to before `to`; both are clamped to s.n. */
struct lib_span lib_span_sub(struct lib_span s, size_t from, size_t to);

/* `s` without leading and trailing spaces and tabs (OWS, RFC 9110 5.6.3). */
struct lib_span lib_span_trim(struct lib_span s);

/* Take the part before the first `sep` off the front of `*rest`.
 *
 * rest      advanced behind the separator, or emptied (p = NULL) at the end
 * part      written when true is returned; may be empty
 * returns   false when `*rest` was already used up (p == NULL) */
bool lib_span_split(struct lib_span *rest, char sep, struct lib_span *part);

/* Parse all of `s` as an unsigned decimal number: digits only, no sign.
 *
 * errors   E_PROTO   empty, or a byte that is no digit
 *          E_LIMIT   larger than `max` */
int lib_span_u64(struct lib_span s, uint64_t max, uint64_t *out);

/* The value of a hexadecimal digit, in either case; E_PROTO: it is none. */
int lib_hex_digit(char c);

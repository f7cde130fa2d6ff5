/* SPDX-License-Identifier: BSD-2-Clause
 * Text into a buffer of fixed size. An output that does not fit sets
 * `overflow` and drops the rest; callers check once, at the end. */
#pragma once

#include <lib/span.h>

#include <stdarg.h>

struct lib_out {
  char *p;       /* the caller's storage */
  size_t cap;    /* bytes at p */
  size_t n;      /* bytes written, <= cap */
  bool overflow; /* something did not fit; sticks */
};

/* Begin writing at `p`, which stays the caller's. */
void lib_out_init(struct lib_out *o, char *p, size_t cap);

void lib_out_char(struct lib_out *o, char c);
void lib_out_span(struct lib_out *o, struct lib_span s);
void lib_out_str(struct lib_out *o, const char *s);

/* Decimal; `width` pads on the left with `pad` (0: no padding). */
void lib_out_u64(struct lib_out *o, uint64_t v);
void lib_out_i64(struct lib_out *o, int64_t v);
void lib_out_u64_pad(struct lib_out *o, uint64_t v, unsigned width, char pad);

/* Lower-case hexadecimal with exactly `digits` digits (1 to 16). */
void lib_out_hex(struct lib_out *o, uint64_t v, unsigned digits);

/* `v` / 10^decimals with that many decimals: 1234, 3 writes 1.234. */
void lib_out_fixed(struct lib_out *o, uint64_t v, unsigned decimals);

/* For a function of any number of texts, NULL behind the last. Without it, it
 * would store the eight registers that numbers with a fraction come in. GCC has
 * such a function look for its canary elsewhere, so it has none: no arrays. */
#define LIB_OUT_PIECES __attribute__((sentinel, target("general-regs-only"), no_stack_protector))

LIB_OUT_PIECES void lib_out_all(struct lib_out *o, ...);
void lib_out_list(struct lib_out *o, va_list pieces); /* the same */

/* What has been written so far. Valid until the storage changes. */
struct lib_span lib_out_done(const struct lib_out *o);

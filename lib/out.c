/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/assert.h>
#include <lib/out.h>

#include <string.h>

#define DIGITS_MAX 20 /* of a uint64_t in decimal */

void lib_out_init(struct lib_out *o, char *p, size_t cap) {
  *o = (struct lib_out){.p = p, .cap = cap};
}

void lib_out_span(struct lib_out *o, struct lib_span s) {
  size_t room = o->cap - o->n;
  if (s.n > room) {
    o->overflow = true;
    s.n = room;
  }
  if (s.n)
    memcpy(o->p + o->n, s.p, s.n);
  o->n += s.n;
}

void lib_out_char(struct lib_out *o, char c) {
  lib_out_span(o, (struct lib_span){&c, 1});
}

void lib_out_str(struct lib_out *o, const char *s) {
  lib_out_span(o, lib_span_str(s));
}

void lib_out_u64_pad(struct lib_out *o, uint64_t v, unsigned width, char pad) {
  char digits[DIGITS_MAX];
  unsigned at = DIGITS_MAX;
  do {
    digits[--at] = (char)('0' + v % 10);
    v /= 10;
  } while (v);
  for (unsigned n = DIGITS_MAX - at; n < width; n++)
    lib_out_char(o, pad);
  lib_out_span(o, (struct lib_span){digits + at, DIGITS_MAX - at});
}

void lib_out_u64(struct lib_out *o, uint64_t v) {
  lib_out_u64_pad(o, v, 0, ' ');
}

void lib_out_i64(struct lib_out *o, int64_t v) {
  if (v < 0)
    lib_out_char(o, '-');
  lib_out_u64(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void lib_out_hex(struct lib_out *o, uint64_t v, unsigned digits) {
  LIB_ASSERT(digits >= 1 && digits <= 16);
  while (digits--)
    lib_out_char(o, "0123456789abcdef"[v >> digits * 4 & 15]);
}

void lib_out_fixed(struct lib_out *o, uint64_t v, unsigned decimals) {
  uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; i++)
    unit *= 10;
  lib_out_u64(o, v / unit);
  if (decimals == 0)
    return;
  lib_out_char(o, '.');
  lib_out_u64_pad(o, v % unit, decimals, '0');
}

void lib_out_list(struct lib_out *o, va_list pieces) {
  for (const char *s; (s = va_arg(pieces, const char *)) != NULL;)
    lib_out_str(o, s);
}

void lib_out_all(struct lib_out *o, ...) {
  va_list pieces;
  va_start(pieces, o);
  lib_out_list(o, pieces);
  va_end(pieces);
}

struct lib_span lib_out_done(const struct lib_out *o) {
  return (struct lib_span){o->p, o->n};
}

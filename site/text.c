/* SPDX-License-Identifier: BSD-2-Clause
 * Figures as people read them (site/text.h). */
#include "text.h"

void site_text_group(struct lib_out *o, uint64_t n) {
  uint64_t unit = 1;
  while (n / unit >= 1000)
    unit *= 1000;
  lib_out_u64(o, n / unit);
  for (; unit > 1; unit /= 1000) {
    lib_out_char(o, ',');
    lib_out_u64_pad(o, n % unit / (unit / 1000), 3, '0');
  }
}

static void tenths(struct lib_out *o, uint64_t n, uint64_t unit, const char *name) {
  uint64_t t = (n / unit) * 10 + (n % unit * 10 + unit / 2) / unit;
  if (t % 10 == 0)
    lib_out_u64(o, t / 10);
  else
    lib_out_fixed(o, t, 1);
  lib_out_str(o, name);
}

void site_text_bytes(struct lib_out *o, uint64_t bytes) {
  if (bytes < 1u << 20)
    tenths(o, bytes, 1u << 10, " KiB");
  else
    tenths(o, bytes, 1u << 20, " MiB");
}

void site_text_share(struct lib_out *o, uint64_t part, uint64_t whole) {
  lib_out_fixed(o, whole == 0 ? 0 : (part * 10000 + whole / 2) / whole, 2);
  lib_out_str(o, " %");
}

void site_text_ms(struct lib_out *o, uint64_t ns) {
  lib_out_fixed(o, (ns + 5000) / 10000, 2);
  lib_out_str(o, " ms");
}

void site_text_uptime(struct lib_out *o, uint64_t ms) {
  uint64_t s = ms / 1000;
  lib_out_u64(o, s / 3600);
  lib_out_char(o, ':');
  lib_out_u64_pad(o, s / 60 % 60, 2, '0');
  lib_out_char(o, ':');
  lib_out_u64_pad(o, s % 60, 2, '0');
}

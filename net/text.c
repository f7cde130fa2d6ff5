/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

enum { GROUPS = 8 };

void net_text_ip4(struct lib_out *o, const void *ip) {
  for (unsigned i = 0; i < 4; i++) {
    if (i > 0)
      lib_out_char(o, '.');
    lib_out_u64(o, ((const uint8_t *)ip)[i]);
  }
}

static unsigned group(const uint8_t *ip, unsigned i) {
  return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

void net_text_ip6(struct lib_out *o, const void *ip) {
  unsigned from = GROUPS, most = 1; /* one group of zero is no run: RFC 5952 4.2.2 */
  for (unsigned i = 0, run = 0; i < GROUPS; i++) {
    run = group(ip, i) ? 0 : run + 1;
    if (run > most) {
      most = run;
      from = i + 1 - run;
    }
  }
  for (unsigned i = 0; i < GROUPS; i++) {
    if (i == from) {
      lib_out_str(o, "::");
      i += most - 1;
      continue;
    }
    if (i > 0 && i != from + most)
      lib_out_char(o, ':');
    unsigned v = group(ip, i);
    lib_out_hex(o, v, 1u + (v > 0xf) + (v > 0xff) + (v > 0xfff));
  }
}

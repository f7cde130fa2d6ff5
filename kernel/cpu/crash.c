/* SPDX-License-Identifier: BSD-2-Clause
 * A page that no reset clears (link.ld) keeps the report of a panic for the
 * next boot. Whatever else may lie there has no valid checksum. */
#include <kernel/clock.h>
#include <kernel/crash.h>
#include <lib/siphash.h>
#include <string.h>

#include "cpu.h"

enum { PAGE = 4096 };

struct crash {
  uint64_t checksum; /* of what follows, as far as the text goes */
  int64_t wall_unix;
  uint32_t panics_n;
  uint32_t n; /* bytes of text */
  char text[PAGE - 24];
};
extern struct crash crash_page;

static struct kernel_crash last;

static uint64_t checksum(const struct crash *c) {
  static const struct lib_siphash_key key = {0x7468696d626c6521, 1};
  return lib_siphash(&key, &c->wall_unix, offsetof(struct crash, text) - 8 + c->n);
}

void crash_init(void) {
  const struct crash *c = &crash_page;
  if (c->n > 0 && c->n <= sizeof c->text && checksum(c) == c->checksum)
    last = (struct kernel_crash){{c->text, c->n}, c->panics_n, c->wall_unix};
}

const struct kernel_crash *kernel_crash_last(void) {
  return &last;
}

void crash_begin(void) {
  crash_page.wall_unix = kernel_clock_wall_unix();
  crash_page.panics_n = last.n + 1;
  crash_page.n = 0;
}

/* Valid after every line: the report itself may end in a fault. */
void crash_line(struct lib_span line) {
  struct crash *c = &crash_page;
  if (line.n >= sizeof c->text - c->n)
    return;
  memcpy(c->text + c->n, line.p, line.n);
  c->text[c->n + line.n] = '\n';
  c->n += (uint32_t)line.n + 1;
  c->checksum = checksum(c);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * 16550 serial port, transmit only, and the console over it. */
#include <kernel/console.h>
#include <lib/out.h>
#include <stdarg.h>

#include "../cpu/cpu.h"
#include "../platform/platform.h"
#include "dev.h"

enum { COM1 = 0x3f8, LINE_MAX = 512 };

static enum kernel_log console_level = KERNEL_LOG_INFO;
static void (*tap)(enum kernel_log level, struct lib_span line);

/* 115200 8N1, FIFO on, no interrupts. A VMM ignores the speed. */
void serial_init(void) {
  static const uint8_t setup[][2] = {{3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}};
  for (unsigned i = 0; i < sizeof setup / sizeof *setup; i++)
    cpu_out8(COM1 + setup[i][0], setup[i][1]);
}

/* To the platform's own console where it has one. */
static void console_write(const char *p, size_t n) {
  const struct platform *here = platform_here();
  if (here && here->console_write)
    here->console_write(p, n);
  else
    serial_write(p, n);
}

void serial_write(const char *p, size_t n) {
  for (size_t i = 0; i < n; i++)
    cpu_out8(COM1, (uint8_t)p[i]);
}

void kernel_console_tap(void (*new_tap)(enum kernel_log, struct lib_span)) {
  tap = new_tap;
}

void kernel_console_level(enum kernel_log level) {
  console_level = level;
}

void kernel_console_line(enum kernel_log level, struct lib_span line) {
  char text[LINE_MAX];
  struct lib_out o;
  if (level > console_level)
    return;
  if (tap && level != KERNEL_LOG_OFF)
    tap(level, line);
  lib_out_init(&o, text, sizeof text - 2);
  for (size_t i = 0; i < line.n; i++)
    lib_out_char(&o, line.p[i] < ' ' || line.p[i] == 0x7f ? '?' : line.p[i]);
  text[o.n] = '\r';
  text[o.n + 1] = '\n';
  console_write(text, o.n + 2);
}

void kernel_console_say(enum kernel_log level, ...) {
  char text[LINE_MAX];
  struct lib_out o;
  va_list pieces;
  lib_out_init(&o, text, sizeof text);
  va_start(pieces, level);
  for (const char *s; (s = va_arg(pieces, const char *)) != NULL;)
    lib_out_str(&o, s);
  va_end(pieces);
  kernel_console_line(level, lib_out_done(&o));
}

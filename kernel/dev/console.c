/* SPDX-License-Identifier: BSD-2-Clause
 * The console's lines, in the VM and in the process alike: each goes to the tap
 * and to kernel_console_write. */
#include <kernel/console.h>
#include <lib/out.h>

enum { LINE_MAX = 512 };

static enum kernel_log console_level = KERNEL_LOG_INFO;
static void (*tap)(enum kernel_log level, struct lib_span line);

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
  kernel_console_write(text, o.n + 2);
}

static void say(enum kernel_log level, va_list pieces) {
  char text[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text);
  lib_out_list(&o, pieces);
  kernel_console_line(level, lib_out_done(&o));
}

void kernel_console_say(enum kernel_log level, ...) {
  va_list pieces;
  va_start(pieces, level);
  say(level, pieces);
  va_end(pieces);
}

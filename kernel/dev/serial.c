/* SPDX-License-Identifier: BSD-2-Clause
 * 16550 serial port, transmit only. */
#include <kernel/console.h>

#include "../cpu/cpu.h"
#include "../platform/platform.h"
#include "dev.h"

enum { COM1 = 0x3f8 };

/* 115200 8N1, FIFO on, no interrupts. A VMM ignores the speed. */
void serial_init(void) {
  static const uint8_t setup[][2] = {{3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}};
  for (unsigned i = 0; i < sizeof setup / sizeof *setup; i++)
    cpu_out8(COM1 + setup[i][0], setup[i][1]);
}

/* To the platform's own console where it has one. */
void kernel_console_write(const char *p, size_t n) {
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

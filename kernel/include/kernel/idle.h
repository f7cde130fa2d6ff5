/* SPDX-License-Identifier: BSD-2-Clause
 * Sleeping. The only place where the VM stops executing. */
#pragma once

#include <stdint.h>

/* Sleep until the network card has something or the clock reaches
 * `deadline_ns` (UINT64_MAX: no deadline). Returns at once when there is work
 * already; may return early. */
void kernel_idle(uint64_t deadline_ns);

/* From now on, `seconds` without a call of kernel_idle are a panic that says
 * where the program hangs. 0: never. */
void kernel_idle_watchdog(uint32_t seconds);

struct kernel_idle_stat {
  uint64_t sleeps; /* the CPU stopped */
  uint64_t timers; /* the timer was set */
};
const struct kernel_idle_stat *kernel_idle_stat(void);

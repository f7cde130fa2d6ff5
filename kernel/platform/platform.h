/* SPDX-License-Identifier: BSD-2-Clause
 * Where we run. Each kind of machine is a file here and a row of table.c; at
 * boot the first that recognizes itself is taken. Private to kernel/. */
#pragma once

#include <kernel/power.h>
#include <lib/span.h>
#include <stdbool.h>

#include "../dev/netdev.h"

#define PLATFORM_NET_MAX 3

struct platform {
  const char *name;
  /* Is it this one? Called before the page tables are sealed: CPUID, MSRs and
   * ports work, registers do not yet: paging_window asks for them.
   *
   * cmdline   the kernel command line, borrowed */
  bool (*find)(struct lib_span cmdline);
  /* Sealed: look at the registers, find the devices. NULL: nothing to do. */
  void (*start)(void);
  /* Network cards, the better first; up to the first NULL. */
  const struct netdev_driver *net[PLATFORM_NET_MAX];
  /* Where console output goes. NULL: the serial port. */
  void (*console_write)(const char *p, size_t n);
  /* What the host asks for, looked for once a second. NULL: it cannot ask. */
  enum kernel_power (*power_asked)(void);
  /* Off, or reboot; returns when it cannot. NULL: there is nothing but a reset. */
  void (*power_end)(enum kernel_power how);
};

/* Choose the platform: find() of each row until one is true. */
void platform_find(struct lib_span cmdline);

/* The one chosen; NULL before. */
const struct platform *platform_here(void);

/* Look whether the host asks for the end, if it is time to. */
void platform_power_poll(uint64_t now_ns);

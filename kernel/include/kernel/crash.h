/* SPDX-License-Identifier: BSD-2-Clause
 * The report of the panic that ended the boot before this one. It survives a
 * reset of the machine, not its end. */
#pragma once

#include <lib/span.h>

struct kernel_crash {
  struct lib_span text; /* lines, each with its line end; empty: there was no panic */
  uint32_t n;           /* panics since the machine was switched on */
  int64_t wall_unix;    /* when; 0: not known */
};
const struct kernel_crash *kernel_crash_last(void);

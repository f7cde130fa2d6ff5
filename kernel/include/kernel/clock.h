/* SPDX-License-Identifier: BSD-2-Clause
 * Time. kvmclock where the hypervisor has it, else the calibrated TSC; the
 * wall clock is read once at boot and carried on by the same counter. */
#pragma once

#include <stdint.h>

/* Nanoseconds since entry into the image; never runs backwards. */
uint64_t kernel_clock_ns(void);

/* Seconds since 1970 UTC, 0 when no wall clock was found. */
int64_t kernel_clock_wall_unix(void);

/* "kvmclock", "xen" or "tsc", for the console and the metrics. */
const char *kernel_clock_name(void);

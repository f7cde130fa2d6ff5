/* SPDX-License-Identifier: BSD-2-Clause
 * The time of this round of the loop, taken once. Private to net/. */
#pragma once

#include <stdint.h>

extern uint64_t net_clock_us; /* kernel_clock_ns's */

/* Its lower half, for differences of up to an hour. */
static inline uint32_t net_clock_us32(void) {
  return (uint32_t)net_clock_us;
}

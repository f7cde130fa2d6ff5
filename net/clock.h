/* SPDX-License-Identifier: BSD-2-Clause
 * The time of this round of the loop, taken once. Private to net/. */
#pragma once

#include <stdint.h>

extern uint64_t net_clock_us; /* kernel_clock_ns's */

/* SPDX-License-Identifier: BSD-2-Clause
 * How long something took, counted in classes; the same classes everywhere. */
#pragma once

#include <stdint.h>

#define LIB_HISTOGRAM_N 7

/* Upper bounds of the classes; the last class has none. */
extern const uint16_t lib_histogram_bounds_ms[LIB_HISTOGRAM_N];

struct lib_histogram {
  uint64_t n[LIB_HISTOGRAM_N + 1]; /* in each class alone */
  uint64_t sum_ms;
};

void lib_histogram_add(struct lib_histogram *h, uint64_t ms);

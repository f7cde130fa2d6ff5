/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/histogram.h>

const uint16_t lib_histogram_bounds_ms[LIB_HISTOGRAM_N] = {1, 5, 25, 100, 500, 2500, 10000};

void lib_histogram_add(struct lib_histogram *h, uint64_t ms) {
  unsigned i = 0;
  while (i < LIB_HISTOGRAM_N && ms > lib_histogram_bounds_ms[i])
    i++;
  h->n[i]++;
  h->sum_ms += ms;
}

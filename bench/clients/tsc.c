// SPDX-License-Identifier: BSD-2-Clause
/* Prints the rate of the time stamp counter in kHz. Linux under TCG, which has
 * no clock to measure it against, is told so on its command line. */

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define WAIT_US 50000

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(void) {
  double start_ms = now_ms();
  uint64_t ticks = __rdtsc();
  usleep(WAIT_US);
  ticks = __rdtsc() - ticks;
  printf("%.0f\n", (double)ticks / (now_ms() - start_ms));
  return 0;
}

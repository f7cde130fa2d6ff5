/* SPDX-License-Identifier: BSD-2-Clause
 * Randomness, memory and kinds of CPU for the tests of tls/. */
#pragma once

#include <kernel/mem.h>
#include <sys/random.h>

#include "tls/fast.h"
#include "tls/internal.h"

static inline int tls_test_setup(void **state) {
  (void)state;
  memstat_add(MEMSTAT_FREE, 64 << 20);
  return tls_library_init();
}

static inline int tls_test_random(void *unused, unsigned char *p, size_t n) {
  (void)unused;
  return getrandom(p, n, 0) == (ssize_t)n ? 0 : -1;
}

/* Set-up of tests: with the extensions that this CPU has, or without any. */
static inline int tls_test_all_cpus(void **state) {
  (void)state;
  tls_fast_init();
  return 0;
}

static inline int tls_test_bare_cpu(void **state) {
  (void)state;
  tls_fast_disable();
  return 0;
}

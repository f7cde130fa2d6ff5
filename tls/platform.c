/* SPDX-License-Identifier: BSD-2-Clause
 * What mbedTLS asks of its platform: memory charged to MEMSTAT_TLS, the clock,
 * random bytes. */
#include <kernel/clock.h>
#include <kernel/entropy.h>
#include <mbedtls/platform_time.h>
#include <psa/crypto.h>
#include <string.h>

#include "fast.h"
#include "internal.h"

struct kernel_heap tls_heap;

void *tls_calloc(size_t n, size_t bytes) {
  if (n == 0 || bytes == 0 || n > SIZE_MAX / bytes)
    return NULL;
  void *p = kernel_heap_alloc(&tls_heap, n * bytes);
  if (p)
    memset(p, 0, n * bytes);
  return p;
}

void tls_free(void *p) {
  kernel_heap_free(p);
}

long tls_wall_unix(long *t) {
  long now = kernel_clock_wall_unix();
  if (t)
    *t = now;
  return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
  return (mbedtls_ms_time_t)(kernel_clock_ns() / 1000000);
}

int tls_random(void *unused, unsigned char *p, size_t n) {
  (void)unused;
  kernel_entropy_read(p, n);
  return 0;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *unused,
                                             uint8_t *p, size_t cap, size_t *n) {
  (void)unused;
  kernel_entropy_read(p, cap);
  *n = cap;
  return PSA_SUCCESS;
}

int tls_library_init(void) {
  static bool done;
  if (done)
    return 0;
  kernel_heap_init(&tls_heap, "tls", MEMSTAT_TLS);
  tls_fast_init();
  done = true;
  return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum against the definition of RFC 1071, a word at a time:
 * every length at every alignment, and bytes that carry most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/checksum.h"

enum { LENGTH_MAX = 80, LARGE = 65535 };

static unsigned by_definition(const uint8_t *p, size_t n) {
  unsigned sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += i % 2 ? (unsigned)p[i] << 8 : p[i];
    if (sum > 0xffff)
      sum = (sum & 0xffff) + 1;
  }
  return sum;
}

static void test_lengths(void **state) {
  (void)state;
  for (size_t n = 0; n <= LENGTH_MAX; n++)
    for (size_t at = 0; at < 8; at++) {
      uint8_t *bytes = malloc(at + n + 1);
      for (size_t i = 0; i < at + n; i++)
        bytes[i] = (uint8_t)rand();
      uint8_t *exact = realloc(bytes, at + n ? at + n : 1); /* nothing behind it may be read */
      assert_int_equal(net_checksum(exact + at, (int)n), by_definition(exact + at, n));
      free(exact);
    }
}

static void test_carries(void **state) {
  (void)state;
  uint8_t *bytes = malloc(LARGE);
  memset(bytes, 0xff, LARGE);
  for (int n = LARGE - 8; n <= LARGE; n++)
    assert_int_equal(net_checksum(bytes, n), by_definition(bytes, (size_t)n));
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths),
                                     cmocka_unit_test(test_carries)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

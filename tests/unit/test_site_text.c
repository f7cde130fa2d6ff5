/* SPDX-License-Identifier: BSD-2-Clause
 * Figures as people read them: site/text.c at its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../site/text.h"

static char text[64];
static struct lib_out out;

static void begin(void) {
  lib_out_init(&out, text, sizeof text - 1);
}

static void expect(const char *want) {
  assert_false(out.overflow);
  text[out.n] = 0;
  assert_string_equal(text, want);
}

static void expect_group(uint64_t n, const char *want) {
  begin();
  site_text_group(&out, n);
  expect(want);
}

static void groups_of_three_digits(void **state) {
  (void)state;
  expect_group(0, "0");
  expect_group(999, "999");
  expect_group(1000, "1,000");
  expect_group(33554432, "33,554,432");
  expect_group(1000001, "1,000,001");
  expect_group(UINT64_MAX, "18,446,744,073,709,551,615");
}

static void expect_bytes(uint64_t n, const char *want) {
  begin();
  site_text_bytes(&out, n);
  expect(want);
}

static void bytes_are_rounded_to_a_tenth(void **state) {
  (void)state;
  expect_bytes(0, "0 KiB");
  expect_bytes(1024, "1 KiB");
  expect_bytes(1536, "1.5 KiB");
  expect_bytes(1024 + 51, "1 KiB");   /* 1.0498 */
  expect_bytes(1024 + 52, "1.1 KiB"); /* 1.0508 */
  expect_bytes(1 << 20, "1 MiB");
  expect_bytes(UINT64_C(4) << 30, "4096 MiB");
}

static void expect_share(uint64_t part, uint64_t whole, const char *want) {
  begin();
  site_text_share(&out, part, whole);
  expect(want);
}

static void shares_are_rounded_to_a_hundredth(void **state) {
  (void)state;
  expect_share(1, 1, "100.00 %");
  expect_share(1, 3, "33.33 %");
  expect_share(2, 3, "66.67 %");
  expect_share(0, 7, "0.00 %");
  expect_share(0, 0, "0.00 %");
}

static void times_have_their_unit(void **state) {
  (void)state;
  begin();
  site_text_ms(&out, 3145000);
  expect("3.15 ms"); /* halves go up */
  begin();
  site_text_uptime(&out, ((26 * 60 + 3) * 60 + 9) * 1000 + 999);
  expect("26:03:09");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groups_of_three_digits),
      cmocka_unit_test(bytes_are_rounded_to_a_tenth),
      cmocka_unit_test(shares_are_rounded_to_a_hundredth),
      cmocka_unit_test(times_have_their_unit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Output against printf, whole and cut off at every length. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/out.h>

static const uint64_t values[] = {0,
                                  1,
                                  9,
                                  10,
                                  99,
                                  100,
                                  999,
                                  1000,
                                  1234,
                                  65535,
                                  4294967295,
                                  4294967296,
                                  9999999999999999999u,
                                  10000000000000000000u,
                                  UINT64_MAX - 1,
                                  UINT64_MAX};
enum { VALUES_N = sizeof values / sizeof *values };

static char storage[64];
static struct lib_out o;

static void begin(void) {
  lib_out_init(&o, storage, sizeof storage);
}

static void expect(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void expect(const char *format, ...) {
  char wanted[64];
  va_list v;
  va_start(v, format);
  vsnprintf(wanted, sizeof wanted, format, v);
  va_end(v);
  assert_false(o.overflow);
  assert_int_equal(o.n, strlen(wanted));
  assert_memory_equal(storage, wanted, o.n);
  assert_ptr_equal(lib_out_done(&o).p, storage);
  begin();
}

static void test_numbers(void **state) {
  (void)state;
  begin();
  for (unsigned i = 0; i < VALUES_N; i++) {
    uint64_t v = values[i];
    lib_out_u64(&o, v);
    expect("%" PRIu64, v);
    lib_out_i64(&o, (int64_t)v);
    expect("%" PRId64, (int64_t)v);
    lib_out_u64_pad(&o, v, 5, '0');
    expect("%05" PRIu64, v);
    lib_out_u64_pad(&o, v, 25, ' ');
    expect("%25" PRIu64, v);
  }
  lib_out_i64(&o, INT64_MIN);
  expect("%" PRId64, INT64_MIN);
}

static void test_hex_keeps_low_digits(void **state) {
  (void)state;
  begin();
  for (unsigned digits = 1; digits <= 16; digits++)
    for (unsigned i = 0; i < VALUES_N; i++) {
      uint64_t mask = digits == 16 ? UINT64_MAX : (UINT64_C(1) << 4 * digits) - 1;
      lib_out_hex(&o, values[i], digits);
      expect("%0*" PRIx64, (int)digits, values[i] & mask);
    }
}

static void test_fixed(void **state) {
  (void)state;
  begin();
  lib_out_fixed(&o, 1234, 3);
  expect("1.234");
  lib_out_fixed(&o, 4, 3);
  expect("0.004");
  lib_out_fixed(&o, 1000, 3);
  expect("1.000");
  lib_out_fixed(&o, 77, 0);
  expect("77");
  lib_out_fixed(&o, UINT64_MAX, 2);
  expect("184467440737095516.15");
}

static void test_pieces(void **state) {
  (void)state;
  begin();
  lib_out_all(&o, "a", "", "bc", NULL);
  lib_out_char(&o, 'd');
  lib_out_span(&o, LIB_SPAN("e"));
  lib_out_span(&o, (struct lib_span){NULL, 0});
  expect("abcde");
  lib_out_all(&o, NULL);
  expect("%s", "");
}

static void write_line(struct lib_out *to) {
  lib_out_all(to, "GET ", "/x", NULL);
  lib_out_char(to, ' ');
  lib_out_u64_pad(to, 7, 3, '0');
  lib_out_hex(to, 0xabc, 3);
}

/* In a buffer of exactly `cap` bytes: what fits is written and no byte more;
 * the overflow stays although a later piece would fit. */
static void test_every_capacity(void **state) {
  (void)state;
  static const char line[] = "GET /x 007abc";
  const size_t n = sizeof line - 1;
  for (size_t cap = 0; cap <= n + 1; cap++) {
    char *p = malloc(cap ? cap : 1); /* the sanitizer watches its end */
    struct lib_out to;
    lib_out_init(&to, p, cap);
    write_line(&to);
    assert_true(to.overflow == (cap < n));
    assert_int_equal(to.n, cap < n ? cap : n);
    assert_memory_equal(p, line, to.n);
    lib_out_span(&to, LIB_SPAN(""));
    assert_true(to.overflow == (cap < n));
    free(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers),        cmocka_unit_test(test_hex_keeps_low_digits),
      cmocka_unit_test(test_fixed),          cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_every_capacity),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Spans at their edges: empty, NULL, none found, numbers around their limit. */
#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/err.h>
#include <lib/span.h>

#define NONE ((struct lib_span){NULL, 0})

static void test_equal(void **state) {
  (void)state;
  assert_true(lib_span_eq(NONE, LIB_SPAN("")));
  assert_true(lib_span_eq(LIB_SPAN("a\0b"), LIB_SPAN("a\0b")));
  assert_false(lib_span_eq(LIB_SPAN("a\0b"), LIB_SPAN("a\0c")));
  assert_false(lib_span_eq(LIB_SPAN("ab"), LIB_SPAN("abc")));
  assert_true(lib_span_eq(lib_span_str("text"), LIB_SPAN("text")));
}

/* Only the 26 letters have two cases: '@' and '`', '[' and '{' differ by the
 * same bit and are not letters, nor are bytes above 127. */
static void test_equal_without_case(void **state) {
  (void)state;
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++) {
      char x = (char)a, y = (char)b;
      bool letters = (a | 32) >= 'a' && (a | 32) <= 'z' && (a | 32) == (b | 32);
      assert_true(lib_span_ieq((struct lib_span){&x, 1}, (struct lib_span){&y, 1}) ==
                  (a == b || letters));
    }
  assert_false(lib_span_ieq(LIB_SPAN("Host"), LIB_SPAN("Hosts")));
}

/* The first of each place in each length; what follows the span is not looked at. */
static void test_find_everywhere(void **state) {
  (void)state;
  for (size_t n = 0; n <= 70; n++)
    for (size_t at = 0; at <= n; at++) {
      char *bytes = malloc(n + 1);
      memset(bytes, '.', n);
      if (at < n)
        bytes[at] = bytes[n - 1] = ':';
      char *exact = realloc(bytes, n ? n : 1);
      assert_int_equal(lib_span_find((struct lib_span){exact, n}, ':'), at);
      free(exact);
    }
}

static void test_starts_and_find(void **state) {
  (void)state;
  assert_true(lib_span_starts(LIB_SPAN("abc"), LIB_SPAN("")));
  assert_true(lib_span_starts(LIB_SPAN("abc"), LIB_SPAN("abc")));
  assert_false(lib_span_starts(LIB_SPAN("ab"), LIB_SPAN("abc")));
  assert_int_equal(lib_span_find(LIB_SPAN("a=b=c"), '='), 1);
  assert_int_equal(lib_span_find(LIB_SPAN("abc"), '='), 3);
  assert_int_equal(lib_span_find(NONE, '='), 0);
}

static void test_sub(void **state) {
  (void)state;
  struct lib_span s = LIB_SPAN("0123456789");
  assert_true(lib_span_eq(lib_span_sub(s, 3, 5), LIB_SPAN("34")));
  assert_true(lib_span_eq(lib_span_sub(s, 8, SIZE_MAX), LIB_SPAN("89")));
  assert_int_equal(lib_span_sub(s, 5, 3).n, 0);
  assert_int_equal(lib_span_sub(s, SIZE_MAX, SIZE_MAX).n, 0);
  assert_ptr_equal(lib_span_sub(s, 99, 99).p, s.p + s.n);
}

static void test_trim(void **state) {
  (void)state;
  assert_true(lib_span_eq(lib_span_trim(LIB_SPAN(" \t a b\t ")), LIB_SPAN("a b")));
  assert_int_equal(lib_span_trim(LIB_SPAN(" \t\t ")).n, 0);
  assert_true(lib_span_eq(lib_span_trim(LIB_SPAN("\na\r")), LIB_SPAN("\na\r")));
}

/* N separators always make N + 1 parts, empty ones too; NULL makes none. */
static void test_split(void **state) {
  (void)state;
  static const struct {
    const char *in;
    const char *parts[4];
  } cases[] = {
      {"", {""}}, {",", {"", ""}}, {"a", {"a"}}, {"a,", {"a", ""}}, {",a,,b", {"", "a", "", "b"}},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct lib_span rest = lib_span_str(cases[i].in), part;
    unsigned n = 0;
    for (; lib_span_split(&rest, ',', &part); n++) {
      assert_true(n < 4 && cases[i].parts[n] != NULL);
      assert_true(lib_span_eq(part, lib_span_str(cases[i].parts[n])));
    }
    assert_true(n == 4 || cases[i].parts[n] == NULL);
  }
  struct lib_span rest = NONE, part;
  assert_false(lib_span_split(&rest, ',', &part));
}

static int parse(const char *s, uint64_t max, uint64_t *v) {
  *v = 42;
  return lib_span_u64(lib_span_str(s), max, v);
}

static void test_numbers(void **state) {
  (void)state;
  static const struct {
    const char *in;
    uint64_t max, v;
    int err;
  } cases[] = {
      {"0", 0, 0, 0},
      {"00012", 12, 12, 0},
      {"18446744073709551615", UINT64_MAX, UINT64_MAX, 0},
      {"18446744073709551616", UINT64_MAX, 0, E_LIMIT},
      {"99999999999999999999999999999", UINT64_MAX, 0, E_LIMIT},
      {"13", 12, 0, E_LIMIT},
      {"9", 5, 0, E_LIMIT},
      {"1", 0, 0, E_LIMIT},
      {"", 9, 0, E_PROTO},
      {"+1", 9, 0, E_PROTO},
      {"-1", 9, 0, E_PROTO},
      {" 1", 9, 0, E_PROTO},
      {"1 ", 9, 0, E_PROTO},
      {"0x1", 9, 0, E_PROTO},
      {"999x", 9, 0, E_PROTO}, /* malformed counts before too large */
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint64_t v;
    assert_int_equal(parse(cases[i].in, cases[i].max, &v), cases[i].err);
    assert_true(v == (cases[i].err ? 42 : cases[i].v)); /* written on success only */
  }
}

/* Against every limit around every value of a small range. */
static void test_numbers_at_limits(void **state) {
  (void)state;
  for (uint64_t n = 0; n < 130; n++)
    for (uint64_t max = 0; max < 130; max++) {
      char text[24];
      uint64_t v;
      snprintf(text, sizeof text, "%" PRIu64, n);
      assert_int_equal(parse(text, max, &v), n <= max ? 0 : E_LIMIT);
      assert_true(v == (n <= max ? n : 42));
    }
}

/* Every byte, against the C library. */
static void test_hexadecimal_digits(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char text[] = {(char)c, '\0'};
    int want = isxdigit(c) ? (int)strtol(text, NULL, 16) : E_PROTO;
    assert_int_equal(lib_hex_digit((char)c), want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal),
      cmocka_unit_test(test_equal_without_case),
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_starts_and_find),
      cmocka_unit_test(test_find_everywhere),
      cmocka_unit_test(test_sub),
      cmocka_unit_test(test_trim),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_numbers_at_limits),
      cmocka_unit_test(test_hexadecimal_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * http/range.c: against a plain model that marks bytes one by one. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/range.h>
#include <lib/err.h>

#include <stdio.h>
#include <stdlib.h>

#define SIZE 40

static struct http_ranges ranges;

static void expect(const char *value, uint32_t size, int rc) {
  assert_int_equal(http_range_parse(guard_str(value), size, &ranges), rc);
}

static void expect_one(const char *value, uint32_t size, uint32_t from, uint32_t n) {
  expect(value, size, 1);
  assert_int_equal(ranges.r[0].from, from);
  assert_int_equal(ranges.r[0].n, n);
}

static void single_ranges(void **state) {
  (void)state;
  expect_one("bytes=0-0", 10, 0, 1);
  expect_one("bytes=9-9", 10, 9, 1);
  expect_one("bytes=3-", 10, 3, 7);
  expect_one("bytes=3-99", 10, 3, 7);
  expect_one("bytes=-4", 10, 6, 4);
  expect_one("bytes=-99", 10, 0, 10);
  expect_one("bytes=0-", UINT32_MAX, 0, UINT32_MAX);
  expect_one("bytes=0-18446744073709551616", UINT32_MAX, 0, UINT32_MAX);
}

static void what_cannot_be_satisfied(void **state) {
  (void)state;
  expect("bytes=10-", 10, 0);
  expect("bytes=-0", 10, 0);
  expect("bytes=0-", 0, 0);
  expect("bytes=-1", 0, 0);
  expect("bytes=4294967295-", UINT32_MAX, 0);
}

static void what_is_malformed(void **state) {
  (void)state;
  static const char *const bad[] = {"",          "bytes",     "bytes=",    "bytes=-",  "bytes=1",
                                    "bytes=2-1", "bytes=a-",  "bytes=1-b", "items=1-", "bytes=0-1,",
                                    "bytes=,",   "bytes=--1", "bytes=1--", "bytes =1-"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    expect(bad[i], 10, E_PROTO);
}

static void their_number_is_bounded(void **state) {
  (void)state;
  expect("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
         "30-30",
         SIZE, HTTP_RANGES_MAX);
  expect("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
         "30-30,32-32",
         SIZE, E_LIMIT);
}

static void mark(bool *bytes, uint32_t from, uint32_t n) {
  for (uint32_t i = from; i < from + n; i++)
    bytes[i] = true;
}

/* The ranges cover what was asked for, and do not overlap or touch. */
static void check_against_model(const bool *asked) {
  bool covered[SIZE + 2] = {false};
  for (unsigned i = 0; i < ranges.n; i++) {
    struct http_range a = ranges.r[i];
    assert_true(a.n > 0 && a.from + a.n <= SIZE);
    for (unsigned k = 0; k < i; k++) {
      struct http_range b = ranges.r[k];
      assert_true(a.from + a.n < b.from || b.from + b.n < a.from);
    }
    mark(covered, a.from, a.n);
  }
  assert_memory_equal(covered, asked, SIZE);
}

static void coalescing_covers_just_what_was_asked(void **state) {
  (void)state;
  srand(1);
  for (int round = 0; round < 2000; round++) {
    char text[256] = "bytes=";
    bool asked[SIZE + 2] = {false};
    int n = 1 + rand() % HTTP_RANGES_MAX, at = 6;
    for (int i = 0; i < n; i++) {
      uint32_t from = (uint32_t)rand() % SIZE, len = 1 + (uint32_t)rand() % 6;
      if (from + len > SIZE)
        len = SIZE - from;
      mark(asked, from, len);
      at += snprintf(text + at, sizeof text - (size_t)at, "%s%u-%u", i ? "," : "", from,
                     from + len - 1);
    }
    assert_true(http_range_parse(guard_str(text), SIZE, &ranges) > 0);
    check_against_model(asked);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_ranges),
      cmocka_unit_test(what_cannot_be_satisfied),
      cmocka_unit_test(what_is_malformed),
      cmocka_unit_test(their_number_is_bounded),
      cmocka_unit_test(coalescing_covers_just_what_was_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * http/condition.c: the order of RFC 9110 13.2.2 over every combination of the
 * four fields, against the RFC's steps written down as they stand. */
#include "cmocka_all.h"

#include <http/condition.h>

#include <stdio.h>
#include <string.h>

static struct http_request r;
static const struct http_validators v = {{"\"tag\"", 5}, 784111777, 1700000000};

/* The file's date is that of the RFC's example. */
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"

static void parse(const char *fields) {
  char head[1024];
  snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", fields);
  static char kept[1024];
  memcpy(kept, head, sizeof kept);
  assert_true(http_request_parse(lib_span_str(kept), &r) > 0);
}

/* Each field: 0 absent, 1 true, 2 false. */
static unsigned by_the_book(int match, int unmodified, int none_match, int modified) {
  if (match == 2)
    return 412; /* step 1 */
  if (match == 0 && unmodified == 2)
    return 412; /* step 2 */
  if (none_match == 2)
    return 304; /* step 3 */
  if (none_match == 0 && modified == 2)
    return 304; /* step 4 */
  return 200;   /* steps 5 and 6 */
}

static void all_combinations(void **state) {
  (void)state;
  static const char *const lines[4][3] = {
      {"", "If-Match: \"tag\"\r\n", "If-Match: \"x\"\r\n"},
      {"", "If-Unmodified-Since: " SAME "\r\n", "If-Unmodified-Since: " BEFORE "\r\n"},
      {"", "If-None-Match: \"x\"\r\n", "If-None-Match: \"tag\"\r\n"},
      {"", "If-Modified-Since: " BEFORE "\r\n", "If-Modified-Since: " SAME "\r\n"},
  };
  for (int i = 0; i < 81; i++) {
    int a = i % 3, b = i / 3 % 3, c = i / 9 % 3, d = i / 27;
    char fields[512];
    snprintf(fields, sizeof fields, "%s%s%s%s", lines[0][a], lines[1][b], lines[2][c], lines[3][d]);
    parse(fields);
    assert_int_equal(http_condition_check(&r, &v), by_the_book(a, b, c, d));
  }
}

static void expect(const char *fields, unsigned status) {
  parse(fields);
  assert_int_equal(http_condition_check(&r, &v), status);
}

static void comparison_is_weak_or_strong(void **state) {
  (void)state;
  expect("If-None-Match: W/\"tag\"\r\n", 304);
  expect("If-Match: W/\"tag\"\r\n", 412);
  expect("If-None-Match: w/\"tag\"\r\n", 200); /* W has case */
  expect("If-None-Match: \"TAG\"\r\n", 200);
  expect("If-None-Match: \"a\", \"t,ag\", \"tag\"\r\n", 304);
  expect("If-None-Match: \"a, tag\"\r\n", 200);
}

static void dates_in_all_forms(void **state) {
  (void)state;
  expect("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304);
  expect("If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304);
  expect("If-Modified-Since: Sun Nov  6 08:49:36 1994\r\n", 200);
  expect("If-Modified-Since: Sun, 06 Nov 1994 08:49:37\r\n", 200);
  expect("If-Modified-Since:\r\n", 200);
}

static void expect_range(const char *fields, bool wanted) {
  parse(fields);
  assert_int_equal(http_condition_range(&r, &v), wanted);
}

static void if_range(void **state) {
  (void)state;
  expect_range("", true);
  expect_range("If-Range: \"tag\"\r\n", true);
  expect_range("If-Range: W/\"tag\"\r\n", false);
  expect_range("If-Range: \"x\"\r\n", false);
  expect_range("If-Range: " SAME "\r\n", true);
  expect_range("If-Range: " BEFORE "\r\n", false);
  expect_range("If-Range: tag\r\n", false);
  expect_range("If-Range:\r\n", false);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_combinations),
      cmocka_unit_test(comparison_is_weak_or_strong),
      cmocka_unit_test(dates_in_all_forms),
      cmocka_unit_test(if_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar against the C library's, day by day, and HTTP's three forms of
 * a date with what is close to them (RFC 9110 5.6.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <lib/date.h>
#include <lib/err.h>

#define DAY_S INT64_C(86400)
#define END_OF_9999 INT64_C(253402300799)
#define NOW 1763899200 /* 2025-11-23 12:00:00 */

static void check_against_libc(int64_t unix_s) {
  struct lib_date d;
  time_t t = unix_s;
  struct tm tm;
  char text[64], wanted[64];
  struct lib_out o;
  gmtime_r(&t, &tm);
  lib_date_from_unix(unix_s, &d);
  assert_int_equal(d.year, tm.tm_year + 1900);
  assert_int_equal(d.month, tm.tm_mon + 1);
  assert_int_equal(d.day, tm.tm_mday);
  assert_int_equal(d.hour * 3600 + d.minute * 60 + d.second,
                   tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
  assert_int_equal(d.weekday, tm.tm_wday);
  assert_true(lib_date_to_unix(&d) == unix_s);
  lib_out_init(&o, text, sizeof text);
  lib_date_http(&o, unix_s);
  assert_int_equal(strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S GMT", &tm), 29);
  assert_int_equal(o.n, 29);
  assert_memory_equal(text, wanted, 29);
  assert_true(lib_date_http_parse(lib_out_done(&o), NOW) == unix_s);
}

/* Each day once, at a time of day that moves through all seconds. */
static void test_calendar(void **state) {
  (void)state;
  for (int64_t day = 0; day * DAY_S <= END_OF_9999; day++)
    check_against_libc(day * DAY_S + day * 7919 % DAY_S);
}

static void test_edges(void **state) {
  (void)state;
  static const int64_t edges[] = {0,          59,         86399,      86400,
                                  951782399,  951782400,  951868800,  4107542399,
                                  4107542400, 2147483647, 2147483648, END_OF_9999};
  for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++)
    check_against_libc(edges[i]);
}

static int64_t parse(const char *s) {
  return lib_date_http_parse(lib_span_str(s), NOW);
}

static void test_three_forms(void **state) {
  (void)state;
  const int64_t t = 784111777; /* of RFC 9110's example */
  assert_true(parse("Sun, 06 Nov 1994 08:49:37 GMT") == t);
  assert_true(parse("Sunday, 06-Nov-94 08:49:37 GMT") == t);
  assert_true(parse("Sun Nov  6 08:49:37 1994") == t);
  assert_true(parse("Wed Nov 16 08:49:37 1994") == t + 10 * DAY_S);
  assert_true(parse("Wednesday, 16-Nov-94 08:49:37 GMT") == t + 10 * DAY_S);
  assert_true(parse("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
}

static void test_leap_days(void **state) {
  (void)state;
  assert_true(parse("Tue, 29 Feb 2000 00:00:00 GMT") == 951782400);
  assert_true(parse("Thu, 29 Feb 2024 00:00:00 GMT") == 1709164800);
  assert_int_equal(parse("Mon, 29 Feb 2100 00:00:00 GMT"), E_PROTO);
  assert_int_equal(parse("Sun, 29 Feb 2023 00:00:00 GMT"), E_PROTO);
  assert_int_equal(parse("Wed, 30 Feb 2024 00:00:00 GMT"), E_PROTO);
  assert_true(parse("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228800); /* a leap second */
}

static void test_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "S",
      "Sun",
      ",",
      "Sun,",
      "0",
      "784111777",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 GM",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 gmt",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun,  06 Nov 1994 08:49:37 GMT",
      "Sun; 06 Nov 1994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 32 Dec 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1994 8:49:37 GMT",
      "Sun, 06 Nov 1994 08.49.37 GMT",
      "Wed, 31 Dec 1969 23:59:59 GMT",
      "Sun, -6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 19940 8:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37",
      "Sunday, 30-Feb-94 08:49:37 GMT",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov 06 08:49:37 1994 GMT",
      "Sun Nov 31 08:49:37 1994",
      "Sun Nov  6 08:49:37 94",
  };
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
    if (parse(bad[i]) != E_PROTO)
      fail_msg("taken for a date: \"%s\"", bad[i]);
}

/* Cut off anywhere, and read from memory that ends there. */
static void test_truncated(void **state) {
  (void)state;
  static const char *const whole[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};
  for (unsigned i = 0; i < 3; i++)
    for (size_t n = 0; n < strlen(whole[i]); n++) {
      char *cut = strndup(whole[i], n), *exact = malloc(n ? n : 1);
      memcpy(exact, cut, n);
      assert_int_equal(lib_date_http_parse((struct lib_span){exact, n}, NOW), E_PROTO);
      free(exact);
      free(cut);
    }
}

static int64_t year_start(int year) {
  struct lib_date d = {.year = year, .month = 1, .day = 1};
  return lib_date_to_unix(&d);
}

/* For any present and any two digits: the year ends in them, is at most 50
 * years ahead, and the next century's would be more than 50 ahead. Years
 * before 1970 are no dates here. */
static void test_two_digit_years(void **state) {
  (void)state;
  for (int now = 1970; now < 2200; now += 7)
    for (int yy = 0; yy < 100; yy++) {
      char text[64];
      struct lib_date d;
      snprintf(text, sizeof text, "Sunday, 06-Nov-%02d 08:49:37 GMT", yy);
      int64_t s = lib_date_http_parse(lib_span_str(text), year_start(now));
      int wanted = now / 100 * 100 + yy;
      wanted -= wanted > now + 50 ? 100 : 0;
      assert_true((s == E_PROTO) == (wanted < 1970));
      if (s < 0)
        continue;
      lib_date_from_unix(s, &d);
      assert_int_equal(d.year, wanted);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_calendar),        cmocka_unit_test(test_edges),
      cmocka_unit_test(test_leap_days),       cmocka_unit_test(test_three_forms),
      cmocka_unit_test(test_refused),         cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_two_digit_years),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

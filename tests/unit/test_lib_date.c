/* SPDX-License-Identifier: BSD-2-Clause
 * lib/date.c: against the C library over the years, and the three forms of
 * RFC 9110 5.6.7. */
#include "cmocka_all.h"
#include "guard.h"

#include <lib/date.h>
#include <lib/err.h>

#include <time.h>

#define EXAMPLE 784111777 /* the RFC's date: 1994-11-06 08:49:37 */
#define NOW 1700000000

static void the_calendar_is_that_of_the_c_library(void **state) {
  (void)state;
  const int64_t last = 253402300799; /* the end of the year 9999 */
  for (int64_t s = 0; s <= last; s += 86400 * 13 + 3607) {
    struct lib_date d;
    struct tm tm;
    time_t t = s;
    gmtime_r(&t, &tm);
    lib_date_from_unix(s, &d);
    assert_int_equal(d.year, tm.tm_year + 1900);
    assert_int_equal(d.month, tm.tm_mon + 1);
    assert_int_equal(d.day, tm.tm_mday);
    assert_int_equal(d.hour * 3600 + d.minute * 60 + d.second,
                     tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
    assert_int_equal(d.weekday, tm.tm_wday);
    assert_int_equal(lib_date_to_unix(&d), s);
  }
}

static void what_is_written_is_read(void **state) {
  (void)state;
  static const int64_t times[] = {0, EXAMPLE, 951782400, 951868799, NOW, 4102444800, 253402300799};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    char text[29];
    struct lib_out o;
    lib_out_init(&o, text, sizeof text);
    lib_date_http(&o, times[i]);
    assert_false(o.overflow);
    assert_int_equal(o.n, sizeof text);
    assert_int_equal(lib_date_http_parse(guard(lib_out_done(&o)), NOW), times[i]);
  }
}

static int64_t parse(const char *s) {
  return lib_date_http_parse(guard_str(s), NOW);
}

static void all_three_forms_are_read(void **state) {
  (void)state;
  assert_int_equal(parse("Sun, 06 Nov 1994 08:49:37 GMT"), EXAMPLE);
  assert_int_equal(parse("Sunday, 06-Nov-94 08:49:37 GMT"), EXAMPLE);
  assert_int_equal(parse("Sun Nov  6 08:49:37 1994"), EXAMPLE);
  assert_int_equal(parse("Wed Nov 16 08:49:37 1994"), EXAMPLE + 10 * 86400);
}

/* More than 50 years ahead is the century before. */
static void a_year_of_two_digits_is_near_now(void **state) {
  (void)state;
  assert_int_equal(parse("Wednesday, 01-Jan-70 00:00:00 GMT"), 3155760000); /* 2070 */
  assert_int_equal(parse("Saturday, 01-Jan-00 00:00:00 GMT"), 946684800);   /* 2000 */
  assert_int_equal(parse("Thursday, 01-Jan-76 00:00:00 GMT"), 189302400);   /* 1976 */
}

static void what_is_no_date_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "Sun",
      "Sun,",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 29 Feb 1900 08:49:37 GMT",
      "Sun, 29 Feb 2023 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1969 08:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994 GMT",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(parse(bad[i]), E_PROTO);
  assert_true(parse("Sun, 29 Feb 2032 08:49:37 GMT") > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_calendar_is_that_of_the_c_library),
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(all_three_forms_are_read),
      cmocka_unit_test(a_year_of_two_digits_is_near_now),
      cmocka_unit_test(what_is_no_date_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

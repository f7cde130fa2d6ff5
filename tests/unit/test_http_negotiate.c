/* SPDX-License-Identifier: BSD-2-Clause
 * http/negotiate.c: qualities as RFC 9110 12.4.2 writes them. */
#include "cmocka_all.h"

#include <http/negotiate.h>

#include <stdio.h>

static struct http_codings codings;

static const struct http_request *asking(const char *fields) {
  static struct http_request r;
  static char head[512];
  snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: one.test:8443\r\n%s\r\n", fields);
  assert_true(http_request_parse(lib_span_str(head), &r) > 0);
  return &r;
}

static void expect(const char *field, unsigned identity, unsigned gzip, unsigned br) {
  http_negotiate_read(asking(field), &codings);
  assert_int_equal(codings.q[LIB_PACK_IDENTITY], identity);
  assert_int_equal(codings.q[LIB_PACK_GZIP], gzip);
  assert_int_equal(codings.q[LIB_PACK_BR], br);
}

static void qualities_in_thousandths(void **state) {
  (void)state;
  expect("Accept-Encoding: gzip;q=1, br;q=0.5\r\n", 1, 1000, 500);
  expect("Accept-Encoding: gzip;q=1.000, br;q=0.125\r\n", 1, 1000, 125);
  expect("Accept-Encoding: gzip;q=0., br;q=1.\r\n", 1, 0, 1000);
  expect("Accept-Encoding: gzip;q=0.01, br;q=0.001\r\n", 1, 10, 1);
}

static void what_is_no_quality_makes_the_member_void(void **state) {
  (void)state;
  static const char *const bad[] = {"q=",     "q=2",     "q=1.001", "q=0.1234", "q=.5", "q=-1",
                                    "q=1.0x", "level=9", "q 0.5",   "",         "q=00"};
  char field[128];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf(field, sizeof field, "Accept-Encoding: gzip;%s\r\n", bad[i]);
    expect(field, 1, 0, 0);
  }
}

static void identity_is_last_unless_named(void **state) {
  (void)state;
  expect("", 1, 0, 0);
  expect("Accept-Encoding: identity\r\n", 1000, 0, 0);
  expect("Accept-Encoding: identity;q=0\r\n", 0, 0, 0);
  expect("Accept-Encoding: *;q=0\r\n", 0, 0, 0);
  expect("Accept-Encoding: *;q=0, identity;q=0.5\r\n", 500, 0, 0);
  expect("Accept-Encoding: *;q=0.5, br;q=0\r\n", 1, 500, 0);
}

static void better_is_liked_more_or_smaller(void **state) {
  (void)state;
  assert_true(http_negotiate_better(1, 999, 0, 0));
  assert_true(http_negotiate_better(1000, 999, 500, 10));
  assert_true(http_negotiate_better(500, 10, 500, 11));
  assert_false(http_negotiate_better(500, 10, 500, 10));
  assert_false(http_negotiate_better(499, 1, 500, 10));
  assert_false(http_negotiate_better(0, 1, 0, 10));
}

static bool is_foreign(const char *fields) {
  return http_negotiate_is_foreign(asking(fields));
}

static void a_page_of_another_site_made_the_client_ask(void **state) {
  (void)state;
  assert_false(is_foreign(""));
  assert_false(is_foreign("Referer: https://one.test:8443/page?q=https://two.test/\r\n"));
  assert_false(is_foreign("Referer: HTTPS://ONE.test:8443\r\n"));
  assert_true(is_foreign("Referer: https://two.test:8443/https://one.test:8443/\r\n"));
  assert_true(is_foreign("Referer: https://one.test:8443.two.test/\r\n"));
  assert_true(is_foreign("Referer: https://one.test/\r\n"));
  assert_true(is_foreign("Referer: one.test:8443\r\n"));
  assert_true(is_foreign("Referer: https:\r\n"));
  assert_true(is_foreign("Referer:\r\n"));
  assert_true(is_foreign("Sec-Fetch-Site: cross-site\r\n"));
  assert_true(is_foreign("Sec-Fetch-Site: cross-site\r\nReferer: https://one.test:8443/\r\n"));
  assert_false(is_foreign("Sec-Fetch-Site: same-site\r\nReferer: https://two.test/\r\n"));
  assert_false(is_foreign("Sec-Fetch-Site: none\r\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(qualities_in_thousandths),
      cmocka_unit_test(what_is_no_quality_makes_the_member_void),
      cmocka_unit_test(identity_is_last_unless_named),
      cmocka_unit_test(better_is_liked_more_or_smaller),
      cmocka_unit_test(a_page_of_another_site_made_the_client_ask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

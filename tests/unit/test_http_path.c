/* SPDX-License-Identifier: BSD-2-Clause
 * http/path.c: nothing leaves the root, nothing is decoded twice. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/path.h>
#include <lib/err.h>

static char buf[256];
static struct lib_span path;

static void expect_path(const char *raw, const char *want) {
  assert_int_equal(http_path_decode(guard_str(raw), buf, sizeof buf, &path), 0);
  assert_span(path, want);
}

static void expect_error(const char *raw, int rc) {
  assert_int_equal(http_path_decode(guard_str(raw), buf, sizeof buf, &path), rc);
}

/* The examples of RFC 3986 5.2.4 and their neighbours. */
static void dot_segments_are_removed(void **state) {
  (void)state;
  expect_path("/a/b/c/./../../g", "/a/g");
  expect_path("/", "/");
  expect_path("/.", "/");
  expect_path("/..", "/");
  expect_path("/../", "/");
  expect_path("/../../..", "/");
  expect_path("/a/..", "/");
  expect_path("/a/../", "/");
  expect_path("/a/.", "/a/");
  expect_path("/a/b/..", "/a/");
  expect_path("/a/b/../c", "/a/c");
  expect_path("/a//../b", "/a/b");
  expect_path("/...", "/...");
  expect_path("/..a/.b", "/..a/.b");
}

static void dots_may_be_escaped(void **state) {
  (void)state;
  expect_path("/a/%2e%2e/b", "/b");
  expect_path("/a/.%2E/b", "/b");
  expect_path("/%2e/b", "/b");
}

static void escapes_are_decoded_once(void **state) {
  (void)state;
  expect_path("/%41%20b", "/A b");
  expect_path("/%252e%252e/a", "/%2e%2e/a");
  expect_path("/%c3%bc", "/\xc3\xbc");
  expect_path("/a+b", "/a+b");
}

static void bad_escapes_are_refused(void **state) {
  (void)state;
  expect_error("/%", E_PROTO);
  expect_error("/%4", E_PROTO);
  expect_error("/%g1", E_PROTO);
  expect_error("/%1g", E_PROTO);
  expect_error("/%00", E_PROTO);
  expect_error("/a%2fb", E_NOENT);
  expect_error("/a%2Fb", E_NOENT);
  expect_error("/%2f%00", E_PROTO);
  expect_error("", E_PROTO);
  expect_error("a", E_PROTO);
}

static void the_buffer_is_a_limit(void **state) {
  (void)state;
  assert_int_equal(http_path_decode(guard_str("/abc"), buf, 3, &path), E_LIMIT);
  assert_int_equal(http_path_decode(guard_str("/abc"), buf, 4, &path), 0);
}

static void form_text_has_pluses(void **state) {
  (void)state;
  int n = http_percent_decode(guard_str("a+b%2B%26"), true, buf);
  assert_span((struct lib_span){buf, (size_t)n}, "a b+&");
  n = http_percent_decode(guard_str("a+b"), false, buf);
  assert_span((struct lib_span){buf, (size_t)n}, "a+b");
  assert_int_equal(http_percent_decode(guard_str("a%"), true, buf), E_PROTO);
}

static void what_is_encoded_is_safe_in_a_head(void **state) {
  (void)state;
  struct lib_out o;
  lib_out_init(&o, buf, sizeof buf);
  http_percent_encode(&o, LIB_SPAN("/a b\r\n%?#\xc3\xbc\"<'()"));
  assert_span(lib_out_done(&o), "/a%20b%0D%0A%25%3F%23%C3%BC%22%3C'()");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dot_segments_are_removed),
      cmocka_unit_test(dots_may_be_escaped),
      cmocka_unit_test(escapes_are_decoded_once),
      cmocka_unit_test(bad_escapes_are_refused),
      cmocka_unit_test(the_buffer_is_a_limit),
      cmocka_unit_test(form_text_has_pluses),
      cmocka_unit_test(what_is_encoded_is_safe_in_a_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

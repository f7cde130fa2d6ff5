/* SPDX-License-Identifier: BSD-2-Clause
 * http/chunked.c: the same data however the bytes are cut. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/chunked.h>
#include <lib/err.h>
#include <lib/limits.h>

static char data[4096];
static size_t data_n;

/* Decode `in` in pieces of `step`. Returns bytes used, or the error. */
static int decode(struct http_chunked *d, struct lib_span in, size_t step) {
  struct lib_span piece;
  size_t used = 0;
  data_n = 0;
  while (used < in.n && !http_chunked_done(d)) {
    size_t end = used + step < in.n ? used + step : in.n;
    int n = http_chunked_decode(d, guard(lib_span_sub(in, used, end)), &piece);
    if (n < 0)
      return n;
    assert_true(n > 0);
    memcpy(data + data_n, piece.p, piece.n);
    data_n += piece.n;
    used += (size_t)n;
  }
  return (int)used;
}

static void expect_data(const char *in, const char *want, size_t left_over) {
  struct lib_span all = lib_span_str(in);
  for (size_t step = 1; step <= all.n; step++) {
    struct http_chunked d = {0};
    assert_int_equal(decode(&d, all, step), (int)(all.n - left_over));
    assert_true(http_chunked_done(&d));
    assert_span((struct lib_span){data, data_n}, want);
  }
}

static void expect_error(const char *in, int rc) {
  for (size_t step = 1; step <= strlen(in); step++) {
    struct http_chunked d = {0};
    assert_int_equal(decode(&d, lib_span_str(in), step), rc);
  }
}

static void data_comes_out_of_any_cut(void **state) {
  (void)state;
  expect_data("0\r\n\r\n", "", 0);
  expect_data("3\r\nabc\r\n0\r\n\r\n", "abc", 0);
  expect_data("3;x=\"1\"\r\nabc\r\n1;\r\nd\r\n00\r\nT: v\r\n\r\n", "abcd", 0);
  expect_data("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", 0);
}

static void what_follows_the_last_chunk_is_left_alone(void **state) {
  (void)state;
  expect_data("1\r\na\r\n0\r\n\r\nGET /", "a", 5);
}

static void malformed_chunks_are_refused(void **state) {
  (void)state;
  expect_error("\r\n", E_PROTO);
  expect_error("x\r\n", E_PROTO);
  expect_error("1 \r\na", E_PROTO);
  expect_error("1\na", E_PROTO);
  expect_error("1\r\nab\r\n", E_PROTO);
  expect_error("1\r\na\n", E_PROTO);
  expect_error("1\r\na\r\r", E_PROTO);
  expect_error("1;\n", E_PROTO);
  expect_error("0\r\n T: v\r\n", E_PROTO);
  expect_error("0\r\n: v\r\n", E_PROTO);
  expect_error("0\r\nT: v\n", E_PROTO);
  expect_error("0\r\n\n", E_PROTO);
}

static void sizes_do_not_wrap(void **state) {
  (void)state;
  expect_error("10000000000000001\r\n", E_LIMIT);
  expect_error("ffffffffffffffffffff\r\n", E_LIMIT);
}

static void a_chunk_may_be_announced_larger_than_memory(void **state) {
  (void)state;
  struct http_chunked d = {0};
  assert_int_equal(decode(&d, LIB_SPAN("7ffffffffff\r\nabc"), 100), 16);
  assert_false(http_chunked_done(&d));
  assert_int_equal(data_n, 3);
}

static void lines_are_bounded(void **state) {
  (void)state;
  static char line[HTTP_TRAILER_MAX + 64];
  struct http_chunked d = {0};
  memset(line, 'a', sizeof line);
  memcpy(line, "1;", 2);
  assert_int_equal(decode(&d, (struct lib_span){line, HTTP_CHUNK_LINE_MAX + 1}, 64), E_LIMIT);
  memcpy(line, "0\r\n", 3);
  d = (struct http_chunked){0};
  assert_int_equal(decode(&d, (struct lib_span){line, sizeof line}, 64), E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_comes_out_of_any_cut),
      cmocka_unit_test(what_follows_the_last_chunk_is_left_alone),
      cmocka_unit_test(malformed_chunks_are_refused),
      cmocka_unit_test(sizes_do_not_wrap),
      cmocka_unit_test(a_chunk_may_be_announced_larger_than_memory),
      cmocka_unit_test(lines_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * http/request.c beyond what the wire cases show: what the parsed head says,
 * and that no byte behind the input is read, however it is cut. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/request.h>
#include <lib/err.h>

static struct http_request r;

static const char full[] = "\r\nPOST /a/b?c=d HTTP/1.1\r\n"
                           "Host: example.org:8080\r\n"
                           "Content-Length: 12\r\n"
                           "Connection: close\r\n"
                           "Expect: 100-continue\r\n"
                           "Accept: text/html, \t*/*\r\n"
                           "\r\n";

static void a_head_is_taken_apart(void **state) {
  (void)state;
  int n = http_request_parse(guard_str(full), &r);
  assert_int_equal(n, sizeof full - 1);
  assert_int_equal(r.method, HTTP_POST);
  assert_int_equal(r.form, HTTP_TARGET_ORIGIN);
  assert_int_equal(r.minor, 1);
  assert_int_equal(r.content_length, 12);
  assert_int_equal(r.fields_n, 5);
  assert_true(r.expect_continue);
  assert_false(r.keep_alive);
  assert_false(r.chunked);
  assert_span(r.target, "/a/b?c=d");
  assert_span(r.path, "/a/b");
  assert_span(r.query, "c=d");
  assert_span(r.host, "example.org:8080");
  assert_span(http_request_field(&r, LIB_SPAN("ACCEPT")), "text/html, \t*/*");
  assert_null(http_request_field(&r, LIB_SPAN("Cookie")).p);
}

static void every_cut_of_a_head_waits_for_more(void **state) {
  (void)state;
  for (size_t n = 0; n < sizeof full - 1; n++)
    assert_int_equal(http_request_parse(guard((struct lib_span){full, n}), &r), E_AGAIN);
}

static void what_follows_is_left_alone(void **state) {
  (void)state;
  struct lib_span in = guard_str("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next");
  assert_int_equal(http_request_parse(in, &r), (int)(in.n - strlen("GET /next")));
  assert_true(r.keep_alive);
}

/* A byte of damage anywhere gives an answer, whatever it is, and no read
 * behind the end. */
static void every_damaged_byte_is_survived(void **state) {
  (void)state;
  static const char damage[] = {0, '\r', '\n', ' ', '\t', ':', ',', '"', '%', '\x7f', '\x80', '0'};
  char text[sizeof full];
  for (size_t at = 0; at < sizeof full - 1; at++)
    for (size_t d = 0; d < sizeof damage; d++) {
      memcpy(text, full, sizeof full);
      text[at] = damage[d];
      int n = http_request_parse(guard((struct lib_span){text, sizeof full - 1}), &r);
      assert_true(n > 0 || n == E_AGAIN || (n == E_PROTO && r.status >= 400 && r.status < 600));
      assert_true(n <= (int)sizeof full - 1);
    }
}

static void check_status(const char *head, unsigned status) {
  assert_int_equal(http_request_parse(guard_str(head), &r), E_PROTO);
  assert_int_equal(r.status, status);
}

/* Errors show before the head is complete where they can. */
static void errors_show_early(void **state) {
  (void)state;
  check_status("GET / HTTP/2.0\r\n", 505);
  check_status("GET / HTTP/1.1\n", 400);
  check_status("GET / HTTP/1.1\r\nX : y\r\n", 400);
  check_status("GET / HTTP/1.1\r\n X\r\n", 400);
}

static void what_is_known_of_a_refused_request_is_kept_for_the_log(void **state) {
  (void)state;
  check_status("GET /path HTTP/1.1\r\nBad\r\n", 400);
  assert_span(r.method_text, "GET");
  assert_span(r.target, "/path");
}

static void lists_run_over_lines_and_respect_quotes(void **state) {
  (void)state;
  struct http_list it = {0};
  struct lib_span m;
  assert_true(http_request_parse(guard_str("GET / HTTP/1.1\r\nHost: x\r\nT: a,, \"b,c\" ,\r\n"
                                           "U: no\r\nt:\r\nT: d\r\n\r\n"),
                                 &r) > 0);
  assert_true(http_request_list(&r, LIB_SPAN("t"), &it, &m));
  assert_span(m, "a");
  assert_true(http_request_list(&r, LIB_SPAN("t"), &it, &m));
  assert_span(m, "\"b,c\"");
  assert_true(http_request_list(&r, LIB_SPAN("t"), &it, &m));
  assert_span(m, "d");
  assert_false(http_request_list(&r, LIB_SPAN("t"), &it, &m));
}

/* That a name may be there does not make it so. */
static void names_that_share_a_bit_are_told_apart(void **state) {
  (void)state;
  struct lib_span name = LIB_SPAN("transfer-encoding");
  assert_int_equal(http_name_bit(LIB_SPAN("h-shares-a-bi")), http_name_bit(name));
  assert_true(http_request_parse(guard_str("GET / HTTP/1.1\r\nHost: x\r\n"
                                           "H-Shares-A-Bi: chunked\r\n\r\n"),
                                 &r) > 0);
  assert_true(http_request_may_have(&r, name));
  assert_null(http_request_field(&r, name).p);
  assert_false(r.chunked);
}

static void every_method_has_its_name(void **state) {
  (void)state;
  assert_span(http_method_name(HTTP_GET), "GET");
  assert_span(http_method_name(HTTP_CONNECT), "CONNECT");
  assert_span(http_method_name(HTTP_GET | HTTP_HEAD), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_head_is_taken_apart),
      cmocka_unit_test(every_cut_of_a_head_waits_for_more),
      cmocka_unit_test(what_follows_is_left_alone),
      cmocka_unit_test(every_damaged_byte_is_survived),
      cmocka_unit_test(errors_show_early),
      cmocka_unit_test(what_is_known_of_a_refused_request_is_kept_for_the_log),
      cmocka_unit_test(lists_run_over_lines_and_respect_quotes),
      cmocka_unit_test(names_that_share_a_bit_are_told_apart),
      cmocka_unit_test(every_method_has_its_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

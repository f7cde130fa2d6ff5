/* SPDX-License-Identifier: BSD-2-Clause
 * http/https.c: which plain requests are sent to HTTPS, and where to; and the
 * field that tells browsers to come so by themselves. */
#include "cmocka_all.h"

#include "http_peer.h"

#define HSTS "max-age=31536000; includeSubDomains"

static struct peer p;
static struct answer a;

static int set_up(void **state) {
  (void)state;
  peer_server_start(NULL, 0);
  peer_server.https_port = 443;
  peer_server.https_except = LIB_SPAN("/hello.txt\n/dir/*\n");
  peer_server.hsts = LIB_SPAN(HSTS);
  return 0;
}

static void ask(const char *request, bool secure) {
  peer_open(&p);
  if (secure)
    http_conn_secure(&p.conn);
  peer_send(&p, lib_span_str(request));
  assert_true(peer_answer(&p, &a, false));
}

static void done(void) {
  answer_free(&a);
  peer_close(&p);
  assert_int_equal(peer_allocs, 0);
}

static void expect_location(const char *request, const char *location) {
  ask(request, false);
  assert_int_equal(a.status, 308);
  assert_span(answer_field(&a, LIB_SPAN("Location")), location);
  assert_null(answer_field(&a, LIB_SPAN("Strict-Transport-Security")).p);
  done();
}

static void expect_status(const char *request, bool secure, unsigned status) {
  ask(request, secure);
  assert_int_equal(a.status, status);
  struct lib_span hsts = answer_field(&a, LIB_SPAN("Strict-Transport-Security"));
  if (secure)
    assert_span(hsts, HSTS);
  else
    assert_null(hsts.p);
  done();
}

#define GET(target, host) "GET " target " HTTP/1.1\r\nHost: " host "\r\n\r\n"

static void the_address_stays_but_for_the_scheme_and_the_port(void **state) {
  (void)state;
  expect_location(GET("/", "one.test"), "https://one.test/");
  expect_location(GET("/", "one.test:8080"), "https://one.test/");
  expect_location(GET("/", "one.test:"), "https://one.test/");
  expect_location(GET("/a%20b/?q=%2F&r=1", "x"), "https://x/a%20b/?q=%2F&r=1");
  expect_location(GET("//other.test/x", "x"), "https://x//other.test/x");
  expect_location(GET("/", "[2001:db8::1]"), "https://[2001:db8::1]/");
  expect_location(GET("/", "[2001:db8::1]:80"), "https://[2001:db8::1]/");
  expect_location(GET("http://one.test:80/x?y", "other"), "https://one.test/x?y");
  peer_server.https_port = 8443;
  expect_location(GET("/a?b", "one.test:8080"), "https://one.test:8443/a?b");
  expect_location(GET("/", "[::1]:8080"), "https://[::1]:8443/");
}

static void every_method_is_sent_and_a_connection_goes_on(void **state) {
  (void)state;
  expect_location("POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b",
                  "https://x/form");
  expect_location("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", "https://x/");
  ask(GET("/", "x"), false);
  assert_int_equal(a.status, 308);
  peer_send(&p, LIB_SPAN(GET("/hello.txt", "x")));
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, 200);
  done();
}

/* A password is not even asked for. */
static void what_is_protected_is_sent_before_it_asks(void **state) {
  (void)state;
  expect_location(GET("/private/", "x"), "https://x/private/");
  expect_status(GET("/private/", "x"), true, 401);
}

static void exceptions(void **state) {
  (void)state;
  expect_status(GET("/hello.txt", "x"), false, 200);
  expect_status(GET("/hello.txt?a", "x"), false, 200);
  expect_status(GET("/%68ello.txt", "x"), false, 200);
  expect_status(GET("/dir/", "x"), false, 200);
  expect_status(GET("/dir/nothing", "x"), false, 404);
  expect_location(GET("/hello.txt2", "x"), "https://x/hello.txt2");
  expect_location(GET("/dir", "x"), "https://x/dir");
  expect_location(GET("/dir/../digits.txt", "x"), "https://x/dir/../digits.txt");
  peer_server.https_except = LIB_SPAN("");
  expect_location(GET("/hello.txt", "x"), "https://x/hello.txt");
}

static void without_a_host_nobody_knows_where_to(void **state) {
  (void)state;
  expect_status("GET / HTTP/1.0\r\n\r\n", false, 400);
  expect_status("GET / HTTP/1.1\r\nHost:\r\n\r\n", false, 400);
  expect_status("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", false, 400);
}

static void without_tls_all_is_answered(void **state) {
  (void)state;
  peer_server.https_port = 0;
  expect_status(GET("/", "x"), false, 200);
}

/* The status pages have a port of their own: it is not everybody's. */
static void a_private_connection_is_answered(void **state) {
  (void)state;
  peer_open(&p);
  http_conn_set_private(&p.conn);
  peer_send(&p, LIB_SPAN(GET("/", "x")));
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, 200);
  done();
}

static void over_tls_all_is_answered_and_marked(void **state) {
  (void)state;
  expect_status(GET("/", "x"), true, 200);
  expect_status(GET("/nothing", "x"), true, 404);
  expect_status(GET("/old", "x"), true, 301);
  expect_status("GET / HTTP/1.1\r\n\r\n", true, 400);
  expect_status("GET /hello.txt HTTP/1.1\r\nHost: x\r\nIf-Match: \"x\"\r\n\r\n", true, 412);
  expect_status("GET /hello.txt HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n", true, 304);
}

static void without_memory_it_is_busy(void **state) {
  (void)state;
  peer_no_memory = true;
  expect_status(GET("/", "x"), false, 503);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_address_stays_but_for_the_scheme_and_the_port, set_up),
      cmocka_unit_test_setup(every_method_is_sent_and_a_connection_goes_on, set_up),
      cmocka_unit_test_setup(what_is_protected_is_sent_before_it_asks, set_up),
      cmocka_unit_test_setup(exceptions, set_up),
      cmocka_unit_test_setup(without_a_host_nobody_knows_where_to, set_up),
      cmocka_unit_test_setup(without_tls_all_is_answered, set_up),
      cmocka_unit_test_setup(a_private_connection_is_answered, set_up),
      cmocka_unit_test_setup(over_tls_all_is_answered_and_marked, set_up),
      cmocka_unit_test_setup(without_memory_it_is_busy, set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * http/conn.c with time and memory: what the wire cases cannot show. Timeouts,
 * rates, back-pressure, exhaustion, the log, and that nothing is allocated for
 * a static answer. */
#include "cmocka_all.h"

#include "http_peer.h"

#define GET(path) LIB_SPAN("GET " path " HTTP/1.1\r\nHost: x\r\n\r\n")

static struct peer p;
static struct answer a;

static int page_small(struct http_exchange *x) {
  lib_out_str(http_reply(x, 200, HTTP_TYPE_TEXT), "small");
  return 0;
}

static int page_echo(struct http_exchange *x) {
  lib_out_span(http_reply(x, 200, HTTP_TYPE_TEXT), http_body(x));
  return 0;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/small", page_small, .body_max = 0},
    {HTTP_POST, "/echo", page_echo, .body_max = 65536, .reply_max = 65536},
};

static int set_up(void **state) {
  (void)state;
  peer_server_start(routes, 2);
  peer_allocs_total = 0;
  peer_open(&p);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  answer_free(&a);
  peer_close(&p);
  assert_int_equal(peer_allocs, 0);
  return 0;
}

static void expect_status(unsigned status) {
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, status);
  answer_free(&a);
}

static void static_answers_allocate_nothing(void **state) {
  (void)state;
  peer_send(&p, GET("/hello.txt"));
  expect_status(200);
  peer_send(&p, GET("/nothing"));
  expect_status(404);
  peer_send(&p, GET("/dir"));
  expect_status(301);
  peer_send(&p, LIB_SPAN("GET /digits.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n\r\n"));
  expect_status(206);
  peer_send(&p, LIB_SPAN("POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"));
  expect_status(405);
  peer_send(&p, LIB_SPAN("BAD\r\n"));
  expect_status(400);
  assert_int_equal(peer_allocs_total, 0);
}

static void static_bodies_are_not_copied(void **state) {
  (void)state;
  struct lib_span body = LIB_SPAN("GET /digits.txt HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_int_equal(http_conn_rx(&p.conn, body, p.now_ms), (int)body.n);
  struct http_out o = http_conn_tx_buf(&p.conn, p.now_ms);
  struct lib_span behind = http_conn_tx_more(&p.conn);
  assert_true(o.whole && !o.stable);
  http_conn_tx_ack(&p.conn, o.bytes.n, p.now_ms);
  o = http_conn_tx_buf(&p.conn, p.now_ms);
  assert_true(behind.p == o.bytes.p && behind.n == o.bytes.n);
  assert_true(o.stable && !o.whole);
  assert_int_equal(o.bytes.n, 100);
  const char *end = peer_server.pack.base + peer_server.pack.head->size;
  assert_true(o.bytes.p >= peer_server.pack.base && o.bytes.p + o.bytes.n <= end);
}

/* Nothing may go with a head that nothing follows, or of which it is not known. */
static void what_follows_a_head_is_told_with_it(void **state) {
  (void)state;
  static const char *const alone[] = {
      "HEAD /digits.txt HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /digits.txt HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n",
      "GET /digits.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1,5-6\r\n\r\n",
      "GET /empty.txt HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  p.stalled = true;
  for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
    peer_send(&p, lib_span_str(alone[i]));
    assert_true(http_conn_tx_buf(&p.conn, p.now_ms).bytes.n > 0);
    assert_int_equal(http_conn_tx_more(&p.conn).n, 0);
    p.stalled = false;
    peer_pump(&p);
    p.stalled = true;
  }
}

/* A head that could not be sent is given again. */
static void a_head_not_taken_comes_again(void **state) {
  (void)state;
  p.stalled = true;
  peer_send(&p, GET("/hello.txt"));
  struct http_out one = http_conn_tx_buf(&p.conn, p.now_ms);
  size_t n = one.bytes.n;
  http_conn_tx_ack(&p.conn, 0, p.now_ms);
  struct http_out two = http_conn_tx_buf(&p.conn, p.now_ms);
  assert_int_equal(two.bytes.n, n);
  p.stalled = false;
  peer_pump(&p);
  expect_status(200);
}

static void no_input_is_taken_while_an_answer_goes_out(void **state) {
  (void)state;
  p.stalled = true;
  peer_send(&p, GET("/hello.txt"));
  peer_send(&p, GET("/digits.txt"));
  assert_int_equal(p.in_n, GET("/digits.txt").n);
  p.stalled = false;
  peer_pump(&p);
  expect_status(200);
  expect_status(200);
}

/* ---- time ---- */

static void silence_is_answered_with_silence(void **state) {
  (void)state;
  peer_wait(&p, HTTP_HEAD_TIMEOUT_MS - 1);
  assert_false(http_conn_done(&p.conn));
  peer_wait(&p, 1);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(p.out_n, 0);
}

static void an_idle_connection_is_closed(void **state) {
  (void)state;
  peer_send(&p, GET("/hello.txt"));
  expect_status(200);
  assert_true(http_conn_idle(&p.conn));
  peer_wait(&p, HTTP_IDLE_TIMEOUT_MS - 1);
  assert_false(http_conn_done(&p.conn));
  peer_wait(&p, 1);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(p.out_n, p.seen);
}

/* A byte now and then does not stretch the time for a head. */
static void a_slow_head_gets_408(void **state) {
  (void)state;
  for (int i = 0; i < 9; i++) {
    peer_send(&p, LIB_SPAN("G"));
    assert_false(http_conn_idle(&p.conn));
    peer_wait(&p, HTTP_HEAD_TIMEOUT_MS / 10);
  }
  assert_int_equal(p.out_n, 0);
  peer_wait(&p, HTTP_HEAD_TIMEOUT_MS / 10);
  expect_status(408);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(peer_server.counters.timeouts, 1);
}

/* What an earlier answer of the connection said does not show again. */
static void a_timeout_knows_nothing_of_requests_before(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("DELETE /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"));
  expect_status(405);
  peer_send(&p, LIB_SPAN("GET /private/ HTTP/1.1\r\nHost: x\r\n\r\nG"));
  expect_status(401);
  peer_wait(&p, HTTP_HEAD_TIMEOUT_MS);
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, 408);
  assert_null(answer_field(&a, LIB_SPAN("Allow")).p);
  assert_null(answer_field(&a, LIB_SPAN("WWW-Authenticate")).p);
}

static void a_slow_body_gets_408(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"));
  for (int i = 0; i < 10; i++) {
    peer_send(&p, LIB_SPAN("x"));
    peer_wait(&p, HTTP_BODY_WINDOW_MS / 10);
  }
  expect_status(408);
  assert_true(http_conn_done(&p.conn));
}

static void a_body_at_the_least_rate_is_taken(void **state) {
  (void)state;
  static const char piece[HTTP_RATE_MIN] = {'x'};
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6400\r\n\r\n"));
  for (int i = 0; i < 6400 / HTTP_RATE_MIN; i++) {
    peer_send(&p, (struct lib_span){piece, sizeof piece});
    peer_wait(&p, 1000);
  }
  expect_status(200);
}

static void a_client_that_does_not_read_is_dropped(void **state) {
  (void)state;
  p.stalled = true;
  peer_send(&p, GET("/big.txt"));
  peer_wait(&p, HTTP_WRITE_WINDOW_MS - 1);
  assert_false(http_conn_done(&p.conn));
  peer_wait(&p, 1);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(p.out_n, 0);
}

static void an_unwanted_body_that_stalls_ends_in_silence(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("GET /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc"));
  expect_status(200);
  peer_wait(&p, HTTP_BODY_WINDOW_MS);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(p.out_n, p.seen);
}

static void blank_lines_leave_a_connection_idle(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("\r\n"));
  assert_true(http_conn_idle(&p.conn));
  assert_int_equal(p.in_n, 0);
}

static void blank_lines_count_in_all_however_they_are_cut(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("\r\n\r\n\r\n"));
  peer_send(&p, LIB_SPAN("\r\n\r\nGET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"));
  expect_status(400);
  assert_true(http_conn_done(&p.conn));
}

static void the_deadline_is_never_behind(void **state) {
  (void)state;
  assert_int_equal(http_conn_deadline_ms(&p.conn), p.now_ms + HTTP_HEAD_TIMEOUT_MS);
  http_conn_tick(&p.conn, p.now_ms + HTTP_HEAD_TIMEOUT_MS - 1);
  assert_false(http_conn_done(&p.conn));
  http_conn_rx_end(&p.conn, p.now_ms);
  assert_true(http_conn_done(&p.conn));
  assert_true(http_conn_deadline_ms(&p.conn) == UINT64_MAX);
}

/* ---- bodies ---- */

static void a_chunked_body_without_end_is_not_drained(void **state) {
  (void)state;
  static char chunk[8 + 4096 + 2] = "001000\r\n";
  memcpy(chunk + sizeof chunk - 2, "\r\n", 2);
  peer_send(&p, LIB_SPAN("GET /hello.txt HTTP/1.1\r\nHost: x\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n"));
  expect_status(200);
  for (int i = 0; i < HTTP_DRAIN_MAX / 4096 + 1; i++)
    peer_send(&p, (struct lib_span){chunk, sizeof chunk});
  assert_true(http_conn_done(&p.conn));
}

static void the_peer_may_end_its_side_after_a_request(void **state) {
  (void)state;
  p.stalled = true;
  peer_send(&p, GET("/hello.txt"));
  http_conn_rx_end(&p.conn, p.now_ms);
  p.stalled = false;
  peer_pump(&p);
  expect_status(200);
  assert_true(http_conn_done(&p.conn));
}

static void a_body_cut_by_the_peer_runs_no_page(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"));
  http_conn_rx_end(&p.conn, p.now_ms);
  peer_pump(&p);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(p.out_n, 0);
  assert_int_equal(peer_server.counters.requests, 0);
}

static void after_100_the_body_is_read(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                         "Expect: 100-continue\r\n\r\n"));
  expect_status(100);
  peer_send(&p, LIB_SPAN("abc"));
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, 200);
  assert_span(a.body, "abc");
}

/* ---- exhaustion ---- */

static void without_memory_pages_are_503_and_files_are_served(void **state) {
  (void)state;
  peer_no_memory = true;
  peer_send(&p, GET("/small"));
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, 503);
  assert_span(answer_field(&a, LIB_SPAN("Retry-After")), "5");
  peer_send(&p, GET("/hello.txt"));
  expect_status(200);
  peer_send(&p, LIB_SPAN("GET /digits.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0,5-5\r\n\r\n"));
  expect_status(200); /* a Range may be ignored */
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
  expect_status(503);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(peer_server.counters.refusals, 2);
}

static void a_full_house_refuses_at_once(void **state) {
  (void)state;
  http_conn_refuse(&p.conn, 503, p.now_ms);
  peer_pump(&p);
  expect_status(503);
  assert_true(http_conn_done(&p.conn));
}

/* ---- accounts ---- */

static struct http_access logged;
static char logged_target[64], logged_agent[64], logged_referer[64];
static unsigned logged_n;

static struct lib_span keep(char *buf, struct lib_span s) {
  assert_true(s.n < 64);
  if (s.n)
    memcpy(buf, s.p, s.n);
  return (struct lib_span){buf, s.n};
}

static void log_access(const struct http_access *access) {
  logged = *access;
  logged.target = keep(logged_target, access->target);
  logged.user_agent = keep(logged_agent, access->user_agent);
  logged.referer = keep(logged_referer, access->referer);
  logged_n++;
}

static void each_answer_is_logged_once(void **state) {
  (void)state;
  logged_n = 0;
  peer_server.log = log_access;
  peer_send(&p, LIB_SPAN("GET /digits.txt?q HTTP/1.1\r\nHost: x\r\n"));
  peer_wait(&p, 500);
  peer_send(&p, LIB_SPAN("User-Agent: cmocka\r\nReferer: http://x/\r\n\r\n"));
  assert_int_equal(logged_n, 1);
  assert_int_equal(logged.status, 200);
  assert_int_equal(logged.bytes, 100);
  assert_int_equal(logged.duration_ms, 500);
  assert_span(logged.target, "/digits.txt?q");
  assert_span(logged.user_agent, "cmocka");
  assert_span(logged.referer, "http://x/");
  assert_string_equal(logged.peer, "192.0.2.1");
  expect_status(200);
  peer_send(&p, LIB_SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
  assert_int_equal(logged_n, 2);
  assert_int_equal(logged.bytes, 3);
  assert_span(logged.target, "/echo");
  peer_send(&p, LIB_SPAN("G"));
  peer_wait(&p, HTTP_HEAD_TIMEOUT_MS);
  assert_int_equal(logged_n, 3);
  assert_int_equal(logged.status, 408);
  assert_span(logged.target, "");
  assert_int_equal(peer_server.counters.by_route[0][2], 1);
  assert_int_equal(peer_server.counters.by_route[2][2], 1); /* /echo */
  assert_int_equal(peer_server.counters.by_route[0][4], 1);
}

static void the_date_follows_the_clock(void **state) {
  (void)state;
  http_server_time(&peer_server, 784111777000 - 900, 1000);
  peer_send(&p, GET("/hello.txt"));
  assert_true(peer_answer(&p, &a, false));
  assert_span(answer_field(&a, LIB_SPAN("Date")), "Sun, 06 Nov 1994 08:49:36 GMT");
  answer_free(&a);
  peer_wait(&p, 900);
  peer_send(&p, GET("/hello.txt"));
  assert_true(peer_answer(&p, &a, false));
  assert_span(answer_field(&a, LIB_SPAN("Date")), "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void the_server_field_may_be_absent(void **state) {
  (void)state;
  peer_server.name = LIB_SPAN("");
  peer_send(&p, GET("/hello.txt"));
  assert_true(peer_answer(&p, &a, false));
  assert_null(answer_field(&a, LIB_SPAN("Server")).p);
}

/* HEAD is GET without the body, to the byte, on every kind of answer. */
static void head_is_get_without_the_body(void **state) {
  (void)state;
  static const char *const paths[] = {"/hello.txt", "/nothing", "/dir", "/small", "/big.txt", "/"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char request[128];
    struct answer head;
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: x\r\n\r\nHEAD %s HTTP/1.1\r\nHost: x\r\n\r\n",
                     paths[i], paths[i]);
    peer_send(&p, (struct lib_span){request, (size_t)n});
    assert_true(peer_answer(&p, &a, false) && peer_answer(&p, &head, true));
    assert_int_equal(a.status, head.status);
    assert_true(lib_span_eq(a.head, head.head));
    assert_int_equal(p.seen, p.out_n);
    answer_free(&a);
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(static_answers_allocate_nothing),
      TEST(static_bodies_are_not_copied),
      TEST(what_follows_a_head_is_told_with_it),
      TEST(a_head_not_taken_comes_again),
      TEST(no_input_is_taken_while_an_answer_goes_out),
      TEST(silence_is_answered_with_silence),
      TEST(an_idle_connection_is_closed),
      TEST(a_slow_head_gets_408),
      TEST(a_timeout_knows_nothing_of_requests_before),
      TEST(a_slow_body_gets_408),
      TEST(a_body_at_the_least_rate_is_taken),
      TEST(a_client_that_does_not_read_is_dropped),
      TEST(an_unwanted_body_that_stalls_ends_in_silence),
      TEST(blank_lines_leave_a_connection_idle),
      TEST(blank_lines_count_in_all_however_they_are_cut),
      TEST(the_deadline_is_never_behind),
      TEST(a_chunked_body_without_end_is_not_drained),
      TEST(the_peer_may_end_its_side_after_a_request),
      TEST(a_body_cut_by_the_peer_runs_no_page),
      TEST(after_100_the_body_is_read),
      TEST(without_memory_pages_are_503_and_files_are_served),
      TEST(a_full_house_refuses_at_once),
      TEST(each_answer_is_logged_once),
      TEST(the_date_follows_the_clock),
      TEST(the_server_field_may_be_absent),
      TEST(head_is_get_without_the_body),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

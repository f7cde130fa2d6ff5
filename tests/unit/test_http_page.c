/* SPDX-License-Identifier: BSD-2-Clause
 * Pages made by code: http/exchange.c, http/intake.c, http/stream.c and
 * http/sse.c as a page sees them. */
#include "cmocka_all.h"

#include "http_peer.h"

#include <http/sse.h>

#define GET(path) LIB_SPAN("GET " path " HTTP/1.1\r\nHost: x\r\n\r\n")
#define STREAM_BYTES (100u * 1024 * 1024)

static struct peer p;
static struct answer a;

/* ---- pages ---- */

static int page_asked(struct http_exchange *x) {
  struct lib_out *o = http_reply(x, 201, HTTP_TYPE_TEXT);
  struct lib_span part[] = {http_path(x),       http_param(x, "id"),   http_query(x, "q"),
                            http_query(x, "r"), http_cookie(x, "sid"), http_field(x, "x-test")};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
    lib_out_span(o, part[i].p ? part[i] : LIB_SPAN("-"));
    lib_out_char(o, '|');
  }
  lib_out_i64(o, http_wall_unix(x));
  return 0;
}

static int page_fields(struct http_exchange *x) {
  http_reply(x, 200, NULL);
  http_reply_field(x, "X-One", LIB_SPAN("a\r\nX-Evil: 1"));
  http_reply_field(x, "X-Two", LIB_SPAN("b"));
  return 0;
}

static int page_redirect(struct http_exchange *x) {
  http_reply_redirect(x, 303, LIB_SPAN("/next\r\nX-Evil: 1"));
  http_reply_field(x, "Set-Cookie", LIB_SPAN("sid=1"));
  return 0;
}

static int page_stable(struct http_exchange *x) {
  http_reply_stable(x, 200, HTTP_TYPE_TEXT, LIB_SPAN("for ever"));
  return 0;
}

static int page_large(struct http_exchange *x) {
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_TEXT);
  for (int i = 0; i < HTTP_REPLY_BYTES + 1; i++)
    lib_out_char(o, 'x');
  return 0;
}

static int page_many_fields(struct http_exchange *x) {
  http_reply(x, 200, NULL);
  for (int i = 0; i < HTTP_REPLY_FIELDS_MAX / 8; i++)
    http_reply_field(x, "X-Field", LIB_SPAN("value"));
  return 0;
}

static int page_error(struct http_exchange *x) {
  static const int codes[] = {E_NOENT, E_PROTO, E_LIMIT, E_NOMEM, E_IO, 0};
  http_reply(x, 200, NULL); /* in vain, unless the last */
  return codes[http_param(x, "n").p[0] - '0'];
}

static int page_silent(struct http_exchange *x) {
  (void)x;
  return 0;
}

static int page_second_thought(struct http_exchange *x) {
  lib_out_str(http_reply(x, 200, HTTP_TYPE_TEXT), "first");
  http_reply_error(x, 404);
  return 0;
}

struct counter {
  uint32_t bytes, pieces;
};

static int count_body(void *state, struct lib_span piece) {
  struct counter *c = state;
  c->bytes += (uint32_t)piece.n;
  c->pieces++;
  return lib_span_find(piece, '!') < piece.n ? E_PROTO : 0;
}

static int page_count(struct http_exchange *x) {
  const struct counter *c = http_state(x);
  lib_out_u64(http_reply(x, 200, HTTP_TYPE_TEXT), c->bytes);
  return 0;
}

static int page_file(struct http_exchange *x) {
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_TEXT);
  lib_out_span(o, http_form_filename(x, "f"));
  lib_out_char(o, ':');
  lib_out_span(o, http_form(x, "f"));
  return 0;
}

static unsigned ends;

static void end_stream(void *state) {
  (void)state;
  ends++;
}

struct zeros {
  uint32_t left;
};

static int fill_zeros(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  struct zeros *z = state;
  (void)now_ms, (void)wake_ms;
  size_t n = out->cap - out->n;
  if (n > z->left)
    n = z->left;
  memset(out->p, '0', n);
  out->n = n;
  z->left -= (uint32_t)n;
  return z->left ? 0 : HTTP_STREAM_END;
}

static int page_zeros(struct http_exchange *x) {
  struct zeros *z = http_reply_stream(x, 200, HTTP_TYPE_TEXT, fill_zeros, end_stream, sizeof *z);
  if (z)
    z->left = STREAM_BYTES;
  return 0;
}

/* Writes a little, waits a second, breaks off. */
static int fill_slowly(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  unsigned *step = state;
  *wake_ms = now_ms + 1000;
  switch ((*step)++) {
  case 0:
    lib_out_str(out, "first,");
    return 0;
  case 1:
    return E_AGAIN;
  case 2:
    lib_out_str(out, "second");
    return E_AGAIN;
  case 3:
    return E_AGAIN;
  default:
    return E_IO;
  }
}

static int page_slow(struct http_exchange *x) {
  http_reply_stream(x, 200, HTTP_TYPE_TEXT, fill_slowly, end_stream, sizeof(unsigned));
  return 0;
}

static int fill_over(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  (void)state, (void)now_ms, (void)wake_ms;
  for (size_t i = 0; i <= out->cap; i++)
    lib_out_char(out, 'x');
  return 0;
}

static int page_over(struct http_exchange *x) {
  http_reply_stream(x, 200, HTTP_TYPE_TEXT, fill_over, end_stream, 0);
  return 0;
}

struct ticks {
  unsigned n;
};

static int write_tick(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *next_ms) {
  struct ticks *t = state;
  if (t->n++ == 0) {
    *next_ms = now_ms + 3 * HTTP_HEARTBEAT_MS + 1;
    return 0;
  }
  http_sse_event(out, NULL, LIB_SPAN("tick"));
  *next_ms = now_ms + 1000;
  return 0;
}

static int page_events(struct http_exchange *x) {
  http_reply_events(x, write_tick, sizeof(struct ticks));
  return 0;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/asked/:id", page_asked, .body_max = 0},
    {HTTP_GET, "/fields", page_fields, .body_max = 0},
    {HTTP_GET, "/redirect", page_redirect, .body_max = 0},
    {HTTP_GET, "/stable", page_stable, .body_max = 0},
    {HTTP_GET, "/large", page_large, .body_max = 0},
    {HTTP_GET, "/many-fields", page_many_fields, .body_max = 0},
    {HTTP_GET, "/error/:n", page_error, .body_max = 0},
    {HTTP_GET, "/silent", page_silent, .body_max = 0},
    {HTTP_GET, "/second-thought", page_second_thought, .body_max = 0},
    {HTTP_PUT, "/count", page_count, .body_max = 1000000, .on_body = count_body,
     .state_bytes = sizeof(struct counter)},
    {HTTP_POST, "/file", page_file, .body_max = 4096},
    {HTTP_GET, "/zeros", page_zeros, .body_max = 0},
    {HTTP_GET, "/slow", page_slow, .body_max = 0},
    {HTTP_GET, "/over", page_over, .body_max = 0},
    {HTTP_GET, "/events", page_events, .body_max = 0},
};

static int set_up(void **state) {
  (void)state;
  peer_server_start(routes, sizeof routes / sizeof *routes);
  ends = 0;
  peer_open(&p);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  answer_free(&a);
  peer_close(&p);
  assert_int_equal(peer_allocs, 0);
  assert_int_equal(peer_server.listeners, 0);
  return 0;
}

static void ask(struct lib_span request, unsigned status) {
  answer_free(&a);
  peer_send(&p, request);
  assert_true(peer_answer(&p, &a, false));
  assert_int_equal(a.status, status);
}

static void a_page_sees_what_was_asked(void **state) {
  (void)state;
  ask(LIB_SPAN("GET /asked/a%20b?x=1&q=%C3%BC+z&r HTTP/1.1\r\nHost: x\r\n"
               "Cookie: a=b; sid=123\r\nX-Test: yes\r\n\r\n"),
      201);
  assert_span(a.body, "/asked/a b|a b|\xc3\xbc z||123|yes|1700000001");
  ask(LIB_SPAN("GET /asked/1?q=%zz HTTP/1.1\r\nHost: x\r\nCookie: xsid=1\r\n\r\n"), 201);
  assert_span(a.body, "/asked/1|1|-|-|-|-|1700000001");
}

static void fields_cannot_be_split(void **state) {
  (void)state;
  ask(GET("/fields"), 200);
  assert_span(answer_field(&a, LIB_SPAN("X-One")), "a  X-Evil: 1");
  assert_span(answer_field(&a, LIB_SPAN("X-Two")), "b");
  assert_null(answer_field(&a, LIB_SPAN("X-Evil")).p);
  assert_null(answer_field(&a, LIB_SPAN("Content-Type")).p);
  assert_span(answer_field(&a, LIB_SPAN("Content-Length")), "0");
  ask(GET("/redirect"), 303);
  assert_span(answer_field(&a, LIB_SPAN("Location")), "/next  X-Evil: 1");
  assert_null(answer_field(&a, LIB_SPAN("X-Evil")).p);
  assert_span(answer_field(&a, LIB_SPAN("Set-Cookie")), "sid=1");
}

static void stable_bytes_are_sent_as_they_are(void **state) {
  (void)state;
  ask(GET("/stable"), 200);
  assert_span(a.body, "for ever");
}

static void what_does_not_fit_is_500(void **state) {
  (void)state;
  ask(GET("/large"), 500);
  ask(GET("/many-fields"), 500);
  ask(GET("/stable"), 200);
}

static void errors_have_their_status(void **state) {
  (void)state;
  ask(GET("/error/0"), 404);
  ask(GET("/error/1"), 400);
  ask(GET("/error/2"), 503);
  ask(GET("/error/3"), 503);
  ask(GET("/error/4"), 500);
  ask(GET("/error/5"), 200);
  ask(GET("/silent"), 500);
  ask(GET("/second-thought"), 404);
}

static void a_body_may_go_to_a_sink(void **state) {
  (void)state;
  static char body[100000];
  memset(body, 'x', sizeof body);
  peer_send(&p, LIB_SPAN("PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
  for (size_t at = 0; at < sizeof body; at += 1000)
    peer_send(&p, (struct lib_span){body + at, 1000});
  ask(LIB_SPAN(""), 200);
  assert_span(a.body, "100000");
  ask(LIB_SPAN("PUT /count HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
  assert_span(a.body, "0");
  ask(LIB_SPAN("PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na!b"), 400);
  assert_true(http_conn_done(&p.conn));
}

static void a_file_has_its_name(void **state) {
  (void)state;
  ask(LIB_SPAN("POST /file HTTP/1.1\r\nHost: x\r\nContent-Length: 87\r\n"
               "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
               "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n\r\n"
               "data and more\r\n--b--"),
      200);
  assert_span(a.body, "n.txt:data and more");
}

/* ---- streams ---- */

/* Take what is sent without keeping it; gives the bytes. */
static uint64_t drink(uint64_t at_most) {
  uint64_t n = 0;
  for (;;) {
    struct http_out o = http_conn_tx_buf(&p.conn, p.now_ms);
    if (o.bytes.n == 0 || n >= at_most)
      return n;
    n += o.bytes.n;
    http_conn_tx_ack(&p.conn, o.bytes.n, p.now_ms);
  }
}

/* 100 MB go through one allocation of a few kilobytes. */
static void a_large_stream_needs_little_memory(void **state) {
  (void)state;
  struct lib_span request = GET("/zeros");
  unsigned before = peer_allocs_total;
  assert_true(http_conn_rx(&p.conn, request, p.now_ms) > 0);
  uint64_t sent = drink(UINT64_MAX);
  assert_true(sent > STREAM_BYTES && sent < STREAM_BYTES + STREAM_BYTES / 100);
  assert_int_equal(peer_allocs_total, before + 1);
  assert_int_equal(ends, 1);
  ask(GET("/stable"), 200);
}

static void a_stream_left_half_way_is_ended(void **state) {
  (void)state;
  assert_true(http_conn_rx(&p.conn, GET("/zeros"), p.now_ms) > 0);
  assert_true(drink(10000) >= 10000);
  assert_int_equal(ends, 0);
  http_conn_fini(&p.conn);
  assert_int_equal(ends, 1);
}

static void a_stream_to_http_1_0_ends_with_the_connection(void **state) {
  (void)state;
  assert_true(http_conn_rx(&p.conn, LIB_SPAN("GET /zeros HTTP/1.0\r\n\r\n"), p.now_ms) > 0);
  struct http_out head = http_conn_tx_buf(&p.conn, p.now_ms);
  uint64_t head_n = head.bytes.n;
  assert_int_equal(drink(UINT64_MAX), head_n + STREAM_BYTES);
  assert_true(http_conn_done(&p.conn));
}

static void a_head_request_makes_no_stream(void **state) {
  (void)state;
  peer_send(&p, LIB_SPAN("HEAD /zeros HTTP/1.1\r\nHost: x\r\n\r\n"));
  assert_true(peer_answer(&p, &a, true));
  assert_span(answer_field(&a, LIB_SPAN("Transfer-Encoding")), "chunked");
  assert_int_equal(p.seen, p.out_n);
  assert_int_equal(ends, 1);
}

static struct lib_span unseen(void) {
  struct lib_span s = {p.out + p.seen, p.out_n - p.seen};
  p.seen = p.out_n;
  return s;
}

static void a_stream_waits_and_a_broken_one_is_cut(void **state) {
  (void)state;
  peer_send(&p, GET("/slow"));
  const char *body = strstr(p.out, "\r\n\r\n") + 4;
  p.seen = (size_t)(body - p.out);
  assert_span(unseen(), "0006\r\nfirst,\r\n");
  peer_wait(&p, 999);
  assert_int_equal(p.seen, p.out_n);
  peer_wait(&p, 1);
  assert_span(unseen(), "0006\r\nsecond\r\n");
  assert_false(http_conn_done(&p.conn));
  peer_wait(&p, 1000);
  assert_true(http_conn_done(&p.conn)); /* without a last chunk: the client knows */
  assert_int_equal(p.seen, p.out_n);
  assert_int_equal(ends, 1);
}

static void a_piece_that_does_not_fit_cuts_the_stream(void **state) {
  (void)state;
  peer_send(&p, GET("/over"));
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(ends, 1);
}

/* Waiting for an event is no reason to drop a client; not reading one is. */
static void a_stream_has_the_write_timeout_only_while_it_writes(void **state) {
  (void)state;
  peer_send(&p, GET("/events"));
  p.stalled = true;
  peer_wait(&p, HTTP_HEARTBEAT_MS + HTTP_WRITE_WINDOW_MS - 1);
  assert_false(http_conn_done(&p.conn));
  peer_wait(&p, 1);
  assert_true(http_conn_done(&p.conn));
}

/* ---- events ---- */

static void silent_events_have_a_heartbeat(void **state) {
  (void)state;
  peer_send(&p, GET("/events"));
  assert_int_equal(peer_server.listeners, 1);
  assert_non_null(strstr(p.out, "Content-Type: text/event-stream\r\n"));
  unseen();
  for (int i = 0; i < 3; i++) {
    peer_wait(&p, HTTP_HEARTBEAT_MS);
    assert_span(unseen(), "0003\r\n:\n\n\r\n");
  }
  peer_wait(&p, 1);
  assert_span(unseen(), "000c\r\ndata: tick\n\n\r\n");
  peer_wait(&p, 1000);
  assert_span(unseen(), "000c\r\ndata: tick\n\n\r\n");
}

static void events_end_with_the_listener(void **state) {
  (void)state;
  peer_send(&p, GET("/events"));
  http_conn_rx_end(&p.conn, p.now_ms);
  assert_true(http_conn_done(&p.conn));
  assert_int_equal(peer_server.listeners, 0);
}

static void listeners_are_bounded(void **state) {
  (void)state;
  static struct peer crowd[HTTP_SSE_LISTENERS_MAX];
  for (int i = 0; i < HTTP_SSE_LISTENERS_MAX; i++) {
    peer_open(&crowd[i]);
    peer_send(&crowd[i], GET("/events"));
  }
  assert_int_equal(peer_server.listeners, HTTP_SSE_LISTENERS_MAX);
  ask(GET("/events"), 503);
  peer_close(&crowd[0]);
  peer_send(&p, GET("/events"));
  assert_int_equal(peer_server.listeners, HTTP_SSE_LISTENERS_MAX);
  for (int i = 1; i < HTTP_SSE_LISTENERS_MAX; i++)
    peer_close(&crowd[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_page_sees_what_was_asked),
      TEST(fields_cannot_be_split),
      TEST(stable_bytes_are_sent_as_they_are),
      TEST(what_does_not_fit_is_500),
      TEST(errors_have_their_status),
      TEST(a_body_may_go_to_a_sink),
      TEST(a_file_has_its_name),
      TEST(a_large_stream_needs_little_memory),
      TEST(a_stream_left_half_way_is_ended),
      TEST(a_stream_to_http_1_0_ends_with_the_connection),
      TEST(a_head_request_makes_no_stream),
      TEST(a_stream_waits_and_a_broken_one_is_cut),
      TEST(a_piece_that_does_not_fit_cuts_the_stream),
      TEST(a_stream_has_the_write_timeout_only_while_it_writes),
      TEST(silent_events_have_a_heartbeat),
      TEST(events_end_with_the_listener),
      TEST(listeners_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

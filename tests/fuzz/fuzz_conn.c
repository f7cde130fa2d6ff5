/* SPDX-License-Identifier: BSD-2-Clause
 * A whole connection over the pack of tests/data/www. The first byte says how
 * the rest is cut, the second when time passes and when the peer stops to read.
 * Whatever comes, the engine ends, gives its memory back and says only whole
 * answers. */
#include "../unit/http_peer.h"

#include <http/sse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static int page_echo(struct http_exchange *x) {
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_HTML);
  struct lib_span name, value;
  http_html(o, "{} {} {}", HTTP_TEXT(http_query(x, "q")), HTTP_TEXT(http_cookie(x, "c")),
            HTTP_TEXT(http_body(x)));
  for (unsigned i = 0; http_form_at(x, i, &name, &value); i++)
    http_html(o, "<p>{}: {}", HTTP_TEXT(name), HTTP_TEXT(value));
  http_reply_field(x, "X-Echo", http_field(x, "x-echo"));
  return 0;
}

static int fill(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  unsigned *n = state;
  *wake_ms = now_ms + 10;
  lib_out_str(out, "a piece of a stream");
  return ++*n % 3 ? 0 : *n < 9 ? E_AGAIN : HTTP_STREAM_END;
}

static int page_stream(struct http_exchange *x) {
  http_reply_stream(x, 200, HTTP_TYPE_TEXT, fill, NULL, sizeof(unsigned));
  return 0;
}

static int event(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *next_ms) {
  (void)state;
  http_sse_event(out, NULL, LIB_SPAN("x"));
  *next_ms = now_ms + 1000;
  return 0;
}

static int page_events(struct http_exchange *x) {
  http_reply_events(x, event, 0);
  return 0;
}

static int count(void *state, struct lib_span piece) {
  *(size_t *)state += piece.n;
  return 0;
}

static int page_count(struct http_exchange *x) {
  lib_out_u64(http_reply(x, 200, HTTP_TYPE_TEXT), *(const size_t *)http_state(x));
  return 0;
}

static const struct http_route routes[] = {
    {HTTP_GET | HTTP_POST, "/echo", page_echo, .body_max = 512},
    {HTTP_GET, "/echo/:a/:b", page_echo, .body_max = 0},
    {HTTP_GET, "/stream", page_stream, .body_max = 0},
    {HTTP_GET, "/events", page_events, .body_max = 0},
    {HTTP_PUT, "/count", page_count, .body_max = 4096, .on_body = count,
     .state_bytes = sizeof(size_t)},
};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  peer_server_start(routes, sizeof routes / sizeof *routes);
  return 0;
}

/* Every answer but the last, which may be cut or go on for ever, is whole. */
static void check_answers(const struct peer *p) {
  struct lib_span out = {p->out, p->out_n};
  LIB_ASSERT(out.n == 0 || lib_span_starts(out, LIB_SPAN("HTTP/1.1 ")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  struct peer p;
  size_t step = data[0] ? data[0] : size;
  http_server_init(&peer_server); /* forget the inputs before */
  http_server_time(&peer_server, 1700000000000, 0);
  peer_no_memory = data[1] & 1;
  peer_open(&p);
  p.step = data[0];
  for (size_t at = 2; at < size; at += step) {
    struct lib_span all = {(const char *)data, size};
    p.stalled = (data[1] & 2) && at % 3;
    peer_send(&p, lib_span_sub(all, at, at + step));
    if (data[1] & 4)
      peer_wait(&p, data[1] * 10u);
  }
  p.stalled = false;
  peer_pump(&p);
  if (data[1] & 8)
    http_conn_rx_end(&p.conn, p.now_ms);
  for (int i = 0; i < 20; i++)
    peer_wait(&p, 5000);
  check_answers(&p);
  LIB_ASSERT(http_conn_done(&p.conn) || p.conn.reply != NULL); /* or an event stream */
  peer_close(&p);
  LIB_ASSERT(peer_allocs == 0 && peer_server.listeners == 0);
  return 0;
}

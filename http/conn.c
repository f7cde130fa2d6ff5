/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/conn.h>
#include <lib/assert.h>
#include <lib/err.h>

#include "dispatch.h"
#include "exchange.h"

#define NEVER UINT64_MAX
#define BODY_WINDOW_BYTES (HTTP_RATE_MIN * HTTP_BODY_WINDOW_MS / 1000)
#define WRITE_WINDOW_BYTES (HTTP_RATE_MIN * HTTP_WRITE_WINDOW_MS / 1000)

_Static_assert(sizeof(struct http_conn) <= 160, "an idle connection is cheap");

/* ---- states ---- */

static void await_request(struct http_conn *c, uint64_t timeout_ms, uint64_t now_ms) {
  c->state = HTTP_STATE_HEAD;
  c->phase = HTTP_TX_NONE;
  c->began_ms = 0;
  c->blank_lines = 0;
  c->route = 0;
  c->deadline_ms = now_ms + timeout_ms;
}

static void open_window(struct http_conn *c, uint64_t window_ms, uint64_t now_ms) {
  c->window_bytes = 0;
  c->deadline_ms = now_ms + window_ms;
}

static void end(struct http_conn *c) {
  http_reply_drop(c);
  http_intake_drop(c);
  c->state = HTTP_STATE_DONE;
  c->phase = HTTP_TX_NONE;
  c->deadline_ms = NEVER;
}

/* The request's body has bytes that were not read. */
static bool has_rest(const struct http_conn *c) {
  return c->has_chunked ? !http_chunked_done(&c->chunked) : c->body_left > 0;
}

static void count_duration(struct http_conn *c, uint64_t now_ms) {
  if (c->began_ms != 0)
    lib_histogram_add(&c->server->counters.durations, now_ms - c->began_ms);
  c->began_ms = 0;
}

/* The answer is out. */
static void finish(struct http_conn *c, uint64_t now_ms) {
  http_reply_drop(c);
  count_duration(c, now_ms);
  c->phase = HTTP_TX_NONE;
  c->body = LIB_SPAN("");
  if (!c->keep || c->ended) {
    end(c);
  } else if (has_rest(c)) {
    c->state = HTTP_STATE_DRAIN;
    open_window(c, HTTP_BODY_WINDOW_MS, now_ms);
  } else {
    await_request(c, HTTP_IDLE_TIMEOUT_MS, now_ms);
  }
}

void http_conn_init(struct http_conn *c, struct http_server *server, const void *peer,
                    uint64_t now_ms) {
  *c = (struct http_conn){.server = server, .peer = peer};
  await_request(c, HTTP_HEAD_TIMEOUT_MS, now_ms);
}

void http_conn_set_private(struct http_conn *c) {
  c->is_private = true;
}

void http_conn_secure(struct http_conn *c) {
  c->secure = true;
}

void http_conn_fini(struct http_conn *c) {
  end(c);
}

/* ---- accounts ---- */

static uint64_t answer_bytes(const struct http_conn *c) {
  if (c->is_head || c->kind == HTTP_ANSWER_PAGE || c->kind == HTTP_ANSWER_STREAM)
    return 0;
  return c->kind == HTTP_ANSWER_PARTS ? http_parts_bytes(c) : c->body.n;
}

static void count(struct http_conn *c) {
  struct http_counters *n = &c->server->counters;
  n->requests++;
  n->by_route[c->route][c->status / 100]++;
  if (c->status == 503 || c->status == 429)
    n->refusals++;
}

/* An answer has been decided; the request `r` is still at hand. */
static void decided(struct http_conn *c, const struct http_request *r, uint64_t now_ms) {
  struct http_server *s = c->server;
  count(c);
  if (!c->waiting)
    open_window(c, HTTP_WRITE_WINDOW_MS, now_ms);
  if (s->log == NULL)
    return;
  struct http_access access = {
      .peer = s->peer_text(c->peer),
      .method = r->method_text,
      .target = r->target,
      .host = r->host,
      .referer = http_request_field(r, LIB_SPAN("referer")),
      .user_agent = http_request_field(r, LIB_SPAN("user-agent")),
      .minor = c->minor,
      .status = c->status,
      .bytes = answer_bytes(c),
      .duration_ms = c->began_ms ? now_ms - c->began_ms : 0,
      .wall_unix = http_server_wall_unix(s, now_ms),
  };
  s->log(&access);
}

static void begin_request(struct http_conn *c, const struct http_request *r) {
  c->resource = NULL;
  c->variant = NULL;
  c->realm = NULL;
  c->host = NULL;
  c->body = LIB_SPAN("");
  c->body_left = r->content_length;
  c->chunked = (struct http_chunked){0};
  c->has_chunked = r->chunked;
  c->range_from = c->drained = 0;
  c->allow = 0;
  c->minor = (uint8_t)r->minor;
  c->is_head = r->method == HTTP_HEAD;
  c->keep = r->keep_alive;
  c->stable = c->waiting = false;
}

/* The request that never came whole: the log shows what little is known. */
static void decided_alone(struct http_conn *c, unsigned status, uint64_t now_ms) {
  struct http_request *r = &c->server->request;
  r->method_text = r->target = r->host = LIB_SPAN("");
  r->method = r->fields_n = 0;
  r->minor = 1;
  r->chunked = r->keep_alive = false;
  r->content_length = 0;
  begin_request(c, r);
  http_answer_fatal(c, status);
  decided(c, r, now_ms);
}

void http_conn_refuse(struct http_conn *c, unsigned status, uint64_t now_ms) {
  decided_alone(c, status, now_ms);
}

/* ---- receiving ---- */

/* A body that nobody reads: small ones are read off, others end the
 * connection. One that awaits "100 Continue" may never come. */
static void settle_rest(struct http_conn *c, const struct http_request *r) {
  if (has_rest(c) && (r->expect_continue || c->body_left > HTTP_DRAIN_MAX))
    c->keep = false;
}

static void end_body(struct http_conn *c, uint64_t now_ms) {
  http_intake_end(c, now_ms);
  decided(c, &c->server->request, now_ms);
  http_intake_drop(c);
}

static int refuse_head(struct http_conn *c, const struct http_request *r, uint64_t now_ms) {
  begin_request(c, r);
  c->has_chunked = false;
  c->body_left = 0;
  c->minor = 1;
  http_answer_fatal(c, r->status);
  decided(c, r, now_ms);
  return 1;
}

/* After `n` bytes of head; `more`: bytes of the body came with it. */
static void accept_head(struct http_conn *c, struct lib_span head, bool more, uint64_t now_ms) {
  const struct http_request *r = &c->server->request;
  begin_request(c, r);
  http_dispatch(c, r, head, now_ms);
  if (c->state != HTTP_STATE_BODY) {
    settle_rest(c, r);
    decided(c, r, now_ms);
    return;
  }
  open_window(c, HTTP_BODY_WINDOW_MS, now_ms);
  c->phase = r->expect_continue && !more ? HTTP_TX_CONTINUE : HTTP_TX_NONE;
  if (!has_rest(c))
    end_body(c, now_ms);
}

/* Empty lines are taken at once, so that they do not make a head that never
 * comes, and counted here however they come. */
static int take_blank_line(struct http_conn *c, uint64_t now_ms) {
  if (c->blank_lines++ >= HTTP_BLANK_LINES_MAX)
    decided_alone(c, 400, now_ms);
  return 2;
}

/* The first bytes of a request are here. */
static void begin(struct http_conn *c, uint64_t now_ms) {
  if (c->began_ms == 0)
    c->began_ms = now_ms ? now_ms : 1;
}

static int await_more(struct http_conn *c, uint64_t now_ms) {
  if (c->began_ms == 0)
    c->deadline_ms = now_ms + HTTP_HEAD_TIMEOUT_MS;
  begin(c, now_ms);
  return E_AGAIN;
}

static int rx_head(struct http_conn *c, struct lib_span in, uint64_t now_ms) {
  struct http_request *r = &c->server->request;
  if (in.n >= 2 && in.p[0] == '\r' && in.p[1] == '\n')
    return take_blank_line(c, now_ms);
  int n = http_request_parse(in, r);
  if (n == E_AGAIN)
    return await_more(c, now_ms);
  begin(c, now_ms);
  if (n < 0)
    return refuse_head(c, r, now_ms);
  accept_head(c, lib_span_sub(in, 0, (size_t)n), in.n > (size_t)n, now_ms);
  return n;
}

/* Take framing off the next bytes of the body. Returns bytes consumed. */
static int unframe(struct http_conn *c, struct lib_span in, struct lib_span *data) {
  if (c->has_chunked)
    return http_chunked_decode(&c->chunked, in, data);
  *data = lib_span_sub(in, 0, c->body_left < in.n ? (size_t)c->body_left : in.n);
  c->body_left -= data->n;
  return (int)data->n;
}

/* A body that cannot be taken: what follows it cannot be found. */
static void refuse_body(struct http_conn *c, int rc, uint64_t now_ms) {
  http_intake_drop(c);
  decided_alone(c, rc == E_LIMIT ? 413 : 400, now_ms);
}

static int rx_body(struct http_conn *c, struct lib_span in, uint64_t now_ms) {
  struct lib_span data;
  int n = unframe(c, in, &data);
  int rc = n < 0 ? E_PROTO : http_intake_take(c->intake, data);
  if (rc < 0) {
    refuse_body(c, rc, now_ms);
    return (int)in.n;
  }
  c->phase = HTTP_TX_NONE; /* it comes without "100 Continue" */
  c->window_bytes += (uint32_t)n;
  if (!has_rest(c))
    end_body(c, now_ms);
  return n;
}

static int rx_drain(struct http_conn *c, struct lib_span in, uint64_t now_ms) {
  struct lib_span data;
  if (!c->keep)
    return E_CLOSED;
  if (!has_rest(c))
    return E_AGAIN;
  int n = unframe(c, in, &data);
  c->drained += n < 0 ? 0 : (uint32_t)n;
  if (c->state == HTTP_STATE_DRAIN)
    c->window_bytes += n < 0 ? 0 : (uint32_t)n;
  if (n < 0 || c->drained > HTTP_DRAIN_MAX)
    c->keep = false;
  if (c->state == HTTP_STATE_DRAIN && (!c->keep || !has_rest(c)))
    finish(c, now_ms);
  return n < 0 ? (int)in.n : n;
}

static int rx(struct http_conn *c, struct lib_span in, uint64_t now_ms) {
  if (in.n == 0)
    return E_AGAIN;
  switch (c->state) {
  case HTTP_STATE_HEAD:
    return rx_head(c, in, now_ms);
  case HTTP_STATE_BODY:
    return rx_body(c, in, now_ms);
  case HTTP_STATE_RESPOND:
  case HTTP_STATE_DRAIN:
    return rx_drain(c, in, now_ms);
  default:
    return E_CLOSED;
  }
}

int http_conn_rx(struct http_conn *c, struct lib_span in, uint64_t now_ms) {
  int n = rx(c, in, now_ms);
  if (n > 0)
    c->server->counters.received_bytes += (unsigned)n;
  return n;
}

void http_conn_rx_end(struct http_conn *c, uint64_t now_ms) {
  (void)now_ms;
  c->ended = true;
  bool endless = c->reply && c->reply->endless;
  if (c->state != HTTP_STATE_RESPOND || endless)
    end(c);
}

/* ---- sending ---- */

/* What follows the head; none: the answer is out. */
static enum http_phase behind_head(const struct http_conn *c) {
  bool bodiless = c->is_head || http_status_bodiless(c->status);
  if (bodiless || c->kind == HTTP_ANSWER_PAGE)
    return HTTP_TX_NONE;
  if (c->kind == HTTP_ANSWER_PARTS)
    return HTTP_TX_PART_HEAD;
  if (c->kind == HTTP_ANSWER_STREAM)
    return HTTP_TX_STREAM;
  return c->body.n ? HTTP_TX_BODY : HTTP_TX_NONE;
}

static void after_head(struct http_conn *c, uint64_t now_ms) {
  c->phase = behind_head(c);
  if (c->phase == HTTP_TX_NONE)
    finish(c, now_ms);
}

static void begin_part(struct http_conn *c) {
  c->body = http_parts_span(c);
  c->phase = HTTP_TX_PART;
}

static void after_part(struct http_conn *c) {
  c->part++;
  c->phase = c->part < http_parts_count(c) ? HTTP_TX_PART_HEAD : HTTP_TX_PARTS_END;
}

static void after_body(struct http_conn *c, size_t k, uint64_t now_ms) {
  c->body = lib_span_sub(c->body, k, c->body.n);
  if (c->body.n)
    return;
  if (c->phase == HTTP_TX_PART)
    after_part(c);
  else
    finish(c, now_ms);
}

static void after_stream(struct http_conn *c, size_t k, uint64_t now_ms) {
  struct http_reply *reply = c->reply;
  reply->sent += (uint32_t)k;
  if (reply->sent == reply->n && reply->finished)
    finish(c, now_ms);
}

static struct lib_span tx_stream(struct http_conn *c, uint64_t now_ms) {
  struct lib_span bytes = http_stream_buf(c, now_ms);
  if (bytes.n == 0 && c->reply->finished)
    finish(c, now_ms);
  return bytes;
}

static struct lib_span tx_scratch(struct http_conn *c, uint64_t now_ms) {
  struct lib_out o;
  lib_out_init(&o, c->server->scratch, sizeof c->server->scratch);
  switch (c->phase) {
  case HTTP_TX_HEAD: {
    struct lib_span kept = http_heads_get(c, now_ms);
    if (kept.n)
      return kept;
    http_answer_render(c, &o, now_ms);
    http_heads_put(c, lib_out_done(&o));
    break;
  }
  case HTTP_TX_PART_HEAD:
    http_parts_head(c, &o);
    break;
  default:
    http_parts_end(c, &o);
  }
  return lib_out_done(&o);
}

struct http_out http_conn_tx_buf(struct http_conn *c, uint64_t now_ms) {
  switch (c->phase) {
  case HTTP_TX_NONE:
    return (struct http_out){.bytes = LIB_SPAN("")};
  case HTTP_TX_CONTINUE:
    return (struct http_out){LIB_SPAN("HTTP/1.1 100 Continue\r\n\r\n"), true, true};
  case HTTP_TX_BODY:
  case HTTP_TX_PART:
    return (struct http_out){c->body, c->stable, false};
  case HTTP_TX_STREAM:
    return (struct http_out){tx_stream(c, now_ms), false, false};
  default:
    return (struct http_out){tx_scratch(c, now_ms), false, true};
  }
}

struct lib_span http_conn_tx_more(const struct http_conn *c) {
  bool body = c->phase == HTTP_TX_HEAD && behind_head(c) == HTTP_TX_BODY;
  return body ? c->body : LIB_SPAN("");
}

void http_conn_tx_ack(struct http_conn *c, size_t k, uint64_t now_ms) {
  if (k == 0)
    return;
  c->window_bytes += (uint32_t)k;
  c->server->counters.sent_bytes += k;
  switch (c->phase) {
  case HTTP_TX_CONTINUE:
    c->phase = HTTP_TX_NONE;
    break;
  case HTTP_TX_HEAD:
    after_head(c, now_ms);
    break;
  case HTTP_TX_PART_HEAD:
    begin_part(c);
    break;
  case HTTP_TX_BODY:
  case HTTP_TX_PART:
    after_body(c, k, now_ms);
    break;
  case HTTP_TX_STREAM:
    after_stream(c, k, now_ms);
    break;
  case HTTP_TX_PARTS_END:
    finish(c, now_ms);
    break;
  default:
    LIB_ASSERT(false);
  }
}

/* ---- time ---- */

static void time_out(struct http_conn *c, unsigned status, uint64_t now_ms) {
  c->server->counters.timeouts++;
  http_intake_drop(c);
  if (status)
    decided_alone(c, status, now_ms);
  else
    end(c);
}

/* 408 to one who has begun to ask; one who is silent is left in silence. */
static void tick_head(struct http_conn *c, uint64_t now_ms) {
  if (c->began_ms)
    time_out(c, 408, now_ms);
  else
    end(c);
}

static void tick_body(struct http_conn *c, uint64_t now_ms) {
  if (c->window_bytes >= BODY_WINDOW_BYTES)
    open_window(c, HTTP_BODY_WINDOW_MS, now_ms);
  else
    time_out(c, c->state == HTTP_STATE_BODY ? 408 : 0, now_ms);
}

static void tick_respond(struct http_conn *c, uint64_t now_ms) {
  if (c->waiting || c->window_bytes >= WRITE_WINDOW_BYTES) {
    c->waiting = false;
    open_window(c, HTTP_WRITE_WINDOW_MS, now_ms);
  } else {
    time_out(c, 0, now_ms);
  }
}

void http_conn_tick(struct http_conn *c, uint64_t now_ms) {
  if (now_ms < c->deadline_ms)
    return;
  switch (c->state) {
  case HTTP_STATE_HEAD:
    tick_head(c, now_ms);
    break;
  case HTTP_STATE_BODY:
  case HTTP_STATE_DRAIN:
    tick_body(c, now_ms);
    break;
  case HTTP_STATE_RESPOND:
    tick_respond(c, now_ms);
    break;
  default:
    break;
  }
}

/* ---- questions ---- */

bool http_conn_done(const struct http_conn *c) {
  return c->state == HTTP_STATE_DONE;
}

bool http_conn_reading(const struct http_conn *c) {
  return c->state == HTTP_STATE_HEAD || c->state == HTTP_STATE_BODY;
}

bool http_conn_idle(const struct http_conn *c) {
  return c->state == HTTP_STATE_HEAD && c->began_ms == 0;
}

uint64_t http_conn_deadline_ms(const struct http_conn *c) {
  return c->deadline_ms;
}

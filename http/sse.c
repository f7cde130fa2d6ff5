/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/sse.h>

#include "exchange.h"

/* In front of the page's own state. */
struct events {
  struct http_server *server;
  http_sse_fn *event;
  uint64_t next_ms; /* when the page wants to be asked */
  uint64_t beat_ms; /* when a comment is due */
  _Alignas(16) char state[];
};

/* CR, LF and CR LF all end a line of an event stream. */
static size_t line_end(struct lib_span s) {
  size_t at = 0;
  while (at < s.n && s.p[at] != '\r' && s.p[at] != '\n')
    at++;
  return at;
}

static size_t skip_line_end(struct lib_span s, size_t at) {
  return lib_span_starts(lib_span_sub(s, at, s.n), LIB_SPAN("\r\n")) ? at + 2 : at + 1;
}

void http_sse_event(struct lib_out *o, const char *name, struct lib_span data) {
  if (name)
    lib_out_all(o, "event: ", name, "\n", NULL);
  for (bool more = true; more;) {
    size_t at = line_end(data);
    lib_out_str(o, "data: ");
    lib_out_span(o, lib_span_sub(data, 0, at));
    lib_out_char(o, '\n');
    more = at < data.n;
    data = lib_span_sub(data, skip_line_end(data, at), data.n);
  }
  lib_out_char(o, '\n');
}

static int fill(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  struct events *e = state;
  if (now_ms >= e->next_ms) {
    e->next_ms = UINT64_MAX;
    int rc = e->event(e->state, out, now_ms, &e->next_ms);
    if (rc != 0 && rc != E_AGAIN)
      return rc;
  }
  if (out->n == 0 && now_ms >= e->beat_ms)
    lib_out_str(out, ":\n\n");
  if (out->n)
    e->beat_ms = now_ms + HTTP_HEARTBEAT_MS;
  *wake_ms = e->next_ms < e->beat_ms ? e->next_ms : e->beat_ms;
  return E_AGAIN;
}

static void end(void *state) {
  struct events *e = state;
  e->server->listeners--;
}

void *http_reply_events(struct http_exchange *x, http_sse_fn *event, size_t state_bytes) {
  struct http_server *s = http_server_of(x);
  if (s->listeners >= HTTP_SSE_LISTENERS_MAX) {
    http_reply_error(x, 503);
    return NULL;
  }
  struct events *e =
      http_reply_stream(x, 200, "text/event-stream", fill, end, sizeof *e + state_bytes);
  if (e == NULL)
    return NULL;
  s->listeners++;
  *e = (struct events){.server = s, .event = event, .beat_ms = http_now_ms(x) + HTTP_HEARTBEAT_MS};
  x->conn->reply->endless = true;
  http_reply_field(x, "Cache-Control", LIB_SPAN("no-store"));
  return e->state;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/path.h>
#include <lib/assert.h>

#include <string.h>

#include "exchange.h"

static size_t align16(size_t n) {
  return (n + 15) & ~(size_t)15;
}

static size_t text_bytes(const struct http_exchange *x) {
  const struct http_request *r = x->request;
  if (x->route->on_body)
    return 0;
  return r->chunked ? x->route->body_max : (size_t)r->content_length;
}

static struct http_intake *new_intake(struct http_exchange *x, struct lib_span head) {
  struct http_server *s = x->conn->server;
  size_t state_at = align16(head.n + text_bytes(x));
  struct http_intake *in = s->work_alloc(sizeof *in + state_at + x->route->state_bytes);
  if (in == NULL) {
    s->counters.no_memory++;
    return NULL;
  }
  *in = (struct http_intake){.route = x->route, .head_n = (uint32_t)head.n};
  in->head = in->data;
  in->text = in->data + head.n;
  in->state = in->data + state_at;
  memcpy(in->head, head.p, head.n);
  memset(in->state, 0, x->route->state_bytes);
  return in;
}

/* How the body is to be read; E_PROTO when it cannot be. */
static int choose_kind(struct http_exchange *x, struct http_intake *in) {
  struct lib_span type = http_request_field(x->request, LIB_SPAN("content-type"));
  if (x->route->on_body) {
    in->kind = HTTP_INTAKE_SINK;
    return 0;
  }
  int rc = http_form_init(&in->form, type, in->text, text_bytes(x));
  in->kind = rc == 0 ? HTTP_INTAKE_FORM : HTTP_INTAKE_RAW;
  return rc == E_PROTO ? E_PROTO : 0;
}

void http_intake_begin(struct http_exchange *x, struct lib_span head) {
  struct http_conn *c = x->conn;
  if (x->request->content_length > x->route->body_max) {
    http_answer_fatal(c, 413);
    return;
  }
  c->intake = new_intake(x, head);
  if (c->intake == NULL) {
    http_answer_fatal(c, 503);
    return;
  }
  c->state = HTTP_STATE_BODY;
  if (choose_kind(x, c->intake) < 0) {
    http_intake_drop(c);
    http_answer_fatal(c, 400);
  }
}

int http_intake_take(struct http_intake *in, struct lib_span piece) {
  in->taken += piece.n;
  if (in->taken > in->route->body_max)
    return E_LIMIT;
  switch (in->kind) {
  case HTTP_INTAKE_FORM:
    return http_form_feed(&in->form, piece);
  case HTTP_INTAKE_SINK:
    return in->route->on_body(in->state, piece) < 0 ? E_PROTO : 0;
  default:
    break;
  }
  memcpy(in->text + in->n, piece.p, piece.n);
  in->n += (uint32_t)piece.n;
  return 0;
}

void http_intake_drop(struct http_conn *c) {
  struct http_intake *in = c->intake;
  c->intake = NULL;
  if (in)
    c->server->work_free(in);
}

/* The head was good when it came, so it still is. */
static void rebuild(struct http_exchange *x) {
  struct http_server *s = x->conn->server;
  const struct http_intake *in = x->intake;
  int rc = http_request_parse((struct lib_span){in->head, in->head_n}, &s->request);
  LIB_ASSERT(rc > 0);
  rc = http_path_decode(s->request.path, s->path, sizeof s->path, &x->path);
  LIB_ASSERT(rc == 0);
  bool match = http_route_match(in->route->pattern, x->path, x->params);
  LIB_ASSERT(match);
}

void http_intake_end(struct http_conn *c, uint64_t now_ms) {
  struct http_intake *in = c->intake;
  struct http_exchange x = {.conn = c,
                            .request = &c->server->request,
                            .route = in->route,
                            .intake = in,
                            .now_ms = now_ms};
  rebuild(&x);
  if (in->kind == HTTP_INTAKE_FORM && http_form_end(&in->form) < 0)
    http_answer_page(c, 400);
  else
    http_exchange_run(&x);
}

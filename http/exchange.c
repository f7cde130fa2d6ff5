/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/path.h>
#include <lib/assert.h>

#include <string.h>

#include "exchange.h"

#define NONE ((struct lib_span){NULL, 0})

/* ---- what was asked ---- */

unsigned http_method(const struct http_exchange *x) {
  return x->request->method;
}

struct lib_span http_path(const struct http_exchange *x) {
  return x->path;
}

struct lib_span http_param(const struct http_exchange *x, const char *name) {
  return http_route_param(x->route->pattern, x->params, name);
}

struct lib_span http_field(const struct http_exchange *x, const char *name) {
  return http_request_field(x->request, lib_span_str(name));
}

const char *http_peer(const struct http_exchange *x) {
  return x->conn->server->peer_text(x->conn->peer);
}

struct http_server *http_server_of(const struct http_exchange *x) {
  return x->conn->server;
}

uint64_t http_now_ms(const struct http_exchange *x) {
  return x->now_ms;
}

int64_t http_wall_unix(const struct http_exchange *x) {
  return http_server_wall_unix(x->conn->server, x->now_ms);
}

/* "a=1; b=2". RFC 6265 4.2.1 */
struct lib_span http_cookie(const struct http_exchange *x, const char *name) {
  struct lib_span rest = http_request_field(x->request, LIB_SPAN("cookie")), pair;
  while (lib_span_split(&rest, ';', &pair)) {
    pair = lib_span_trim(pair);
    size_t equals = lib_span_find(pair, '=');
    if (equals < pair.n && lib_span_eq(lib_span_sub(pair, 0, equals), lib_span_str(name)))
      return lib_span_sub(pair, equals + 1, pair.n);
  }
  return NONE;
}

/* The decoded bytes go to the place of the encoded ones in a buffer as long as
 * a query can be: it cannot run out, and asking twice gives the same. */
static struct lib_span decode_at(const struct http_exchange *x, struct lib_span part) {
  char *buf = x->conn->server->query + (part.p - x->request->query.p);
  int n = http_percent_decode(part, true, buf);
  return n < 0 ? NONE : (struct lib_span){buf, (size_t)n};
}

struct lib_span http_query(const struct http_exchange *x, const char *name) {
  struct lib_span rest = x->request->query, pair;
  while (lib_span_split(&rest, '&', &pair)) {
    size_t equals = lib_span_find(pair, '=');
    if (lib_span_eq(decode_at(x, lib_span_sub(pair, 0, equals)), lib_span_str(name)))
      return decode_at(x, lib_span_sub(pair, equals + 1, pair.n));
  }
  return NONE;
}

struct lib_span http_body(const struct http_exchange *x) {
  if (x->intake == NULL || x->intake->kind != HTTP_INTAKE_RAW)
    return LIB_SPAN("");
  return (struct lib_span){x->intake->text, x->intake->n};
}

static const struct http_form *form_of(const struct http_exchange *x) {
  return x->intake && x->intake->kind == HTTP_INTAKE_FORM ? &x->intake->form : NULL;
}

static const struct http_form_field *form_field(const struct http_exchange *x, const char *name) {
  const struct http_form *form = form_of(x);
  return form ? http_form_find(form, lib_span_str(name)) : NULL;
}

struct lib_span http_form(const struct http_exchange *x, const char *name) {
  const struct http_form_field *field = form_field(x, name);
  return field ? http_form_span(form_of(x), field->value) : NONE;
}

struct lib_span http_form_filename(const struct http_exchange *x, const char *name) {
  const struct http_form_field *field = form_field(x, name);
  return field ? http_form_span(form_of(x), field->filename) : NONE;
}

bool http_form_at(const struct http_exchange *x, unsigned i, struct lib_span *name,
                  struct lib_span *value) {
  const struct http_form *form = form_of(x);
  if (form == NULL || i >= form->fields_n)
    return false;
  *name = http_form_span(form, form->fields[i].name);
  *value = http_form_span(form, form->fields[i].value);
  return true;
}

void *http_state(const struct http_exchange *x) {
  return x->intake ? x->intake->state : NULL;
}

/* ---- how to answer ---- */

static struct http_reply *begin_reply(struct http_exchange *x, enum http_kind kind, unsigned status,
                                      const char *type, size_t bytes) {
  struct http_conn *c = x->conn;
  lib_out_init(&x->out, NULL, 0);
  x->answered = true;
  struct http_reply *reply = http_reply_new(c, bytes);
  if (reply == NULL)
    return NULL;
  reply->type = type;
  c->body = LIB_SPAN("");
  c->stable = false;
  http_answer_begin(c, kind, status);
  return reply;
}

struct lib_out *http_reply(struct http_exchange *x, unsigned status, const char *type) {
  size_t bytes = x->route->reply_max ? x->route->reply_max : HTTP_REPLY_BYTES;
  struct http_reply *reply = begin_reply(x, HTTP_ANSWER_REPLY, status, type, bytes);
  if (reply)
    lib_out_init(&x->out, reply->buf, reply->cap);
  return &x->out;
}

static void write_value(struct lib_out *o, struct lib_span value) {
  for (size_t i = 0; i < value.n; i++) {
    unsigned char u = (unsigned char)value.p[i];
    lib_out_char(o, u < ' ' || u == 0x7f ? ' ' : value.p[i]);
  }
}

void http_reply_field(struct http_exchange *x, const char *name, struct lib_span value) {
  struct http_reply *reply = x->conn->reply;
  struct lib_out o;
  if (reply == NULL) /* 503 goes out instead */
    return;
  lib_out_init(&o, reply->fields + reply->fields_n, sizeof reply->fields - reply->fields_n);
  lib_out_all(&o, name, ": ", NULL);
  write_value(&o, value);
  lib_out_str(&o, "\r\n");
  if (o.overflow)
    x->out.overflow = true;
  else
    reply->fields_n += (uint32_t)o.n;
}

void http_reply_stable(struct http_exchange *x, unsigned status, const char *type,
                       struct lib_span body) {
  if (begin_reply(x, HTTP_ANSWER_REPLY, status, type, 0) == NULL)
    return;
  x->conn->body = body;
  x->conn->stable = true;
}

void http_reply_redirect(struct http_exchange *x, unsigned status, struct lib_span location) {
  struct http_reply *reply = begin_reply(x, HTTP_ANSWER_PAGE, status, NULL, location.n);
  struct lib_out o;
  if (reply == NULL)
    return;
  lib_out_init(&o, reply->buf, reply->cap);
  write_value(&o, location);
  http_answer_redirect(x->conn, status, lib_out_done(&o));
}

void http_reply_error(struct http_exchange *x, unsigned status) {
  lib_out_init(&x->out, NULL, 0);
  x->answered = true;
  http_answer_page(x->conn, status);
}

void *http_reply_stream(struct http_exchange *x, unsigned status, const char *type,
                        http_fill_fn *fill, void (*end)(void *state), size_t state_bytes) {
  size_t state_n = (state_bytes + 15) & ~(size_t)15;
  struct http_reply *reply =
      begin_reply(x, HTTP_ANSWER_STREAM, status, type, state_n + HTTP_STREAM_BYTES);
  if (reply == NULL)
    return NULL;
  memset(reply->data, 0, state_n);
  reply->fill = fill;
  reply->end = end;
  reply->state = reply->data;
  reply->buf = reply->data + state_n;
  reply->cap = HTTP_STREAM_BYTES;
  if (x->conn->minor == 0) /* the end of the connection ends the body */
    x->conn->keep = false;
  return reply->state;
}

/* ---- running a page ---- */

static unsigned status_of_error(int rc) {
  switch (rc) {
  case E_NOENT:
    return 404;
  case E_PROTO:
    return 400;
  case E_LIMIT:
  case E_NOMEM:
    return 503;
  default:
    return 500;
  }
}

void http_exchange_run(struct http_exchange *x) {
  struct http_conn *c = x->conn;
  int rc = x->route->handle(x);
  if (rc < 0 || !x->answered)
    http_answer_page(c, status_of_error(rc));
  else if (c->reply && x->out.overflow)
    http_answer_page(c, 500);
  else if (c->kind == HTTP_ANSWER_REPLY && !c->stable)
    c->body = lib_out_done(&x->out);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/path.h>
#include <http/route.h>
#include <lib/err.h>

#include "dispatch.h"
#include "exchange.h"
#include "https.h"
#include "static.h"

static uint32_t groups_of(const struct http_conn *c) {
  return c->server->groups | (c->is_private ? c->server->private_groups : 0);
}

/* OPTIONS *: what the server as a whole can do. RFC 9110 9.3.7 */
static void answer_options(struct http_conn *c) {
  const struct http_server *s = c->server;
  unsigned allow = HTTP_GET;
  for (size_t i = 0; i < s->routes_n; i++)
    if (http_route_on(groups_of(c), &s->routes[i]))
      allow |= s->routes[i].methods;
  http_answer_method(c, HTTP_OPTIONS, allow);
}

static bool reads_body(const struct http_exchange *x) {
  const struct http_request *r = x->request;
  bool has_body = r->chunked || r->content_length > 0;
  return x->route->on_body || (x->route->body_max > 0 && has_body);
}

static void answer_route(struct http_exchange *x, struct lib_span head) {
  x->conn->route = (uint8_t)(x->route - x->conn->server->routes + 1);
  if (reads_body(x))
    http_intake_begin(x, head);
  else
    http_exchange_run(x);
}

static void answer_path(struct http_conn *c, const struct http_request *r, struct lib_span path,
                        struct lib_span head, uint64_t now_ms) {
  struct http_exchange x;
  unsigned allow;
  if (http_https_redirect(c, r, path) || !http_static_admit(c, r, path, now_ms))
    return;
  x.route = http_route_find(c->server, groups_of(c), path, r->method, x.params, &allow);
  if (x.route == NULL) {
    http_static_answer(c, r, path, allow, now_ms);
    return;
  }
  x.conn = c;
  x.request = r;
  x.intake = NULL;
  x.path = path;
  x.now_ms = now_ms;
  x.answered = false;
  answer_route(&x, head);
}

void http_dispatch(struct http_conn *c, const struct http_request *r, struct lib_span head,
                   uint64_t now_ms) {
  struct http_server *s = c->server;
  struct lib_span path;
  c->host = http_pack_host(&s->pack, r->host);
  if (r->form == HTTP_TARGET_AUTHORITY) { /* CONNECT: no proxy here */
    http_answer_fatal(c, 501);
    return;
  }
  if (r->form == HTTP_TARGET_ASTERISK) {
    answer_options(c);
    return;
  }
  int rc = http_path_decode(r->path, s->path, sizeof s->path, &path);
  if (rc == 0)
    answer_path(c, r, path, head, now_ms);
  else
    http_answer_page(c, rc == E_NOENT ? 404 : 400);
}

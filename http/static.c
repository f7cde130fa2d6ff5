/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/auth.h>
#include <http/condition.h>
#include <http/negotiate.h>
#include <http/path.h>

#include <string.h>

#include "static.h"

bool http_static_admit(struct http_conn *c, const struct http_request *r, struct lib_span path,
                       uint64_t now_ms) {
  struct http_server *s = c->server;
  const struct lib_pack_realm *realm = http_pack_realm(&s->pack, c->host, path);
  if (realm == NULL)
    return true;
  int rc = http_auth_check(s, realm, r, now_ms);
  if (rc == 1)
    return true;
  c->realm = realm;
  http_answer_page(c, rc == 0 ? 401 : 429);
  return false;
}

/* The variant the client likes best; of equals the smallest. NULL: none. */
static const struct lib_pack_variant *choose(const struct http_conn *c,
                                             const struct lib_pack_resource *res,
                                             const struct http_request *r) {
  const struct http_server *s = c->server;
  struct http_codings codings;
  const struct lib_pack_variant *best = NULL;
  unsigned best_q = 0;
  if (!http_request_may_have(r, LIB_SPAN("accept-encoding")))
    return http_pack_variant(&s->pack, res, 0);
  http_negotiate_read(r, &codings);
  if (c->secure && codings.q[LIB_PACK_IDENTITY] && http_negotiate_is_foreign(r))
    return http_pack_variant(&s->pack, res, 0);
  for (unsigned i = 0; i < res->variants_n; i++) {
    const struct lib_pack_variant *v = http_pack_variant(&s->pack, res, i);
    unsigned q = codings.q[v->coding];
    if (!http_negotiate_better(q, v->body.n, best_q, best ? best->body.n : 0))
      continue;
    best = v;
    best_q = q;
  }
  return best;
}

/* What the request's conditions and ranges make of an answer with a file. */
static void answer_asked(struct http_conn *c, const struct http_request *r, uint64_t now_ms) {
  char etag[HTTP_ETAG_BYTES];
  struct http_validators validators = {.etag = http_pack_etag(c->variant, etag),
                                       .modified_unix = c->resource->modified_unix,
                                       .now_unix = http_server_wall_unix(c->server, now_ms)};
  unsigned status = http_condition_check(r, &validators);
  if (status == 412) {
    http_answer_page(c, 412);
  } else if (status == 304) {
    c->status = 304;
    c->body = LIB_SPAN("");
  } else if (r->method == HTTP_GET && http_request_field(r, LIB_SPAN("range")).p &&
             http_condition_range(r, &validators)) {
    http_parts_answer(c, r);
  }
}

static void answer_variant(struct http_conn *c, const struct http_request *r, uint64_t now_ms) {
  c->body = http_pack_span(&c->server->pack, c->variant->body);
  c->stable = true;
  http_answer_begin(c, HTTP_ANSWER_FILE, 200);
  if (r->conditional || http_request_may_have(r, LIB_SPAN("range")))
    answer_asked(c, r, now_ms);
}

static void answer_file(struct http_conn *c, const struct lib_pack_resource *res,
                        const struct http_request *r, uint64_t now_ms) {
  c->resource = res;
  c->variant = choose(c, res, r);
  if (c->variant == NULL)
    http_answer_page(c, 406);
  else
    answer_variant(c, r, now_ms);
}

/* A redirect keeps the query of the request, unless it brings its own. Most
 * have none: then nothing is copied. */
static void answer_redirect(struct http_conn *c, unsigned status, struct lib_span to,
                            struct lib_span rest, struct lib_span query) {
  struct lib_out o;
  bool append = query.n && lib_span_find(to, '?') == to.n && lib_span_find(to, '#') == to.n;
  if (rest.n == 0 && !append) {
    http_answer_redirect(c, status, to);
    return;
  }
  struct http_reply *reply = http_reply_new(c, to.n + 3 * rest.n + 1 + query.n);
  if (reply == NULL)
    return;
  lib_out_init(&o, reply->buf, reply->cap);
  lib_out_span(&o, to);
  http_percent_encode(&o, rest);
  if (append) {
    lib_out_char(&o, '?');
    lib_out_span(&o, query);
  }
  http_answer_redirect(c, status, lib_out_done(&o));
}

/* Put `to` in place of the prefix, in server->path.
 * returns  the new path; n is 0 when it does not fit */
static struct lib_span rewrite(struct http_server *s, const struct lib_pack_prefix *rule,
                               struct lib_span path) {
  struct lib_span to = http_pack_span(&s->pack, rule->to);
  struct lib_span rest = lib_span_sub(path, rule->prefix.n, rule->keep_rest ? path.n : 0);
  if (to.n + rest.n > sizeof s->path)
    return LIB_SPAN("");
  memmove(s->path + to.n, rest.p, rest.n);
  memcpy(s->path, to.p, to.n);
  return (struct lib_span){s->path, to.n + rest.n};
}

/* These ask about a resource, so they are not sent elsewhere. */
static bool is_about(unsigned method) {
  return (method & (HTTP_OPTIONS | HTTP_TRACE)) != 0;
}

static void answer_resource(struct http_conn *c, const struct lib_pack_resource *res,
                            const struct http_request *r, unsigned allow, uint64_t now_ms) {
  struct lib_span none = LIB_SPAN("");
  if (res->kind == LIB_PACK_REDIRECT && !is_about(r->method))
    answer_redirect(c, res->status, http_pack_span(&c->server->pack, res->location), none,
                    r->query);
  else if (!(r->method & (HTTP_GET | HTTP_HEAD)))
    http_answer_method(c, r->method, allow | HTTP_GET);
  else
    answer_file(c, res, r, now_ms);
}

/* Nothing of that name: the fallback of a single-page application, or 404. */
static void answer_missing(struct http_conn *c, const struct http_request *r, unsigned allow,
                           uint64_t now_ms) {
  const struct http_pack *pack = &c->server->pack;
  const struct lib_pack_resource *resources =
      (const struct lib_pack_resource *)(pack->base + pack->head->resources.off);
  if (c->host->fallback != LIB_PACK_NONE)
    answer_resource(c, &resources[c->host->fallback], r, allow, now_ms);
  else if (allow)
    http_answer_method(c, r->method, allow);
  else
    http_answer_page(c, 404);
}

static void answer_rewritten(struct http_conn *c, const struct lib_pack_prefix *rule,
                             const struct http_request *r, struct lib_span path, unsigned allow,
                             uint64_t now_ms) {
  struct http_server *s = c->server;
  path = rewrite(s, rule, path);
  if (path.n && !http_static_admit(c, r, path, now_ms))
    return;
  const struct lib_pack_resource *res = http_pack_find(&s->pack, c->host, path);
  if (res)
    answer_resource(c, res, r, allow, now_ms);
  else
    answer_missing(c, r, allow, now_ms);
}

/* What is appended to the target of a redirect. Behind a slash it begins with
 * none: a Location that begins with two would lead to another host. */
static struct lib_span redirect_rest(const struct http_pack *pack,
                                     const struct lib_pack_prefix *rule, struct lib_span path) {
  struct lib_span to = http_pack_span(pack, rule->to);
  struct lib_span rest = lib_span_sub(path, rule->prefix.n, rule->keep_rest ? path.n : 0);
  while (rest.n && rest.p[0] == '/' && to.p[to.n - 1] == '/')
    rest = lib_span_sub(rest, 1, rest.n);
  return rest;
}

static void answer_prefix(struct http_conn *c, const struct lib_pack_prefix *rule,
                          const struct http_request *r, struct lib_span path, unsigned allow,
                          uint64_t now_ms) {
  struct lib_span rest = redirect_rest(&c->server->pack, rule, path);
  if (rule->status == 0)
    answer_rewritten(c, rule, r, path, allow, now_ms);
  else if (is_about(r->method))
    http_answer_method(c, r->method, allow | HTTP_GET);
  else
    answer_redirect(c, rule->status, http_pack_span(&c->server->pack, rule->to), rest, r->query);
}

void http_static_answer(struct http_conn *c, const struct http_request *r, struct lib_span path,
                        unsigned allow, uint64_t now_ms) {
  const struct http_pack *pack = &c->server->pack;
  const struct lib_pack_resource *res = http_pack_find(pack, c->host, path);
  const struct lib_pack_prefix *rule = res || allow ? NULL : http_pack_prefix(pack, c->host, path);
  if (res)
    answer_resource(c, res, r, allow, now_ms);
  else if (rule)
    answer_prefix(c, rule, r, path, allow, now_ms);
  else
    answer_missing(c, r, allow, now_ms);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "https.h"

enum { PORT = 443, PORT_TEXT_MAX = sizeof ":65535" - 1 };

static bool is_excepted(struct lib_span rest, struct lib_span path) {
  struct lib_span pattern;
  while (lib_span_split(&rest, '\n', &pattern)) {
    bool star = pattern.n && pattern.p[pattern.n - 1] == '*';
    if (star ? lib_span_starts(path, lib_span_sub(pattern, 0, pattern.n - 1))
             : lib_span_eq(path, pattern))
      return true;
  }
  return false;
}

/* An address in brackets holds colons of its own. */
static struct lib_span without_port(struct lib_span host) {
  size_t bracket = lib_span_find(host, ']');
  size_t from = bracket < host.n ? bracket : 0;
  return lib_span_sub(host, 0, from + lib_span_find(lib_span_sub(host, from, host.n), ':'));
}

static void write_location(struct lib_out *o, const struct http_request *r, uint16_t port) {
  lib_out_str(o, "https://");
  lib_out_span(o, without_port(r->host));
  if (port != PORT) {
    lib_out_char(o, ':');
    lib_out_u64(o, port);
  }
  lib_out_span(o, r->path);
  if (r->query.n) {
    lib_out_char(o, '?');
    lib_out_span(o, r->query);
  }
}

bool http_https_redirect(struct http_conn *c, const struct http_request *r, struct lib_span path) {
  const struct http_server *s = c->server;
  struct lib_out o;
  bool open = !c->secure && !c->is_private;
  if (!open || s->https_port == 0 || is_excepted(s->https_except, path))
    return false;
  if (r->host.n == 0) { /* HTTP/1.0: nobody knows where to */
    http_answer_page(c, 400);
    return true;
  }
  struct http_reply *reply =
      http_reply_new(c, sizeof "https://" + r->host.n + PORT_TEXT_MAX + r->path.n + 1 + r->query.n);
  if (reply == NULL)
    return true;
  lib_out_init(&o, reply->buf, reply->cap);
  write_location(&o, r, s->https_port);
  http_answer_redirect(c, 308, lib_out_done(&o));
  return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * multipart/byteranges: several parts of one variant, each with a small head.
 * The ranges wait in reply memory; the bytes come from the pack. RFC 9110 14.6 */
#include <http/range.h>

#include "answer.h"

struct parts {
  struct http_ranges ranges;
  uint64_t boundary; /* written as 16 hex digits */
};

static const struct parts *parts_of(const struct http_conn *c) {
  return (const struct parts *)c->reply->data;
}

/* A keyed hash, so that nobody can plant it in a file beforehand. */
static uint64_t new_boundary(struct http_server *s) {
  uint32_t n = ++s->boundaries;
  return lib_siphash(&s->key, &n, sizeof n);
}

static void answer_one(struct http_conn *c, struct http_range range) {
  c->range_from = range.from;
  c->body = lib_span_sub(c->body, range.from, (size_t)range.from + range.n);
  http_answer_begin(c, HTTP_ANSWER_FILE, 206);
}

static void answer_several(struct http_conn *c, const struct http_ranges *ranges) {
  const struct lib_pack_resource *resource = c->resource;
  const struct lib_pack_variant *variant = c->variant;
  struct lib_span body = c->body;
  struct http_reply *reply = http_reply_new(c, sizeof(struct parts));
  if (reply == NULL) { /* a Range may be ignored */
    c->resource = resource;
    c->variant = variant;
    c->body = body;
    http_answer_begin(c, HTTP_ANSWER_FILE, 200);
    return;
  }
  *(struct parts *)reply->data = (struct parts){*ranges, new_boundary(c->server)};
  c->part = 0;
  http_answer_begin(c, HTTP_ANSWER_PARTS, 206);
}

void http_parts_answer(struct http_conn *c, const struct http_request *r) {
  struct http_ranges ranges;
  struct lib_span value = http_request_field(r, LIB_SPAN("range"));
  int n = http_range_parse(value, c->variant->body.n, &ranges);
  if (n == 0)
    http_answer_page(c, 416);
  else if (n == 1)
    answer_one(c, ranges.r[0]);
  else if (n > 1)
    answer_several(c, &ranges);
}

unsigned http_parts_count(const struct http_conn *c) {
  return parts_of(c)->ranges.n;
}

struct lib_span http_parts_span(const struct http_conn *c) {
  struct http_range range = parts_of(c)->ranges.r[c->part];
  struct lib_span all = http_pack_span(&c->server->pack, c->variant->body);
  return lib_span_sub(all, range.from, (size_t)range.from + range.n);
}

static void write_part_head(const struct http_conn *c, struct http_range range, bool first,
                            struct lib_out *o) {
  const struct http_pack *pack = &c->server->pack;
  lib_out_str(o, first ? "--" : "\r\n--");
  lib_out_hex(o, parts_of(c)->boundary, 16);
  lib_out_str(o, "\r\nContent-Type: ");
  lib_out_span(o, http_pack_span(pack, http_pack_media(pack, c->resource)->type));
  lib_out_str(o, "\r\nContent-Range: bytes ");
  lib_out_u64(o, range.from);
  lib_out_char(o, '-');
  lib_out_u64(o, range.from + range.n - 1);
  lib_out_char(o, '/');
  lib_out_u64(o, c->variant->body.n);
  lib_out_str(o, "\r\n\r\n");
}

void http_parts_head(const struct http_conn *c, struct lib_out *o) {
  write_part_head(c, parts_of(c)->ranges.r[c->part], c->part == 0, o);
}

void http_parts_end(const struct http_conn *c, struct lib_out *o) {
  lib_out_str(o, "\r\n--");
  lib_out_hex(o, parts_of(c)->boundary, 16);
  lib_out_str(o, "--\r\n");
}

void http_parts_type(const struct http_conn *c, struct lib_out *o) {
  lib_out_str(o, "Content-Type: multipart/byteranges; boundary=");
  lib_out_hex(o, parts_of(c)->boundary, 16);
  lib_out_str(o, "\r\n");
}

uint64_t http_parts_bytes(const struct http_conn *c) {
  const struct http_ranges *ranges = &parts_of(c)->ranges;
  char head[512];
  struct lib_out o;
  uint64_t bytes = 0;
  for (unsigned i = 0; i < ranges->n; i++) {
    lib_out_init(&o, head, sizeof head);
    write_part_head(c, ranges->r[i], i == 0, &o);
    bytes += o.n + ranges->r[i].n;
  }
  lib_out_init(&o, head, sizeof head);
  http_parts_end(c, &o);
  return bytes + o.n;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Heads of files as rendered before: what is asked for again and again is
 * rendered once, afterwards only the date is put in. */
#include <lib/date.h>
#include <string.h>

#include "answer.h"

#define DATE_AT (sizeof "HTTP/1.1 200 OK\r\nDate: " - 1)

/* All of the file, to a client of today: of the request only `keep` shows. */
static bool is_usual(const struct http_conn *c) {
  return c->kind == HTTP_ANSWER_FILE && c->status == 200 && c->minor == 1;
}

static struct http_head *slot_of(const struct http_conn *c) {
  size_t i = ((uintptr_t)c->variant / _Alignof(struct lib_pack_variant) + c->keep) % HTTP_HEADS_N;
  return &c->server->heads[i];
}

const char *http_date(struct http_server *s, uint64_t now_ms) {
  if (now_ms - s->date_ms >= 1000) {
    struct lib_out date;
    lib_out_init(&date, s->date, sizeof s->date);
    lib_date_http(&date, http_server_wall_unix(s, now_ms));
    s->date_ms = now_ms - (uint64_t)(s->wall_zero_ms + (int64_t)now_ms) % 1000;
  }
  return s->date;
}

struct lib_span http_heads_get(struct http_conn *c, uint64_t now_ms) {
  struct http_head *h = slot_of(c);
  if (!is_usual(c) || h->variant != c->variant || h->resource != c->resource || h->keep != c->keep)
    return LIB_SPAN("");
  const char *date = http_date(c->server, now_ms);
  if (h->date_ms != c->server->date_ms)
    memcpy(h->text + DATE_AT, date, sizeof c->server->date);
  h->date_ms = c->server->date_ms;
  return (struct lib_span){h->text, h->n};
}

void http_heads_put(struct http_conn *c, struct lib_span head) {
  struct http_head *h = slot_of(c);
  if (!is_usual(c) || head.n > sizeof h->text)
    return;
  h->resource = c->resource;
  h->variant = c->variant;
  h->date_ms = c->server->date_ms;
  h->n = (uint16_t)head.n;
  h->keep = c->keep;
  memcpy(h->text, head.p, head.n);
}

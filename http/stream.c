/* SPDX-License-Identifier: BSD-2-Clause
 * A streamed answer: the page's fill function writes one chunk into a small
 * buffer, and is asked again when that has been sent. RFC 9112 7.1 */
#include <lib/assert.h>

#include <string.h>

#include "answer.h"

#define SIZE_LINE "0000\r\n" /* in front of the data: four hex digits */
#define SIZE_LINE_N (sizeof SIZE_LINE - 1)
#define LAST_CHUNK "0\r\n\r\n"
#define TAIL_N (sizeof "\r\n" LAST_CHUNK - 1)

_Static_assert(HTTP_STREAM_BYTES <= 0xffff, "a chunk's size has four digits");

/* Put the frame of a chunk around `n` bytes written behind SIZE_LINE_N. */
static void frame(struct http_reply *reply, size_t n, bool last) {
  struct lib_out o;
  lib_out_init(&o, reply->buf, reply->cap);
  if (n) {
    lib_out_hex(&o, n, 4);
    lib_out_str(&o, "\r\n");
    o.n += n;
    lib_out_str(&o, "\r\n");
  }
  if (last)
    lib_out_str(&o, LAST_CHUNK);
  reply->n = (uint32_t)o.n;
}

static void take(struct http_conn *c, size_t n, bool last) {
  struct http_reply *reply = c->reply;
  reply->sent = 0;
  reply->finished = last;
  if (c->minor == 1) {
    frame(reply, n, last);
    return;
  }
  memmove(reply->buf, reply->buf + SIZE_LINE_N, n);
  reply->n = (uint32_t)n;
}

static void fill(struct http_conn *c, uint64_t now_ms) {
  struct http_reply *reply = c->reply;
  struct lib_out o;
  uint64_t wake_ms = now_ms;
  lib_out_init(&o, reply->buf + SIZE_LINE_N, reply->cap - SIZE_LINE_N - TAIL_N);
  int rc = reply->fill(reply->state, &o, now_ms, &wake_ms);
  if (o.overflow || (rc < 0 && rc != E_AGAIN)) {
    c->keep = false;
    reply->finished = true;
    reply->n = reply->sent = 0;
    return;
  }
  LIB_ASSERT(rc != 0 || o.n > 0);
  take(c, o.n, rc == HTTP_STREAM_END);
  if (rc == E_AGAIN && o.n == 0) {
    c->waiting = true;
    c->deadline_ms = wake_ms > now_ms ? wake_ms : now_ms + 1;
  }
}

struct lib_span http_stream_buf(struct http_conn *c, uint64_t now_ms) {
  struct http_reply *reply = c->reply;
  if (reply->sent == reply->n && !reply->finished && !c->waiting)
    fill(c, now_ms);
  return (struct lib_span){reply->buf + reply->sent, reply->n - reply->sent};
}

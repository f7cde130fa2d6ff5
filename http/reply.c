/* SPDX-License-Identifier: BSD-2-Clause
 * The memory of a dynamic answer. One per connection at the most. */
#include <string.h>

#include "answer.h"

struct http_reply *http_reply_new(struct http_conn *c, size_t bytes) {
  struct http_server *s = c->server;
  http_reply_drop(c);
  struct http_reply *reply = s->work_alloc(sizeof *reply + bytes);
  if (reply == NULL) {
    s->counters.no_memory++;
    http_answer_page(c, 503);
    return NULL;
  }
  memset(reply, 0, sizeof *reply);
  reply->buf = reply->data;
  reply->cap = (uint32_t)bytes;
  c->reply = reply;
  return reply;
}

void http_reply_drop(struct http_conn *c) {
  struct http_reply *reply = c->reply;
  if (reply == NULL)
    return;
  if (reply->end)
    reply->end(reply->state);
  c->reply = NULL;
  c->server->work_free(reply);
}

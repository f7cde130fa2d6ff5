/* SPDX-License-Identifier: BSD-2-Clause
 * How an answer is decided and how its head is written. Private to http/.
 * Whoever decides calls one http_answer function; the head is rendered when it
 * is sent, from the few fields kept in the connection. */
#pragma once

#include <lib/out.h>

#include <http/conn_state.h>
#include <http/handler.h>

/* The memory of a dynamic answer. From work_alloc. */
struct http_reply {
  const char *type;                   /* Content-Type; static, or NULL */
  http_fill_fn *fill;                 /* of a stream */
  void (*end)(void *state);           /* of a stream, or NULL */
  void *state;                        /* of a stream; inside data */
  char *buf;                          /* inside data */
  uint32_t cap;                       /* bytes at buf */
  uint32_t n, sent;                   /* of a stream: bytes in buf, bytes of them sent */
  uint32_t fields_n;                  /* bytes in fields */
  bool finished;                      /* of a stream: fill has nothing more */
  bool endless;                       /* of a stream: ends with the peer */
  char fields[HTTP_REPLY_FIELDS_MAX]; /* field lines the page added */
  _Alignas(16) char data[];
};

/* Get reply memory with `bytes` at data, in place of what the connection had.
 * Answers 503 and returns NULL when there is none. */
struct http_reply *http_reply_new(struct http_conn *c, size_t bytes);
void http_reply_drop(struct http_conn *c);

/* Answer with the site's own page for `status` or else one made in code. */
void http_answer_page(struct http_conn *c, unsigned status);

/* The same, and the connection closes: framing is in doubt. */
void http_answer_fatal(struct http_conn *c, unsigned status);

/* Answer with a redirect. `location` stays valid until it is sent. */
void http_answer_redirect(struct http_conn *c, unsigned status, struct lib_span location);

/* 405, or the answer to OPTIONS: `allow` is a set of methods. */
void http_answer_method(struct http_conn *c, unsigned method, unsigned allow);

/* Begin an answer of another kind; the caller has set what its head needs. */
void http_answer_begin(struct http_conn *c, enum http_kind kind, unsigned status);

/* Write the head of the answer, and the body too if it is a page made in code. */
void http_answer_render(struct http_conn *c, struct lib_out *o, uint64_t now_ms);

/* The head of an answer with a file as it was rendered before, with the date of
 * now; empty when it has to be rendered. Stays until the next call. http/heads.c */
struct lib_span http_heads_get(struct http_conn *c, uint64_t now_ms);

/* Remember a rendered head, if it is of a kind that comes again. */
void http_heads_put(struct http_conn *c, struct lib_span head);

/* The Date field's value, sizeof server->date bytes. */
const char *http_date(struct http_server *s, uint64_t now_ms);

/* The answer has this status without a body, whatever is asked. */
bool http_status_bodiless(unsigned status);
const char *http_status_reason(unsigned status);   /* "Not Found" */
const char *http_status_sentence(unsigned status); /* for people */

/* multipart/byteranges, http/parts.c */
void http_parts_answer(struct http_conn *c, const struct http_request *r);
struct lib_span http_parts_span(const struct http_conn *c); /* of part c->part */
void http_parts_head(const struct http_conn *c, struct lib_out *o);
void http_parts_end(const struct http_conn *c, struct lib_out *o);
uint64_t http_parts_bytes(const struct http_conn *c); /* Content-Length */
void http_parts_type(const struct http_conn *c, struct lib_out *o);
unsigned http_parts_count(const struct http_conn *c);

/* Streams, http/stream.c */
struct lib_span http_stream_buf(struct http_conn *c, uint64_t now_ms);

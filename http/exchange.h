/* SPDX-License-Identifier: BSD-2-Clause
 * One request on its way through a dynamic page, and the memory that holds its
 * body while it arrives. Private to http/. */
#pragma once

#include <http/form.h>
#include <http/route.h>

#include "answer.h"

enum http_intake_kind {
  HTTP_INTAKE_RAW,  /* kept as it is */
  HTTP_INTAKE_FORM, /* decoded as it arrives */
  HTTP_INTAKE_SINK, /* given to the page's on_body */
};

/* A body being read. From work_alloc. The head is kept with it, to be parsed
 * again when the page runs: spans into the input do not live that long. */
struct http_intake {
  const struct http_route *route;
  enum http_intake_kind kind;
  uint64_t taken; /* bytes of the body so far */
  char *head;     /* copy of the request head, inside data */
  uint32_t head_n;
  char *text;  /* body or text of the form, inside data */
  uint32_t n;  /* bytes at text, raw */
  void *state; /* of on_body, inside data */
  struct http_form form;
  _Alignas(16) char data[];
};

struct http_exchange {
  struct http_conn *conn;
  const struct http_request *request;
  const struct http_route *route;
  const struct http_intake *intake; /* NULL: no body */
  struct lib_span path;             /* decoded */
  struct lib_span params[HTTP_PARAMS_MAX];
  struct lib_out out; /* the body of an answer in one piece */
  uint64_t now_ms;
  bool answered;
};

/* Start to read a body for `x->route`, or answer why not (413, 503, 400).
 *
 * head     the request head as received */
void http_intake_begin(struct http_exchange *x, struct lib_span head);

/* Take the next bytes of the body, decoded from chunks.
 * errors   E_LIMIT   answer 413
 *          E_PROTO   answer 400 */
int http_intake_take(struct http_intake *in, struct lib_span piece);

/* The body is complete: check, then run the page. */
void http_intake_end(struct http_conn *c, uint64_t now_ms);
void http_intake_drop(struct http_conn *c);

/* Run the page; afterwards the connection has an answer. */
void http_exchange_run(struct http_exchange *x);

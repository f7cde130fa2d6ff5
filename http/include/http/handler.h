/* SPDX-License-Identifier: BSD-2-Clause
 * What a dynamic page sees: how it is registered, what was asked, and how to
 * answer. Spans that describe the request are borrowed until the handler
 * returns. A handler runs once, when the whole request is there; it never
 * blocks, and it answers by exactly one of the http_reply functions. */
#pragma once

#include <lib/err.h>
#include <lib/out.h>

#include <http/html.h>
#include <http/json.h>
#include <http/request.h>
#include <http/server.h>

struct http_exchange;

/* One line of the table of pages. */
struct http_route {
  unsigned methods;    /* of enum http_method, or-ed; HTTP_GET answers HEAD too */
  const char *pattern; /* "/hello/:name": a ':' takes one segment, not empty */
  /* returns 0, or E_NOENT (404), E_PROTO (400), E_LIMIT or E_NOMEM (503), else 500 */
  int (*handle)(struct http_exchange *x);
  uint32_t body_max;  /* bytes of a request body; 0: none is wanted. More: 413 */
  uint32_t reply_max; /* bytes of an answer in one piece; 0: HTTP_REPLY_BYTES */
  /* A body that is not to be kept goes here piece by piece, with `state_bytes`
   * of zeroed memory that http_state gives to the handler. NULL: keep it.
   * An error ends the request with 400. */
  int (*on_body)(void *state, struct lib_span piece);
  uint32_t state_bytes;
  uint32_t group; /* of pages, a bit of http_server.groups or private_groups; 0: always there */
};

/* ---- what was asked ---- */

unsigned http_method(const struct http_exchange *x);      /* of enum http_method */
struct lib_span http_path(const struct http_exchange *x); /* decoded */
struct lib_span http_param(const struct http_exchange *x, const char *name); /* of the pattern */
struct lib_span http_field(const struct http_exchange *x, const char *name); /* first of the name */
struct lib_span http_cookie(const struct http_exchange *x, const char *name);
const char *http_peer(const struct http_exchange *x);              /* its address */
struct http_server *http_server_of(const struct http_exchange *x); /* for later, in a stream */
uint64_t http_now_ms(const struct http_exchange *x);               /* since boot */
int64_t http_wall_unix(const struct http_exchange *x);             /* Unix s */

/* The value of a parameter of the query, decoded; p is NULL when absent or
 * malformed. */
struct lib_span http_query(const struct http_exchange *x, const char *name);

/* The whole body, unless it is a form or goes to on_body. */
struct lib_span http_body(const struct http_exchange *x);

/* The value of a field of a form (application/x-www-form-urlencoded or
 * multipart/form-data), decoded while it arrived; p is NULL when absent.
 * http_form_filename: the name a file was sent under. */
struct lib_span http_form(const struct http_exchange *x, const char *name);
struct lib_span http_form_filename(const struct http_exchange *x, const char *name);

/* All fields of the form in order; false behind the last one. */
bool http_form_at(const struct http_exchange *x, unsigned i, struct lib_span *name,
                  struct lib_span *value);

/* on_body's memory. */
void *http_state(const struct http_exchange *x);

/* ---- how to answer ---- */

#define HTTP_TYPE_HTML "text/html; charset=utf-8"
#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"
#define HTTP_TYPE_JSON "application/json"

/* Answer in one piece: write the body into the output returned. Never NULL: if
 * memory is short, the writing goes nowhere and 503 is answered; if the body
 * does not fit, 500.
 *
 * type     static, or NULL for none */
struct lib_out *http_reply(struct http_exchange *x, unsigned status, const char *type);

/* Add a field to the answer begun. Control characters of `value` become spaces. */
void http_reply_field(struct http_exchange *x, const char *name, struct lib_span value);

/* Answer with bytes that stay for the image's life; sent without a copy. */
void http_reply_stable(struct http_exchange *x, unsigned status, const char *type,
                       struct lib_span body);

/* Send the client elsewhere; 303 after a form. `location` is copied. */
void http_reply_redirect(struct http_exchange *x, unsigned status, struct lib_span location);

/* The site's page for an error status. */
void http_reply_error(struct http_exchange *x, unsigned status);

/* Answer as a stream, produced when there is room: memory stays bounded.
 *
 * fill     writes what fits whole; returns
 *            0                there is more; something was written
 *            HTTP_STREAM_END  that was all
 *            E_AGAIN          nothing more before *wake_ms
 *            other errors     end the connection; the client sees a cut
 *          a write that overflows is E_LIMIT: look at out->cap - out->n
 * end      called once when the stream is over for whatever reason; may be NULL
 * returns  `state_bytes` of zeroed memory that lives until `end`, or NULL: 503
 *          is answered and `end` is not called */
#define HTTP_STREAM_END 1
typedef int http_fill_fn(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms);
void *http_reply_stream(struct http_exchange *x, unsigned status, const char *type,
                        http_fill_fn *fill, void (*end)(void *state), size_t state_bytes);

/* Answer with server-sent events: see http/sse.h. */

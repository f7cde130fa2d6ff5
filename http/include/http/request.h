/* SPDX-License-Identifier: BSD-2-Clause
 * The request head: a pure, strict parser (RFC 9110, RFC 9112). Everything
 * that could be framed in two ways is refused. */
#pragma once

#include <lib/limits.h>
#include <lib/span.h>

/* Methods known to the server, as bits so that sets of them fit a word. */
enum http_method {
  HTTP_GET = 1 << 0,
  HTTP_HEAD = 1 << 1,
  HTTP_POST = 1 << 2,
  HTTP_PUT = 1 << 3,
  HTTP_PATCH = 1 << 4,
  HTTP_DELETE = 1 << 5,
  HTTP_OPTIONS = 1 << 6,
  HTTP_TRACE = 1 << 7,
  HTTP_CONNECT = 1 << 8,
};
#define HTTP_METHODS_N 9

/* The name of one method. */
struct lib_span http_method_name(unsigned method);

/* The form of the request target. RFC 9112 3.2 */
enum http_target_form {
  HTTP_TARGET_ORIGIN,    /* /path?query */
  HTTP_TARGET_ABSOLUTE,  /* http://host/path?query */
  HTTP_TARGET_AUTHORITY, /* host:port, of CONNECT */
  HTTP_TARGET_ASTERISK,  /* *, of OPTIONS */
};

struct http_field {
  struct lib_span name;  /* as sent; compare without case */
  struct lib_span value; /* without surrounding spaces and tabs */
};

/* Spans point into the parsed bytes. */
struct http_request {
  unsigned method; /* one of enum http_method */
  unsigned status; /* on error: the status to answer, else 0 */
  enum http_target_form form;
  struct lib_span method_text; /* as sent; may be set on error, for the log */
  struct lib_span target;      /* as sent; may be set on error, for the log */
  struct lib_span path;        /* begins with '/', percent-encoded; "" for `*` and CONNECT */
  struct lib_span query;       /* behind the first '?'; "" when there is none */
  struct lib_span host;        /* of the target or the Host field, with port */
  unsigned minor;              /* HTTP/1.minor, 0 or 1 */
  bool keep_alive;             /* the client wants to go on */
  bool chunked;                /* the body is chunked */
  bool expect_continue;        /* Expect: 100-continue */
  bool conditional;            /* there is a field that begins with "If-" */
  uint64_t content_length;     /* bytes of the body; 0 when chunked */
  uint64_t names;              /* the bits http_name_bit of all fields */
  unsigned fields_n;
  struct http_field fields[HTTP_FIELDS_MAX];
};

static inline unsigned http_name_bit(struct lib_span name) {
  return (name.n + 5u * (name.p[0] | 0x20u)) & 63;
}

/* Parse one HTTP/1.1 request head from the front of `in`.
 *
 * in       bytes received so far; borrowed; spans in `out` point into it
 * out      valid until `in.p` moves; on error only status, method_text, target
 * returns  bytes consumed, > 0
 * errors   E_AGAIN  head incomplete: call again with more
 *          E_PROTO  refused: answer out->status (400, 414, 431, 501, 505), close
 * context  any; no allocation; O(in.n)
 * source   RFC 9112 2.2, 3, 5, 6 */
int http_request_parse(struct lib_span in, struct http_request *out);

/* False: there is no field of that name. True: there may be one. To leave out
 * work cheaply; it costs one comparison where `name` is a constant. */
static inline bool http_request_may_have(const struct http_request *r, struct lib_span name) {
  return r->names >> http_name_bit(name) & 1;
}

/* The value of the first field called `name`; p is NULL when there is none. */
struct lib_span http_request_field(const struct http_request *r, struct lib_span name);

/* The authority of an absolute http or https URL, which is not otherwise looked
 * at; n is 0 when it is none. */
struct lib_span http_request_authority(struct lib_span url);

/* Walk the members of a list-valued field over all its lines. RFC 9110 5.6.1
 *
 * Start with a zeroed iterator. Members are trimmed, never empty; a comma
 * inside a quoted string does not separate. */
struct http_list {
  unsigned field;       /* next line to look at */
  struct lib_span rest; /* of the current line */
};
bool http_request_list(const struct http_request *r, struct lib_span name, struct http_list *it,
                       struct lib_span *member);

/* SPDX-License-Identifier: BSD-2-Clause
 * Incremental decoders of forms: application/x-www-form-urlencoded and
 * multipart/form-data (RFC 7578). What is decoded goes to the caller's text
 * buffer; it is never longer than what came in. Pure. */
#pragma once

#include <lib/limits.h>
#include <lib/span.h>

/* Bytes of the text buffer. */
struct http_form_text {
  uint32_t off, n;
};

struct http_form_field {
  struct http_form_text name, value;
  struct http_form_text filename; /* of a file in a multipart form */
};

struct http_form {
  char *text;   /* borrowed */
  uint32_t cap; /* bytes at text */
  uint32_t n;   /* bytes written */
  uint32_t fields_n;
  struct http_form_field fields[HTTP_FORM_FIELDS_MAX];
  /* decoder's own */
  uint8_t state;
  uint8_t matched; /* bytes of the delimiter */
  uint8_t escape;  /* bytes of %XX seen, urlencoded */
  uint8_t high;    /* its first digit */
  uint8_t delimiter_n;
  uint32_t head_n;
  char delimiter[HTTP_BOUNDARY_MAX + 4]; /* CR LF - - boundary */
  char head[HTTP_PART_HEAD_MAX];         /* of the part that begins */
};

/* Begin a form of the given Content-Type.
 *
 * text     `cap` bytes; borrowed for the form's life
 * errors   E_NOENT   not a form
 *          E_PROTO   multipart without a proper boundary */
int http_form_init(struct http_form *f, struct lib_span content_type, char *text, size_t cap);

/* Decode the next bytes of the body, cut anywhere.
 *
 * errors   E_PROTO   malformed
 *          E_LIMIT   more than HTTP_FORM_FIELDS_MAX fields, a part's head over
 *                    HTTP_PART_HEAD_MAX, or the text buffer is full */
int http_form_feed(struct http_form *f, struct lib_span in);

/* The body is over.
 * errors   E_PROTO   it was cut short */
int http_form_end(struct http_form *f);

/* The first field called `name`, or NULL. */
const struct http_form_field *http_form_find(const struct http_form *f, struct lib_span name);

struct lib_span http_form_span(const struct http_form *f, struct http_form_text t);

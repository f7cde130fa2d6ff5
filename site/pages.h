/* SPDX-License-Identifier: BSD-2-Clause
 * The handlers behind site/routes.c, one file each, and their bounds. */
#pragma once

#include <http/handler.h>

int site_page_memory(struct http_exchange *x);
int site_page_memory_json(struct http_exchange *x);
int site_page_memory_events(struct http_exchange *x);
int site_page_hello(struct http_exchange *x);
int site_page_form(struct http_exchange *x);
int site_page_guestbook(struct http_exchange *x);
int site_page_guestbook_sign(struct http_exchange *x);
int site_page_clock_events(struct http_exchange *x);
int site_page_stream(struct http_exchange *x);
int site_page_metrics(struct http_exchange *x);
int site_page_health(struct http_exchange *x);
int site_page_certificates(struct http_exchange *x);
int site_page_upload(struct http_exchange *x);

#define SITE_ESCAPED_MAX 6 /* bytes that one byte of text becomes in HTML: &quot; */

#define SITE_HELLO_MAX 256 /* bytes of a name that /hello greets */

/* The echo of a form: every byte escaped, a row of a table for each field, and
 * the frame of the page. */
#define SITE_FORM_MAX 4096 /* bytes of a form's body */
#define SITE_FORM_REPLY (SITE_FORM_MAX * SITE_ESCAPED_MAX + HTTP_FORM_FIELDS_MAX * 96 + 2048)

#define SITE_GUEST_ENTRIES 32    /* kept; SITE_GUEST_NAME + SITE_GUEST_TEXT bytes each */
#define SITE_GUEST_NAME 32       /* bytes of a name */
#define SITE_GUEST_TEXT 200      /* bytes of a message */
#define SITE_GUEST_BODY_MAX 4096 /* bytes of a form to sign it: percent-encoding triples */

/* Of a body that /upload reads: zeroed before its first piece. */
struct site_upload {
  uint64_t bytes;
  uint32_t crc;
};
int site_upload_piece(void *state, struct lib_span piece);

#define SITE_UPLOAD_MAX 1000000000 /* bytes that /upload takes */
#define SITE_STREAM_MAX 1000000000 /* bytes that /stream gives */

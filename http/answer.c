/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/html.h>
#include <lib/date.h>

#include "answer.h"

#define PAGE_BYTES 768 /* a page made in code */
#define CRLF "\r\n"

void http_answer_begin(struct http_conn *c, enum http_kind kind, unsigned status) {
  c->kind = (uint8_t)kind;
  c->status = (uint16_t)status;
  c->state = HTTP_STATE_RESPOND;
  c->phase = HTTP_TX_HEAD;
}

static const struct lib_pack_resource *own_page(struct http_conn *c, unsigned status) {
  const struct http_pack *pack = &c->server->pack;
  const struct lib_pack_host *host = c->host ? c->host : http_pack_host(pack, LIB_SPAN(""));
  return status >= 400 ? http_pack_error(pack, host, status) : NULL;
}

void http_answer_page(struct http_conn *c, unsigned status) {
  const struct lib_pack_variant *asked = c->variant;
  http_reply_drop(c);
  c->resource = own_page(c, status);
  c->body = LIB_SPAN("");
  http_answer_begin(c, c->resource ? HTTP_ANSWER_FILE : HTTP_ANSWER_PAGE, status);
  if (status == 416 && asked) /* Content-Range tells the size of what was asked for */
    c->range_from = asked->body.n;
  if (c->resource == NULL)
    return;
  c->variant = http_pack_variant(&c->server->pack, c->resource, 0);
  c->body = http_pack_span(&c->server->pack, c->variant->body);
  c->stable = true;
}

void http_answer_fatal(struct http_conn *c, unsigned status) {
  c->keep = false;
  http_answer_page(c, status);
}

void http_answer_redirect(struct http_conn *c, unsigned status, struct lib_span location) {
  c->resource = NULL;
  c->body = location;
  http_answer_begin(c, HTTP_ANSWER_PAGE, status);
}

void http_answer_method(struct http_conn *c, unsigned method, unsigned allow) {
  c->allow = (uint16_t)(allow | HTTP_OPTIONS | (allow & HTTP_GET ? HTTP_HEAD : 0));
  if (method == HTTP_OPTIONS)
    http_answer_begin(c, HTTP_ANSWER_PAGE, 204);
  else
    http_answer_page(c, 405);
}

static void write_allow(struct lib_out *o, unsigned allow) {
  const char *separator = "Allow: ";
  for (unsigned i = 0; i < HTTP_METHODS_N; i++) {
    if (!(allow & 1u << i))
      continue;
    lib_out_str(o, separator);
    lib_out_span(o, http_method_name(1u << i));
    separator = ", ";
  }
  lib_out_str(o, CRLF);
}

static void write_date(struct http_server *s, struct lib_out *o, uint64_t now_ms) {
  lib_out_str(o, "Date: ");
  lib_out_span(o, (struct lib_span){http_date(s, now_ms), sizeof s->date});
  lib_out_str(o, CRLF);
}

static void write_number(struct lib_out *o, const char *name, uint64_t value) {
  lib_out_str(o, name);
  lib_out_u64(o, value);
  lib_out_str(o, CRLF);
}

static void write_content_range(const struct http_conn *c, struct lib_out *o) {
  lib_out_str(o, "Content-Range: bytes ");
  if (c->status == 416) {
    lib_out_char(o, '*');
  } else {
    lib_out_u64(o, c->range_from);
    lib_out_char(o, '-');
    lib_out_u64(o, c->range_from + c->body.n - 1);
  }
  write_number(o, "/", c->status == 416 ? c->range_from : c->variant->body.n);
}

/* What a status asks for, whoever made the body. */
static void write_status_fields(const struct http_conn *c, struct lib_out *o) {
  const struct http_pack *pack = &c->server->pack;
  if (c->allow)
    write_allow(o, c->allow);
  if (c->status == 401 && c->realm) {
    lib_out_str(o, "WWW-Authenticate: Basic realm=\"");
    lib_out_span(o, http_pack_span(pack, c->realm->realm));
    lib_out_str(o, "\", charset=\"UTF-8\"" CRLF);
  }
  if (c->status == 503 || c->status == 429)
    lib_out_str(o, c->status == 503 ? "Retry-After: 5" CRLF : "Retry-After: 1" CRLF);
  if (c->status == 416 || (c->status == 206 && c->kind == HTTP_ANSWER_FILE))
    write_content_range(c, o);
}

/* A made page: the fields end, the page follows in the same breath. */
static void write_page(const struct http_conn *c, struct lib_out *o, const char *connection) {
  char text[PAGE_BYTES];
  struct lib_out page;
  lib_out_init(&page, text, sizeof text);
  http_html(&page,
            "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width\">"
            "<meta name=\"color-scheme\" content=\"light dark\">"
            "<title>{} {}</title>\n"
            "<body style=\"font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:4em auto;"
            "padding:0 1em\"><h1>{} {}</h1>\n<p>{}</p>\n",
            HTTP_NUMBER(c->status), HTTP_STR(http_status_reason(c->status)), HTTP_NUMBER(c->status),
            HTTP_STR(http_status_reason(c->status)), HTTP_STR(http_status_sentence(c->status)));
  if (c->body.n) {
    lib_out_str(o, "Location: ");
    lib_out_span(o, c->body);
    lib_out_str(o, CRLF);
  }
  if (c->reply)
    lib_out_span(o, (struct lib_span){c->reply->fields, c->reply->fields_n});
  if (!http_status_bodiless(c->status)) {
    lib_out_str(o, "Content-Type: text/html; charset=utf-8" CRLF);
    write_number(o, "Content-Length: ", page.n);
  }
  lib_out_all(o, connection, CRLF, NULL);
  if (!c->is_head && !http_status_bodiless(c->status))
    lib_out_span(o, lib_out_done(&page));
}

static void write_coding(const struct http_conn *c, struct lib_out *o) {
  if (c->variant->coding != LIB_PACK_IDENTITY)
    lib_out_all(o, "Content-Encoding: ", c->variant->coding == LIB_PACK_BR ? "br" : "gzip", CRLF,
                NULL);
}

/* What 200, 206 and 304 share. */
static void write_validators(const struct http_conn *c, struct lib_out *o) {
  const struct http_pack *pack = &c->server->pack;
  char etag[HTTP_ETAG_BYTES];
  lib_out_str(o, "ETag: ");
  lib_out_span(o, http_pack_etag(c->variant, etag));
  lib_out_str(o, CRLF "Last-Modified: ");
  lib_date_http(o, c->resource->modified_unix);
  lib_out_str(o, c->resource->variants_n > 1 ? CRLF "Vary: Accept-Encoding" CRLF : CRLF);
  lib_out_span(o, http_pack_span(pack, http_pack_media(pack, c->resource)->fields));
}

static void write_file_fields(const struct http_conn *c, struct lib_out *o) {
  const struct http_pack *pack = &c->server->pack;
  if (c->status != 304) {
    lib_out_str(o, "Content-Type: ");
    lib_out_span(o, http_pack_span(pack, http_pack_media(pack, c->resource)->type));
    lib_out_str(o, CRLF);
    write_coding(c, o);
  }
  write_validators(c, o);
  if (c->status == 200 || c->status == 206)
    lib_out_str(o, "Accept-Ranges: bytes" CRLF);
  if (c->status != 304)
    write_number(o, "Content-Length: ", c->body.n);
}

static void write_parts_fields(const struct http_conn *c, struct lib_out *o) {
  http_parts_type(c, o);
  write_coding(c, o);
  write_validators(c, o);
  lib_out_str(o, "Accept-Ranges: bytes" CRLF);
  write_number(o, "Content-Length: ", http_parts_bytes(c));
}

static void write_reply_fields(const struct http_conn *c, struct lib_out *o) {
  const struct http_reply *reply = c->reply;
  if (reply->type)
    lib_out_all(o, "Content-Type: ", reply->type, CRLF, NULL);
  lib_out_span(o, (struct lib_span){reply->fields, reply->fields_n});
  if (c->kind == HTTP_ANSWER_REPLY && !http_status_bodiless(c->status))
    write_number(o, "Content-Length: ", c->body.n);
  if (c->kind == HTTP_ANSWER_STREAM && c->minor == 1)
    lib_out_str(o, "Transfer-Encoding: chunked" CRLF);
}

static const char *connection_field(const struct http_conn *c) {
  if (!c->keep)
    return "Connection: close" CRLF;
  return c->minor == 0 ? "Connection: keep-alive" CRLF : "";
}

static void write_start(const struct http_conn *c, struct lib_out *o, uint64_t now_ms) {
  struct http_server *s = c->server;
  lib_out_str(o, "HTTP/1.1 ");
  lib_out_u64(o, c->status);
  lib_out_all(o, " ", http_status_reason(c->status), CRLF, NULL);
  write_date(s, o, now_ms);
  if (s->name.n) {
    lib_out_str(o, "Server: ");
    lib_out_span(o, s->name);
    lib_out_str(o, CRLF);
  }
  if (c->secure && s->hsts.n) {
    lib_out_str(o, "Strict-Transport-Security: ");
    lib_out_span(o, s->hsts);
    lib_out_str(o, CRLF);
  }
  write_status_fields(c, o);
}

static void render(const struct http_conn *c, struct lib_out *o, uint64_t now_ms) {
  write_start(c, o, now_ms);
  switch (c->kind) {
  case HTTP_ANSWER_PAGE:
    write_page(c, o, connection_field(c));
    return;
  case HTTP_ANSWER_FILE:
    write_file_fields(c, o);
    break;
  case HTTP_ANSWER_PARTS:
    write_parts_fields(c, o);
    break;
  default:
    write_reply_fields(c, o);
  }
  lib_out_all(o, connection_field(c), CRLF, NULL);
}

void http_answer_render(struct http_conn *c, struct lib_out *o, uint64_t now_ms) {
  render(c, o, now_ms);
  if (!o->overflow)
    return;
  /* A pack with a head of many kilobytes, or a redirect to one. */
  lib_out_init(o, o->p, o->cap);
  http_reply_drop(c);
  c->keep = false;
  c->body = LIB_SPAN("");
  c->resource = NULL;
  http_answer_begin(c, HTTP_ANSWER_PAGE, 500);
  render(c, o, now_ms);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * HTML text that is escaped unless it is said to be HTML already. */
#pragma once

#include <lib/out.h>

/* Write `s` so that it is text in an element or in a quoted attribute. */
void http_html_escape(struct lib_out *o, struct lib_span s);

/* A value for a template. */
struct http_value {
  enum { HTTP_VALUE_TEXT, HTTP_VALUE_RAW, HTTP_VALUE_NUMBER } kind;
  struct lib_span text;
  uint64_t number;
};

#define HTTP_TEXT(span) ((struct http_value){.kind = HTTP_VALUE_TEXT, .text = (span)})
#define HTTP_STR(str) HTTP_TEXT(lib_span_str(str))
#define HTTP_RAW(span) ((struct http_value){.kind = HTTP_VALUE_RAW, .text = (span)})
#define HTTP_NUMBER(n) ((struct http_value){.kind = HTTP_VALUE_NUMBER, .number = (n)})

/* Write a template, each {} replaced by the next value, escaped by its kind:
 *
 *   http_html(o, "<p>Hello, {}: visit {}</p>", HTTP_TEXT(name), HTTP_NUMBER(n));
 *
 * The counts of {} and of values must agree (asserted). Without a value use
 * lib_out_str. */
#define http_html(o, template, ...)                                                                \
  http_html_values((o), (template), (struct http_value[]){__VA_ARGS__},                            \
                   sizeof((struct http_value[]){__VA_ARGS__}) / sizeof(struct http_value))
void http_html_values(struct lib_out *o, const char *template, const struct http_value *values,
                      size_t n);

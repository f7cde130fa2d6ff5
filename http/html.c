/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/html.h>
#include <lib/assert.h>

static const char *entity(char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return NULL;
  }
}

void http_html_escape(struct lib_out *o, struct lib_span s) {
  size_t from = 0;
  for (size_t i = 0; i < s.n; i++) {
    const char *name = entity(s.p[i]);
    if (name == NULL)
      continue;
    lib_out_span(o, lib_span_sub(s, from, i));
    lib_out_str(o, name);
    from = i + 1;
  }
  lib_out_span(o, lib_span_sub(s, from, s.n));
}

static void write_value(struct lib_out *o, const struct http_value *v) {
  if (v->kind == HTTP_VALUE_NUMBER)
    lib_out_u64(o, v->number);
  else if (v->kind == HTTP_VALUE_RAW)
    lib_out_span(o, v->text);
  else
    http_html_escape(o, v->text);
}

void http_html_values(struct lib_out *o, const char *template, const struct http_value *values,
                      size_t n) {
  struct lib_span rest = lib_span_str(template);
  size_t used = 0;
  for (size_t at = 0; at < rest.n;) {
    size_t brace = at + lib_span_find(lib_span_sub(rest, at, rest.n), '{');
    bool slot = brace + 1 < rest.n && rest.p[brace + 1] == '}';
    size_t end = slot ? brace : brace + 1;
    lib_out_span(o, lib_span_sub(rest, at, end));
    if (slot) {
      LIB_ASSERT(used < n);
      write_value(o, &values[used++]);
      end += 2;
    }
    at = end;
  }
  LIB_ASSERT(used == n);
}

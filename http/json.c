/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/json.h>

static void before_value(struct http_json *j) {
  if (j->comma)
    lib_out_char(j->o, ',');
  j->comma = true;
}

void http_json_open(struct http_json *j, char bracket) {
  before_value(j);
  lib_out_char(j->o, bracket);
  j->comma = false;
}

void http_json_close(struct http_json *j, char bracket) {
  lib_out_char(j->o, bracket);
  j->comma = true;
}

/* Length of the UTF-8 sequence at the front of `s`, 0 when it is none
 * (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF). */
static size_t utf8_length(struct lib_span s) {
  unsigned char b0 = (unsigned char)s.p[0], b1 = s.n > 1 ? (unsigned char)s.p[1] : 0;
  size_t n = b0 < 0x80 ? 1 : b0 >= 0xc2 && b0 < 0xe0 ? 2 : (b0 & 0xf0) == 0xe0 ? 3 : 0;
  if (b0 >= 0xf0 && b0 <= 0xf4)
    n = 4;
  if (n == 0 || n > s.n)
    return 0;
  if ((b0 == 0xe0 && b1 < 0xa0) || (b0 == 0xed && b1 > 0x9f) || (b0 == 0xf0 && b1 < 0x90) ||
      (b0 == 0xf4 && b1 > 0x8f))
    return 0;
  for (size_t i = 1; i < n; i++)
    if ((s.p[i] & 0xc0) != 0x80)
      return 0;
  return n;
}

static void escape_char(struct lib_out *o, unsigned char c) {
  switch (c) {
  case '"':
    lib_out_str(o, "\\\"");
    break;
  case '\\':
    lib_out_str(o, "\\\\");
    break;
  case '\n':
    lib_out_str(o, "\\n");
    break;
  default:
    lib_out_str(o, "\\u");
    lib_out_hex(o, c, 4);
  }
}

static void string(struct lib_out *o, struct lib_span s) {
  lib_out_char(o, '"');
  while (s.n) {
    size_t n = utf8_length(s);
    unsigned char c = (unsigned char)s.p[0];
    if (n == 0)
      lib_out_str(o, "\\ufffd");
    else if (c < ' ' || c == '"' || c == '\\' || c == '<')
      escape_char(o, c); /* '<': so that it may stand in a script element */
    else
      lib_out_span(o, lib_span_sub(s, 0, n));
    s = lib_span_sub(s, n ? n : 1, s.n);
  }
  lib_out_char(o, '"');
}

void http_json_key(struct http_json *j, const char *key) {
  before_value(j);
  string(j->o, lib_span_str(key));
  lib_out_char(j->o, ':');
  j->comma = false;
}

void http_json_span(struct http_json *j, struct lib_span value) {
  before_value(j);
  string(j->o, value);
}

void http_json_str(struct http_json *j, const char *value) {
  http_json_span(j, lib_span_str(value));
}

void http_json_u64(struct http_json *j, uint64_t value) {
  before_value(j);
  lib_out_u64(j->o, value);
}

void http_json_i64(struct http_json *j, int64_t value) {
  before_value(j);
  lib_out_i64(j->o, value);
}

void http_json_bool(struct http_json *j, bool value) {
  before_value(j);
  lib_out_str(j->o, value ? "true" : "false");
}

void http_json_null(struct http_json *j) {
  before_value(j);
  lib_out_str(j->o, "null");
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/path.h>
#include <lib/err.h>

#include <string.h>

/* The byte that `s` begins with, which is a '%'. */
static int escaped_byte(struct lib_span s) {
  if (s.n < 3)
    return E_PROTO;
  int high = lib_hex_digit(s.p[1]), low = lib_hex_digit(s.p[2]);
  return high < 0 || low < 0 ? E_PROTO : high << 4 | low;
}

int http_percent_decode(struct lib_span raw, bool form, char *buf) {
  int n = 0;
  for (size_t i = 0; i < raw.n; i++) {
    int byte = (unsigned char)raw.p[i];
    if (byte == '%') {
      byte = escaped_byte(lib_span_sub(raw, i, raw.n));
      if (byte < 0)
        return E_PROTO;
      i += 2;
    } else if (byte == '+' && form) {
      byte = ' ';
    }
    buf[n++] = (char)byte;
  }
  return n;
}

static int check_escapes(struct lib_span raw) {
  bool slash = false;
  for (size_t i = 0; i < raw.n; i++) {
    if (raw.p[i] != '%')
      continue;
    int byte = escaped_byte(lib_span_sub(raw, i, raw.n));
    if (byte <= 0)
      return E_PROTO;
    slash |= byte == '/';
  }
  return slash ? E_NOENT : 0;
}

/* Length of `buf` without its last segment, up to and with the '/' before it. */
static size_t parent(const char *buf, size_t n) {
  if (n > 1)
    n--;
  while (n > 1 && buf[n - 1] != '/')
    n--;
  return n;
}

/* In place; `buf` begins with '/'. The output never overtakes the input. */
static size_t remove_dot_segments(char *buf, size_t n) {
  size_t out = 1, at = 1;
  while (at < n) {
    struct lib_span rest = {buf + at, n - at};
    size_t len = lib_span_find(rest, '/');
    struct lib_span segment = {rest.p, len};
    size_t whole = len < rest.n ? len + 1 : len;
    if (lib_span_eq(segment, LIB_SPAN(".."))) {
      out = parent(buf, out);
    } else if (!lib_span_eq(segment, LIB_SPAN("."))) {
      memmove(buf + out, segment.p, whole);
      out += whole;
    }
    at += whole;
  }
  return out;
}

/* Nearly all are as they should be: without an escape or a segment that begins
 * with a dot. */
static bool is_plain(struct lib_span raw) {
  for (size_t i = 1; i < raw.n; i++)
    if (raw.p[i] == '%' || (raw.p[i] == '.' && raw.p[i - 1] == '/'))
      return false;
  return true;
}

int http_path_decode(struct lib_span raw, char *buf, size_t cap, struct lib_span *path) {
  if (raw.n > cap)
    return E_LIMIT;
  if (raw.n == 0 || raw.p[0] != '/')
    return E_PROTO;
  *path = raw;
  if (is_plain(raw))
    return 0;
  int rc = check_escapes(raw);
  if (rc < 0)
    return rc;
  size_t n = (size_t)http_percent_decode(raw, false, buf);
  *path = (struct lib_span){buf, remove_dot_segments(buf, n)};
  return 0;
}

static bool stays(char c) {
  static const struct lib_span marks = {"-._~!$&'()*+,;=:@/", 18};
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         lib_span_find(marks, c) < marks.n;
}

void http_percent_encode(struct lib_out *o, struct lib_span s) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < s.n; i++) {
    unsigned char u = (unsigned char)s.p[i];
    if (stays(s.p[i])) {
      lib_out_char(o, s.p[i]);
      continue;
    }
    lib_out_char(o, '%');
    lib_out_char(o, digits[u >> 4]);
    lib_out_char(o, digits[u & 15]);
  }
}

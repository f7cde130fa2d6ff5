/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/chunked.h>
#include <lib/err.h>
#include <lib/limits.h>

enum state {
  SIZE_FIRST, /* a hex digit is due */
  SIZE,       /* more hex digits, or what ends them */
  EXTENSION,  /* ignored up to CR */
  SIZE_LF,    /* LF of the size line */
  DATA,
  DATA_CR, /* CR LF behind the data */
  DATA_LF,
  LINE_FIRST, /* first byte of a trailer line, or CR of the last line */
  LINE,       /* a trailer, ignored up to CR */
  LINE_LF,
  LAST_LF, /* LF of the empty line */
  DONE,
};

#define CHUNK_MAX (UINT64_MAX >> 5) /* another hex digit cannot overflow */

static int add_digit(struct http_chunked *d, char c) {
  if (d->left > CHUNK_MAX >> 4)
    return E_LIMIT;
  d->left = d->left << 4 | (unsigned)lib_hex_digit(c);
  d->state = SIZE;
  return 0;
}

static int expect(struct http_chunked *d, char c, char wanted, enum state next) {
  if (c != wanted)
    return E_PROTO;
  d->state = (uint8_t)next;
  return 0;
}

/* An extension or a trailer: text up to CR. A bare LF would be one line to
 * some and part of it to others. */
static int skip_text(struct http_chunked *d, char c, enum state behind) {
  unsigned char u = (unsigned char)c;
  if (c == '\r')
    d->state = (uint8_t)behind;
  else if ((u < ' ' && c != '\t') || u == 0x7f)
    return E_PROTO;
  return 0;
}

static int size_byte(struct http_chunked *d, char c) {
  if (lib_hex_digit(c) >= 0)
    return add_digit(d, c);
  if (d->state == SIZE_FIRST)
    return E_PROTO;
  if (c == '\r')
    d->state = SIZE_LF;
  else if (c == ';')
    d->state = EXTENSION;
  else
    return E_PROTO;
  return 0;
}

static int trailer_first(struct http_chunked *d, char c) {
  if (c == '\r') {
    d->state = LAST_LF;
    return 0;
  }
  if (c == ' ' || c == '\t' || c == ':')
    return E_PROTO;
  d->state = LINE;
  return skip_text(d, c, LINE_LF);
}

static int size_end(struct http_chunked *d, char c) {
  d->line = 0;
  return expect(d, c, '\n', d->left ? DATA : LINE_FIRST);
}

static int framing_byte(struct http_chunked *d, char c) {
  switch (d->state) {
  case SIZE_FIRST:
  case SIZE:
    return size_byte(d, c);
  case EXTENSION:
    return skip_text(d, c, SIZE_LF);
  case SIZE_LF:
    return size_end(d, c);
  case DATA_CR:
    return expect(d, c, '\r', DATA_LF);
  case DATA_LF:
    d->line = 0;
    return expect(d, c, '\n', SIZE_FIRST);
  case LINE_FIRST:
    return trailer_first(d, c);
  case LINE:
    return skip_text(d, c, LINE_LF);
  case LINE_LF:
    return expect(d, c, '\n', LINE_FIRST);
  default:
    return expect(d, c, '\n', DONE);
  }
}

static int check_line(struct http_chunked *d) {
  unsigned max = d->state >= LINE_FIRST ? HTTP_TRAILER_MAX : HTTP_CHUNK_LINE_MAX;
  return ++d->line > max ? E_LIMIT : 0;
}

static size_t take_data(struct http_chunked *d, struct lib_span rest, struct lib_span *data) {
  size_t n = rest.n < d->left ? rest.n : (size_t)d->left;
  *data = lib_span_sub(rest, 0, n);
  d->left -= n;
  if (d->left == 0)
    d->state = DATA_CR;
  return n;
}

int http_chunked_decode(struct http_chunked *d, struct lib_span in, struct lib_span *data) {
  size_t at = 0;
  *data = LIB_SPAN("");
  while (at < in.n && d->state != DONE) {
    if (d->state == DATA)
      return (int)(at + take_data(d, lib_span_sub(in, at, in.n), data));
    int rc = framing_byte(d, in.p[at++]);
    if (rc == 0)
      rc = check_line(d);
    if (rc < 0)
      return rc;
  }
  return (int)at;
}

bool http_chunked_done(const struct http_chunked *d) {
  return d->state == DONE;
}

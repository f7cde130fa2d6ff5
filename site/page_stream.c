/* SPDX-License-Identifier: BSD-2-Clause
 * /stream/:bytes: an answer of any size that is made as it is sent: lines of
 * STREAM_LINE bytes, each the offset of its first byte, the last one cut. */
#include "pages.h"

enum { STREAM_LINE = 64 };

struct stream {
  uint64_t at, size; /* bytes */
};

static void write_line(struct lib_out *out, uint64_t at, size_t n) {
  char line[STREAM_LINE];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_u64_pad(&o, at, STREAM_LINE - 1, '0');
  lib_out_char(&o, '\n');
  lib_out_span(out, (struct lib_span){line, n});
}

static int fill(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  struct stream *s = state;
  (void)now_ms, (void)wake_ms;
  while (s->at < s->size && out->cap - out->n >= STREAM_LINE) {
    uint64_t left = s->size - s->at;
    size_t n = left < STREAM_LINE ? (size_t)left : STREAM_LINE;
    write_line(out, s->at, n);
    s->at += n;
  }
  return s->at == s->size ? HTTP_STREAM_END : 0;
}

int site_page_stream(struct http_exchange *x) {
  uint64_t size;
  if (lib_span_u64(http_param(x, "bytes"), SITE_STREAM_MAX, &size) < 0)
    return E_NOENT;
  struct stream *s = http_reply_stream(x, 200, HTTP_TYPE_TEXT, fill, NULL, sizeof *s);
  if (s != NULL)
    s->size = size;
  return 0;
}

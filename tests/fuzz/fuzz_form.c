/* SPDX-License-Identifier: BSD-2-Clause
 * The form decoders: whole and byte by byte give the same fields. The first
 * line is the Content-Type, the rest the body. */
#include <http/form.h>
#include <lib/assert.h>
#include <lib/err.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(struct http_form *f, struct lib_span type, struct lib_span body, char *text,
                  size_t step) {
  int rc = http_form_init(f, type, text, body.n);
  for (size_t at = 0; at < body.n && rc == 0; at += step)
    rc = http_form_feed(f, lib_span_sub(body, at, at + step));
  return rc == 0 ? http_form_end(f) : rc;
}

static bool same(const struct http_form *a, struct http_form_text at, const struct http_form *b,
                 struct http_form_text bt) {
  return lib_span_eq(http_form_span(a, at), http_form_span(b, bt));
}

static void compare(const struct http_form *a, const struct http_form *b) {
  LIB_ASSERT(a->fields_n == b->fields_n && a->fields_n <= HTTP_FORM_FIELDS_MAX);
  for (uint32_t i = 0; i < a->fields_n; i++) {
    LIB_ASSERT(same(a, a->fields[i].name, b, b->fields[i].name));
    LIB_ASSERT(same(a, a->fields[i].value, b, b->fields[i].value));
    LIB_ASSERT(same(a, a->fields[i].filename, b, b->fields[i].filename));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct http_form whole, bytes;
  struct lib_span in = {(const char *)data, size};
  size_t end = lib_span_find(in, '\n');
  struct lib_span type = lib_span_sub(in, 0, end), body = lib_span_sub(in, end + 1, size);
  char *a = malloc(body.n + 1), *b = malloc(body.n + 1);
  LIB_ASSERT(a != NULL && b != NULL);
  int rc = decode(&whole, type, body, a, body.n + 1);
  LIB_ASSERT(decode(&bytes, type, body, b, 1) == rc);
  LIB_ASSERT(rc != E_LIMIT || whole.fields_n == HTTP_FORM_FIELDS_MAX ||
             whole.head_n == HTTP_PART_HEAD_MAX);
  if (rc == 0)
    compare(&whole, &bytes);
  free(a);
  free(b);
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The request head, and what reads its fields. A head must end at one place
 * only, and a decoded path must stay below the root. */
#include <http/condition.h>
#include <http/negotiate.h>
#include <http/path.h>
#include <http/range.h>
#include <lib/assert.h>
#include <lib/err.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http_request r;

/* A copy of just `n` bytes, so that a read behind them is seen. */
static int parse_copy(const uint8_t *data, size_t n) {
  static char *copy;
  free(copy);
  copy = malloc(n ? n : 1);
  LIB_ASSERT(copy != NULL);
  if (n)
    memcpy(copy, data, n);
  return http_request_parse((struct lib_span){copy, n}, &r);
}

static void check_path(void) {
  char buf[HTTP_TARGET_MAX];
  struct lib_span path, segment;
  if (http_path_decode(r.path, buf, sizeof buf, &path) != 0)
    return;
  LIB_ASSERT(path.n > 0 && path.p[0] == '/' && lib_span_find(path, '\0') == path.n);
  while (lib_span_split(&path, '/', &segment))
    LIB_ASSERT(!lib_span_eq(segment, LIB_SPAN("..")) && !lib_span_eq(segment, LIB_SPAN(".")));
}

static void read_fields(void) {
  static const struct http_validators v = {{"\"tag\"", 5}, 784111777, 1700000000};
  struct http_codings codings;
  struct http_ranges ranges;
  http_negotiate_read(&r, &codings);
  unsigned status = http_condition_check(&r, &v);
  LIB_ASSERT(status == 200 || status == 304 || status == 412);
  http_condition_range(&r, &v);
  int n = http_range_parse(http_request_field(&r, LIB_SPAN("range")), 1000, &ranges);
  for (int i = 0; i < n; i++)
    LIB_ASSERT(ranges.r[i].n > 0 && ranges.r[i].from + ranges.r[i].n <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int n = parse_copy(data, size);
  if (n < 0) {
    LIB_ASSERT(n == E_AGAIN || (n == E_PROTO && r.status >= 400 && r.status < 600));
    return 0;
  }
  LIB_ASSERT(n > 0 && (size_t)n <= size && r.fields_n <= HTTP_FIELDS_MAX);
  LIB_ASSERT(!(r.chunked && r.content_length));
  check_path();
  read_fields();
  LIB_ASSERT(parse_copy(data, (size_t)n - 1) == E_AGAIN);
  LIB_ASSERT(parse_copy(data, (size_t)n) == n);
  return 0;
}

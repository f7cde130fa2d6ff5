/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/range.h>
#include <lib/err.h>

/* A position; one that is too large to matter becomes UINT32_MAX. */
static int parse_position(struct lib_span s, uint32_t *out) {
  uint64_t value;
  int rc = lib_span_u64(s, UINT32_MAX, &value);
  if (rc == E_PROTO)
    return E_PROTO;
  *out = rc == E_LIMIT ? UINT32_MAX : (uint32_t)value;
  return 0;
}

/* "-n": the last n bytes. */
static int parse_suffix(struct lib_span s, uint32_t size, struct http_range *out) {
  uint32_t n;
  if (parse_position(s, &n) < 0)
    return E_PROTO;
  if (n > size)
    n = size;
  *out = (struct http_range){size - n, n};
  return n ? 0 : E_NOENT;
}

/* One range-spec.
 * errors   E_PROTO   malformed
 *          E_NOENT   cannot be satisfied */
static int parse_spec(struct lib_span s, uint32_t size, struct http_range *out) {
  size_t dash = lib_span_find(s, '-');
  struct lib_span first = lib_span_sub(s, 0, dash), last = lib_span_sub(s, dash + 1, s.n);
  uint32_t from, to = UINT32_MAX;
  if (dash == s.n)
    return E_PROTO;
  if (first.n == 0)
    return parse_suffix(last, size, out);
  if (parse_position(first, &from) < 0 || (last.n && parse_position(last, &to) < 0) || to < from)
    return E_PROTO;
  if (from >= size)
    return E_NOENT;
  if (to >= size)
    to = size - 1;
  *out = (struct http_range){from, to - from + 1};
  return 0;
}

static bool touches(struct http_range a, struct http_range b) {
  return a.from <= (uint64_t)b.from + b.n && b.from <= (uint64_t)a.from + a.n;
}

static struct http_range join(struct http_range a, struct http_range b) {
  uint32_t from = a.from < b.from ? a.from : b.from;
  uint32_t a_end = a.from + a.n, b_end = b.from + b.n;
  return (struct http_range){from, (a_end > b_end ? a_end : b_end) - from};
}

/* Add `r`, taking in every range it touches; the order asked for is kept. */
static void add(struct http_ranges *out, struct http_range r) {
  unsigned at = out->n, kept = 0;
  for (unsigned i = 0; i < out->n; i++) {
    if (touches(out->r[i], r)) {
      r = join(out->r[i], r);
      at = at < kept ? at : kept;
    } else {
      out->r[kept++] = out->r[i];
    }
  }
  if (at > kept)
    at = kept;
  for (unsigned i = kept; i > at; i--)
    out->r[i] = out->r[i - 1];
  out->r[at] = r;
  out->n = kept + 1;
}

int http_range_parse(struct lib_span value, uint32_t size, struct http_ranges *out) {
  static const struct lib_span unit = {"bytes=", 6};
  struct lib_span rest = lib_span_sub(value, unit.n, value.n), spec;
  unsigned seen = 0;
  out->n = 0;
  if (value.n <= unit.n || !lib_span_ieq(lib_span_sub(value, 0, unit.n), unit))
    return E_PROTO;
  while (lib_span_split(&rest, ',', &spec)) {
    struct http_range range;
    if (++seen > HTTP_RANGES_MAX)
      return E_LIMIT;
    int rc = parse_spec(lib_span_trim(spec), size, &range);
    if (rc == E_PROTO)
      return E_PROTO;
    if (rc == 0)
      add(out, range);
  }
  return (int)out->n;
}

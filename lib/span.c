/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/err.h>
#include <lib/span.h>

#include <string.h>

struct lib_span lib_span_str(const char *s) {
  return (struct lib_span){s, strlen(s)};
}

bool lib_span_eq(struct lib_span a, struct lib_span b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool is_letter(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

bool lib_span_ieq(struct lib_span a, struct lib_span b) {
  if (a.n != b.n)
    return false;
  for (size_t i = 0; i < a.n; i++)
    if (a.p[i] != b.p[i] && ((a.p[i] ^ b.p[i]) != 0x20 || !is_letter(a.p[i])))
      return false;
  return true;
}

bool lib_span_starts(struct lib_span s, struct lib_span prefix) {
  return s.n >= prefix.n && lib_span_eq(lib_span_sub(s, 0, prefix.n), prefix);
}

/* Sixteen bytes at a time: a head is searched for many ends. */
size_t lib_span_find(struct lib_span s, char c) {
  typedef char v16 __attribute__((vector_size(16), aligned(1), may_alias));
  const v16 wanted = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
  size_t i = 0;
  for (; s.n - i >= sizeof wanted; i += sizeof wanted) {
    int found = __builtin_ia32_pmovmskb128(*(const v16 *)(s.p + i) == wanted);
    if (found)
      return i + (size_t)__builtin_ctz((unsigned)found);
  }
  while (i < s.n && s.p[i] != c)
    i++;
  return i;
}

struct lib_span lib_span_sub(struct lib_span s, size_t from, size_t to) {
  if (to > s.n)
    to = s.n;
  if (from > to)
    from = to;
  return (struct lib_span){from ? s.p + from : s.p, to - from}; /* p may be NULL */
}

static bool is_ows(char c) {
  return c == ' ' || c == '\t';
}

struct lib_span lib_span_trim(struct lib_span s) {
  while (s.n && is_ows(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n && is_ows(s.p[s.n - 1]))
    s.n--;
  return s;
}

bool lib_span_split(struct lib_span *rest, char sep, struct lib_span *part) {
  if (rest->p == NULL)
    return false;
  size_t at = lib_span_find(*rest, sep);
  *part = lib_span_sub(*rest, 0, at);
  *rest = at < rest->n ? lib_span_sub(*rest, at + 1, rest->n) : (struct lib_span){NULL, 0};
  return true;
}

int lib_span_u64(struct lib_span s, uint64_t max, uint64_t *out) {
  uint64_t v = 0;
  if (s.n == 0)
    return E_PROTO;
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] < '0' || s.p[i] > '9')
      return E_PROTO;
  for (size_t i = 0; i < s.n; i++) {
    uint64_t digit = (uint64_t)(s.p[i] - '0');
    if (digit > max || v > (max - digit) / 10)
      return E_LIMIT;
    v = v * 10 + digit;
  }
  *out = v;
  return 0;
}

int lib_hex_digit(char c) {
  char letter = c | 0x20;
  if (c >= '0' && c <= '9')
    return c - '0';
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : E_PROTO;
}

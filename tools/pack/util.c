/* SPDX-License-Identifier: BSD-2-Clause */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_SHOWN 20 /* more are only counted */

static unsigned problems_n;

void *util_alloc(size_t bytes) {
  void *p = calloc(1, bytes ? bytes : 1);
  if (!p)
    util_die("out of memory");
  return p;
}

/* Capacity is the next power of two, so that it need not be kept. */
void *util_grow(void *p, size_t n, size_t size) {
  if ((n & (n - 1)) != 0)
    return p;
  p = realloc(p, (n ? 2 * n : 1) * size);
  if (!p)
    util_die("out of memory");
  return p;
}

void util_sort(void *p, size_t n, size_t size, int (*compare)(const void *, const void *)) {
  if (n > 1)
    qsort(p, n, size, compare);
}

static char *format_list(const char *format, va_list list) {
  va_list again;
  va_copy(again, list);
  int n = vsnprintf(NULL, 0, format, list);
  char *s = util_alloc((size_t)n + 1);
  vsnprintf(s, (size_t)n + 1, format, again);
  va_end(again);
  return s;
}

char *util_format(const char *format, ...) {
  va_list list;
  va_start(list, format);
  char *s = format_list(format, list);
  va_end(list);
  return s;
}

char *util_copy(const char *p, size_t n) {
  char *s = util_alloc(n + 1);
  memcpy(s, p, n);
  return s;
}

void util_buf_add(struct util_buf *b, const void *p, size_t n) {
  if (b->cap - b->n < n + 1) {
    b->cap = 2 * b->cap + n + 64;
    b->p = realloc(b->p, b->cap);
    if (!b->p)
      util_die("out of memory");
  }
  if (n)
    memcpy(b->p + b->n, p, n);
  b->n += n;
}

void util_buf_str(struct util_buf *b, const char *s) {
  util_buf_add(b, s, strlen(s));
}

void util_buf_format(struct util_buf *b, const char *format, ...) {
  va_list list;
  va_start(list, format);
  char *s = format_list(format, list);
  va_end(list);
  util_buf_str(b, s);
  free(s);
}

char *util_buf_text(struct util_buf *b) {
  util_buf_add(b, "", 0);
  b->p[b->n] = '\0';
  return b->p;
}

bool util_starts(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool util_ends(const char *s, const char *suffix) {
  size_t n = strlen(s), k = strlen(suffix);
  return n >= k && strcmp(s + n - k, suffix) == 0;
}

char *util_encode_path(const char *s) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "-._~!$&'()*+,;=:@/";
  struct util_buf b = {0};
  for (; *s; s++) {
    if (strchr(plain, *s))
      util_buf_add(&b, s, 1);
    else
      util_buf_format(&b, "%%%02X", (unsigned char)*s);
  }
  return util_buf_text(&b);
}

void util_buf_html(struct util_buf *b, const char *s) {
  for (; *s; s++) {
    switch (*s) {
    case '&':
      util_buf_str(b, "&amp;");
      break;
    case '<':
      util_buf_str(b, "&lt;");
      break;
    case '>':
      util_buf_str(b, "&gt;");
      break;
    case '"':
      util_buf_str(b, "&quot;");
      break;
    case '\'':
      util_buf_str(b, "&#39;");
      break;
    default:
      util_buf_add(b, s, 1);
    }
  }
}

/* One line on stderr. Names come from outside: a terminal gets no controls. */
static void print(const char *format, va_list list) {
  char *s = format_list(format, list);
  for (char *c = s; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f)
      *c = '?';
  fprintf(stderr, "thimble-pack: %s\n", s);
  free(s);
}

void util_notice(const char *format, ...) {
  va_list list;
  va_start(list, format);
  print(format, list);
  va_end(list);
}

void util_problem(const char *format, ...) {
  if (problems_n++ >= PROBLEMS_SHOWN)
    return;
  va_list list;
  va_start(list, format);
  print(format, list);
  va_end(list);
}

void util_stop_on_problems(void) {
  if (problems_n > PROBLEMS_SHOWN)
    fprintf(stderr, "thimble-pack: and %u more\n", problems_n - PROBLEMS_SHOWN);
  if (problems_n > 0) {
    fprintf(stderr, "thimble-pack: nothing is written\n");
    exit(1);
  }
}

void util_die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  print(format, list);
  va_end(list);
  exit(1);
}

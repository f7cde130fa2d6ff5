/* SPDX-License-Identifier: BSD-2-Clause
 * What every part of the packer uses: memory, growing arrays, text, messages.
 * The packer runs once and ends: memory that it takes is never given back, and
 * a failed allocation ends it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTIL_PRINTF(at) __attribute__((format(printf, at, at + 1)))

/* Zeroed memory. */
void *util_alloc(size_t bytes);

/* Room for one more element behind the `n` elements of `size` bytes at `p`;
 * `n` and `p` are the caller's, who uses the result in place of `p`. */
void *util_grow(void *p, size_t n, size_t size);

/* Append a value to an array kept as a pair of pointer and count. */
#define UTIL_PUSH(array, n, value)                                                                 \
  do {                                                                                             \
    (array) = util_grow((array), (n), sizeof *(array));                                            \
    (array)[(n)++] = (value);                                                                      \
  } while (0)

/* qsort(3), also of nothing. */
void util_sort(void *p, size_t n, size_t size, int (*compare)(const void *, const void *));

/* Formatted text in new memory. */
char *util_format(const char *format, ...) UTIL_PRINTF(1);
char *util_copy(const char *p, size_t n);

/* Bytes that grow at their end. */
struct util_buf {
  char *p;
  size_t n, cap;
};
void util_buf_add(struct util_buf *b, const void *p, size_t n);
void util_buf_str(struct util_buf *b, const char *s);
void util_buf_format(struct util_buf *b, const char *format, ...) UTIL_PRINTF(2);
/* The contents with a NUL behind them, valid until the next addition. */
char *util_buf_text(struct util_buf *b);

/* Text that begins or ends with another. */
bool util_starts(const char *s, const char *prefix);
bool util_ends(const char *s, const char *suffix);

/* `s` as a path inside a URI: all that RFC 3986 3.3 does not allow there is
 * percent-encoded. */
char *util_encode_path(const char *s);

/* Add `s` with the characters escaped that mean something in HTML. */
void util_buf_html(struct util_buf *b, const char *s);

/* Say that something is left out or overruled: the pack is made all the same. */
void util_notice(const char *format, ...) UTIL_PRINTF(1);

/* Name something that cannot be packed: no pack will be written. All problems
 * of a kind are named in one run. */
void util_problem(const char *format, ...) UTIL_PRINTF(1);

/* End with status 1 when there were problems. */
void util_stop_on_problems(void);

/* Say why, and end with status 1. */
_Noreturn void util_die(const char *format, ...) UTIL_PRINTF(1);

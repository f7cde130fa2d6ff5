/* SPDX-License-Identifier: BSD-2-Clause
 * Input whose last byte is the last of a page, with nothing readable behind:
 * a parser that looks one byte too far is caught. */
#pragma once

#include <lib/span.h>

#include <string.h>
#include <sys/mman.h>

#define GUARD_BYTES (64 * 1024)

/* `s` copied against the guard page; valid until the next call. */
static inline struct lib_span guard(struct lib_span s) {
  static char *end;
  if (end == NULL) {
    char *p =
        mmap(NULL, GUARD_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    end = p + GUARD_BYTES;
    mprotect(end, 4096, PROT_NONE);
  }
  memcpy(end - s.n, s.p, s.n);
  return (struct lib_span){end - s.n, s.n};
}

static inline struct lib_span guard_str(const char *s) {
  return guard(lib_span_str(s));
}

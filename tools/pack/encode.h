/* SPDX-License-Identifier: BSD-2-Clause
 * The gzip and brotli variants of a file. How hard they try depends on nothing
 * but the size of the whole site, so that the same site gives the same bytes:
 * up to 2 MB zopfli and brotli 11, up to 64 MB zlib 9 and brotli 9, above that
 * zlib 6 and brotli 5. A cache folder saves repeating what was done before. */
#pragma once

#include "util.h"

#include <lib/pack.h>

/* A 128-bit name of some bytes: as good as distinct for distinct bytes. */
struct encode_digest {
  uint64_t a, b;
};
struct encode_digest encode_digest(const void *p, size_t n);

struct encoder {
  const char *cache; /* folder, made when missing; NULL: none */
  unsigned codings;  /* wanted: a bit for each enum lib_pack_coding */
  unsigned effort;   /* 0 to 2 */
};

/* cache        folder or NULL
 * codings      wanted: a bit for each enum lib_pack_coding
 * total_bytes  of all files that will be offered */
void encode_init(struct encoder *e, const char *cache, unsigned codings, uint64_t total_bytes);

/* Encode `n` bytes into `out`.
 *
 * returns  false when the coding is not wanted, or gains less than 365 bytes (a
 *          quarter of a packet) or 5 %: `out` is then of no meaning */
bool encode_try(const struct encoder *e, enum lib_pack_coding coding, const void *p, size_t n,
                struct util_buf *out);

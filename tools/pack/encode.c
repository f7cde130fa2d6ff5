/* SPDX-License-Identifier: BSD-2-Clause
 * A cache entry is a file that holds the encoded bytes, or nothing when they
 * were not worth keeping. Its name tells everything that the bytes depend on. */
#include "encode.h"

#include <brotli/encode.h>
#include <errno.h>
#include <lib/siphash.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zopfli/zopfli.h>

#define ZOPFLI_MAX (256u * 1024) /* longer files take zlib 9 */
#define PROBE_BYTES (64u * 1024)
#define GAIN_MIN 1024u /* bytes a variant must save at least, and a twentieth: 2/3 packet */

static const int zlib_levels[] = {9, 9, 6};
static const int brotli_levels[] = {11, 9, 5};

struct encode_digest encode_digest(const void *p, size_t n) {
  static const struct lib_siphash_key keys[2] = {{0x7468696d626c6531, 0}, {0x7468696d626c6532, 0}};
  return (struct encode_digest){lib_siphash(&keys[0], p, n), lib_siphash(&keys[1], p, n)};
}

/* The encoders take and give back megabytes for each file: without this the
 * system would be asked for fresh pages each time, which costs more than the
 * coding of a small file. */
static void keep_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

void encode_init(struct encoder *e, const char *cache, unsigned codings, uint64_t total_bytes) {
  keep_memory();
  e->cache = cache;
  e->codings = codings;
  e->effort = total_bytes <= 2u << 20 ? 0 : total_bytes <= 64u << 20 ? 1 : 2;
  if (cache && mkdir(cache, 0777) != 0 && errno != EEXIST)
    util_die("cannot make the cache folder %s (%s)", cache, strerror(errno));
}

static void reserve(struct util_buf *out, size_t n) {
  out->p = malloc(n ? n : 1);
  if (!out->p)
    util_die("out of memory");
  out->cap = n;
  out->n = 0;
}

static void zlib_encode(int level, const void *p, size_t n, struct util_buf *out) {
  z_stream z = {0};
  /* 15 + 16: the largest window, and gzip's frame, whose time stays 0. */
  if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    util_die("out of memory");
  reserve(out, deflateBound(&z, n));
  z.next_in = (void *)p;
  z.avail_in = (uInt)n;
  z.next_out = (void *)out->p;
  z.avail_out = (uInt)out->cap;
  if (deflate(&z, Z_FINISH) != Z_STREAM_END)
    util_die("zlib failed");
  out->n = z.total_out;
  deflateEnd(&z);
}

static void zopfli_encode(const void *p, size_t n, struct util_buf *out) {
  ZopfliOptions options;
  ZopfliInitOptions(&options);
  options.numiterations = 5; /* more gain a few bytes in ten thousand */
  unsigned char *bytes = NULL;
  size_t bytes_n = 0;
  ZopfliCompress(&options, ZOPFLI_FORMAT_GZIP, p, n, &bytes, &bytes_n);
  out->p = (char *)bytes;
  out->n = out->cap = bytes_n;
}

static void brotli_encode(int level, const void *p, size_t n, struct util_buf *out) {
  reserve(out, BrotliEncoderMaxCompressedSize(n) + 64);
  out->n = out->cap;
  if (!BrotliEncoderCompress(level, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, n, p, &out->n,
                             (void *)out->p))
    util_die("brotli failed");
}

static bool worth(size_t n, size_t encoded_n) {
  return encoded_n < n && n - encoded_n >= GAIN_MIN && n - encoded_n >= n / 20;
}

/* What looks like noise at its beginning is not tried in whole. */
static bool looks_like_noise(const void *p, size_t n) {
  if (n <= PROBE_BYTES)
    return false;
  struct util_buf probe;
  zlib_encode(1, p, PROBE_BYTES, &probe);
  bool noise = !worth(PROBE_BYTES, probe.n);
  free(probe.p);
  return noise;
}

static void encode(const struct encoder *e, enum lib_pack_coding coding, const void *p, size_t n,
                   struct util_buf *out) {
  if (coding == LIB_PACK_BR)
    brotli_encode(brotli_levels[e->effort], p, n, out);
  else if (e->effort == 0 && n <= ZOPFLI_MAX)
    zopfli_encode(p, n, out);
  else
    zlib_encode(zlib_levels[e->effort], p, n, out);
}

static char *cache_name(const struct encoder *e, enum lib_pack_coding coding, const void *p,
                        size_t n) {
  struct encode_digest d = encode_digest(p, n);
  return util_format("%s/%016llx%016llx-%zu-%s-%u-%s-%08x", e->cache, (unsigned long long)d.a,
                     (unsigned long long)d.b, n, coding == LIB_PACK_BR ? "br" : "gz", e->effort,
                     zlibVersion(), BrotliEncoderVersion());
}

static bool cache_read(const char *name, struct util_buf *out) {
  struct stat st;
  FILE *f = fopen(name, "rb");
  if (!f)
    return false;
  bool ok = fstat(fileno(f), &st) == 0;
  if (ok) {
    reserve(out, (size_t)st.st_size);
    out->n = out->cap;
    ok = fread(out->p, 1, out->n, f) == out->n;
  }
  fclose(f);
  return ok;
}

/* A cache that cannot be written is no reason to stop. */
static void cache_write(const char *name, const struct util_buf *b, bool keep) {
  char *part = util_format("%s.%ld", name, (long)getpid());
  FILE *f = fopen(part, "wb");
  bool ok = f && (!keep || fwrite(b->p, 1, b->n, f) == b->n);
  if (f && fclose(f) == 0 && ok)
    ok = rename(part, name) == 0;
  if (!ok)
    unlink(part);
  free(part);
}

/* Give back what was reserved for the worst case. */
static void shrink(struct util_buf *out) {
  char *p = realloc(out->p, out->n);
  out->p = p ? p : out->p;
  out->cap = out->n;
}

bool encode_try(const struct encoder *e, enum lib_pack_coding coding, const void *p, size_t n,
                struct util_buf *out) {
  if (!(e->codings & 1u << coding) || n <= GAIN_MIN || n > UINT32_MAX / 2 || looks_like_noise(p, n))
    return false;
  char *name = e->cache ? cache_name(e, coding, p, n) : NULL;
  bool cached = name && cache_read(name, out);
  if (!cached)
    encode(e, coding, p, n, out);
  bool keep = out->n > 0 && worth(n, out->n);
  if (name && !cached)
    cache_write(name, out, keep);
  free(name);
  if (!keep)
    free(out->p);
  else
    shrink(out);
  return keep;
}

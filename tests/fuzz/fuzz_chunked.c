/* SPDX-License-Identifier: BSD-2-Clause
 * The chunked decoder: whole and byte by byte give the same data and the same
 * verdict. */
#include <http/chunked.h>
#include <lib/assert.h>
#include <lib/err.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
  char *data;
  size_t data_n, used;
  int rc; /* 0: wants more or done */
  bool done;
};

static void decode(struct result *r, const uint8_t *data, size_t size, size_t step) {
  struct http_chunked d = {0};
  struct lib_span piece;
  *r = (struct result){.data = malloc(size + 1)};
  LIB_ASSERT(r->data != NULL);
  while (r->used < size && !http_chunked_done(&d)) {
    size_t n = size - r->used < step ? size - r->used : step;
    int k = http_chunked_decode(&d, (struct lib_span){(const char *)data + r->used, n}, &piece);
    if (k < 0) {
      r->rc = k;
      return;
    }
    LIB_ASSERT(k > 0 && (size_t)k <= n && piece.n <= (size_t)k);
    memcpy(r->data + r->data_n, piece.p, piece.n);
    r->data_n += piece.n;
    r->used += (size_t)k;
  }
  r->done = http_chunked_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct result whole, bytes;
  decode(&whole, data, size, size);
  decode(&bytes, data, size, 1);
  LIB_ASSERT(whole.rc == bytes.rc && whole.done == bytes.done);
  LIB_ASSERT(whole.rc != 0 || whole.used == bytes.used);
  LIB_ASSERT(whole.data_n == bytes.data_n);
  LIB_ASSERT(memcmp(whole.data, bytes.data, whole.data_n) == 0);
  free(whole.data);
  free(bytes.data);
  return 0;
}

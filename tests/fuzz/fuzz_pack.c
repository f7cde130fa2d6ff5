/* SPDX-License-Identifier: BSD-2-Clause
 * The pack reader on any bytes: what it opens must be safe to look through. */
#include <stdlib.h>

#include "../unit/sample_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct http_pack pack;
  const char *why = NULL;
  char *copy = malloc(n ? n : 1); /* of just this size, and aligned */
  memcpy(copy, data, n);
  int rc = http_pack_open(&pack, (struct lib_span){copy, n}, &why);
  if ((rc == 0) != (why == NULL))
    abort();
  if (rc == 0) {
    http_pack_verify(&pack, &why);
    sample_walk(&pack);
  }
  free(copy);
  return 0;
}

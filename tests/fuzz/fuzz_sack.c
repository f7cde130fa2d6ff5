/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a header's options, and as what happens to a sender. */
#include "../unit/sack_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  uint32_t block[NET_SACK_BLOCKS][2];
  if (net_sack_options(data, n < 40 ? (unsigned)n : 40, block) > NET_SACK_BLOCKS)
    abort();
  model_run(data, n);
  return 0;
}

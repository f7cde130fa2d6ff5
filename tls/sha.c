/* SPDX-License-Identifier: BSD-2-Clause
 * One block of SHA-256 by OpenSSL's assembly, which takes the CPU's SHA
 * instructions where there are some (MBEDTLS_SHA256_PROCESS_ALT). */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/sha256.h>

void sha256_block_data_order(uint32_t state[8], const unsigned char *in, size_t blocks);

int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64]) {
  sha256_block_data_order(ctx->state, data, 1);
  return 0;
}

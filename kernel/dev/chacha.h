/* SPDX-License-Identifier: BSD-2-Clause
 * The ChaCha20 block function (RFC 8439 2.3). */
#pragma once

#include <stdint.h>

/* out = block `counter` under `key`, nonce 0. */
void chacha_block(const uint32_t key[8], uint32_t counter, uint32_t out[16]);

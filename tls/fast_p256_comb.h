/* SPDX-License-Identifier: BSD-2-Clause
 * P-256's numbers and points as ecp_nistz256 has them. */
#pragma once

#include <stdint.h>

#define TLS_P256_TEETH 6
#define TLS_P256_SPACING 43 /* bits between two teeth */

typedef uint64_t tls_p256_number[4]; /* little-endian words */

struct tls_p256_affine {
  tls_p256_number x, y; /* all zero: infinity */
};

/* For ecp_nistz256_gather_w7, which counts from 1. */
extern const struct tls_p256_affine tls_p256_comb[1 << TLS_P256_TEETH];

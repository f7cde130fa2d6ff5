/* SPDX-License-Identifier: BSD-2-Clause
 * SipHash-2-4, a keyed hash of short inputs (Aumasson and Bernstein, 2012). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lib_siphash_key {
  uint64_t k0, k1;
};

/* 64-bit SipHash-2-4 of `n` bytes under a 128-bit key. */
uint64_t lib_siphash(const struct lib_siphash_key *key, const void *p, size_t n);

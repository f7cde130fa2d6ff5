/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum (RFC 1071). Private to net/. */
#pragma once

#include <stdint.h>

/* The ones' complement sum of `n` bytes as 16-bit words in the CPU's order, an
 * odd byte at the end padded with 0; not inverted. */
uint16_t net_checksum(const void *bytes, int n);

/* Of an IPv4 header without options (RFC 791 3.1): the same, with carries that
 * have yet to come around. */
static inline uint64_t net_checksum_ip4(const uint32_t word[5]) {
  return (uint64_t)word[0] + word[1] + word[2] + word[3] + word[4];
}

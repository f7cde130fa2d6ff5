/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum (RFC 1071). Private to net/. */
#pragma once

#include <stdint.h>

/* The ones' complement sum of `n` bytes as 16-bit words in the CPU's order, an
 * odd byte at the end padded with 0; not inverted. */
uint16_t net_checksum(const void *bytes, int n);

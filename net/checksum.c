/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum (RFC 1071) of lwIP's packets: as a rule of 20 bytes of
 * IP header, since cards make the others. */
#include "checksum.h"

#include <string.h>

uint16_t net_checksum(const void *bytes, int n) {
  const char *p = bytes;
  uint64_t sum = 0, eight;
  uint32_t four;
  uint16_t two;
  for (; n >= 8; n -= 8, p += 8) {
    memcpy(&eight, p, 8);
    sum += eight;
    sum += sum < eight; /* the carry comes around */
  }
  sum = (sum >> 32) + (uint32_t)sum; /* from here there is room for carries */
  if (n & 4) {
    memcpy(&four, p, 4);
    sum += four;
    p += 4;
  }
  if (n & 2) {
    memcpy(&two, p, 2);
    sum += two;
    p += 2;
  }
  if (n & 1)
    sum += (unsigned char)*p;
  sum = (sum >> 32) + (uint32_t)sum;
  while (sum >> 16)
    sum = (sum >> 16) + (uint16_t)sum;
  return (uint16_t)sum;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "offload.h"

#include <string.h>

#include "checksum.h"

enum { ETHERNET = 14, TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TCP = 6, UDP = 17 };

static uint32_t be16(const uint8_t *p) {
  return (uint32_t)p[0] << 8 | p[1];
}

bool net_layout_read(const uint8_t *f, uint32_t n, struct net_layout *l) {
  if (n >= ETHERNET + 20 && be16(f + 12) == TYPE_IP4) {
    uint32_t header = (f[ETHERNET] & 15u) * 4;
    *l = (struct net_layout){ETHERNET + 12, 8, ETHERNET + header, be16(f + ETHERNET + 2) - header,
                             f[ETHERNET + 9]};
    return true;
  }
  if (n >= ETHERNET + 40 && be16(f + 12) == TYPE_IP6) {
    *l = (struct net_layout){ETHERNET + 8, 32, ETHERNET + 40, be16(f + ETHERNET + 4),
                             f[ETHERNET + 6]};
    return true;
  }
  return false;
}

/* The sum of an IPv4 header of 20 bytes is right: all ones, which is 0 modulo
 * 2^16 - 1 (RFC 1071 2). A header is never all 0. */
static bool is_summed(const uint8_t *ip) {
  uint32_t word[5];
  memcpy(word, ip, sizeof word);
  return net_checksum_ip4(word) % 0xffff == 0;
}

bool net_layout_is_plain(const uint8_t *f, uint32_t n, const struct net_layout *l) {
  if (l->transport > n || l->transport_n > n - l->transport)
    return false;
  if (l->addresses_n == 32)
    return f[ETHERNET] >> 4 == 6;
  return f[ETHERNET] == 0x45 && (be16(f + ETHERNET + 6) & 0x3fff) == 0 && /* MF, offset */
         is_summed(f + ETHERNET);
}

static uint16_t pseudo_sum(const uint8_t *f, const struct net_layout *l) {
  uint32_t sum = net_checksum(f + l->addresses, (int)l->addresses_n);
  sum += __builtin_bswap16(l->protocol) + __builtin_bswap16((uint16_t)l->transport_n);
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

static void segment(const uint8_t *frame, const struct net_layout *l, uint16_t mss,
                    struct kernel_netdev_tx *tx) {
  uint32_t header = (frame[l->transport + 12] >> 4) * 4u;
  if (mss == 0 || l->transport_n <= header + mss)
    return;
  tx->segment_bytes = mss;
  tx->header_bytes = (uint16_t)(l->transport + header);
  tx->ip6 = l->addresses_n == 32;
}

void net_offload_prepare(uint8_t *frame, uint32_t n, const struct net_layout *l, uint16_t mss,
                         struct kernel_netdev_tx *tx) {
  uint32_t field = l->protocol == TCP ? 16 : 6;
  if ((l->protocol != TCP && l->protocol != UDP) || l->transport + field + 2 > n)
    return;
  uint16_t sum = pseudo_sum(frame, l);
  memcpy(frame + l->transport + field, &sum, sizeof sum);
  tx->checksum_start = (uint16_t)l->transport;
  tx->checksum_offset = (uint16_t)field;
  if (l->protocol == TCP)
    segment(frame, l, mss, tx);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Random numbers for lwIP, and initial sequence numbers that nobody outside
 * can predict: a clock plus a keyed hash of the connection (RFC 6528 3). */
#include <kernel/clock.h>
#include <kernel/entropy.h>
#include <lib/siphash.h>
#include <lwip/ip_addr.h>
#include <string.h>

#include "netif.h"

uint32_t net_random(void) {
  uint32_t v;
  kernel_entropy_read(&v, sizeof v);
  return v;
}

void net_ip_bytes(uint8_t out[16], const ip_addr_t *ip) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (IP_IS_V6(ip)) {
    memcpy(out, ip_2_ip6(ip)->addr, 16);
    return;
  }
  memcpy(out, mapped, sizeof mapped);
  memcpy(out + 12, &ip_2_ip4(ip)->addr, 4);
}

/* The addresses of a connection, as short as they are: 8 bytes, or 32. */
static size_t put_addresses(uint8_t *out, const ip_addr_t *local, const ip_addr_t *remote) {
  size_t n = IP_IS_V6(local) ? 16 : 4; /* either is its first member */
  memcpy(out, local, n);
  memcpy(out + n, remote, n);
  return 2 * n;
}

uint32_t net_tcp_isn(const void *local_ip, uint16_t local_port, const void *remote_ip,
                     uint16_t remote_port) {
  static struct lib_siphash_key key;
  uint8_t connection[36];
  if (key.k0 == 0)
    kernel_entropy_read(&key, sizeof key);
  size_t n = put_addresses(connection, local_ip, remote_ip);
  memcpy(connection + n, &local_port, 2);
  memcpy(connection + n + 2, &remote_port, 2);
  uint32_t clock_4us = (uint32_t)(kernel_clock_ns() / 4000);
  return clock_4us + (uint32_t)lib_siphash(&key, connection, n + 4);
}

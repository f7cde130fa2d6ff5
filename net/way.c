/* SPDX-License-Identifier: BSD-2-Clause */
#include "way.h"

#include <lwip/etharp.h>
#include <lwip/ip4.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <memstat/memstat.h>
#include <string.h>

#include "checksum.h"
#include "netif.h"
#include "offload.h"

enum { LASTS_MS = 500, HEADERS = SIZEOF_ETH_HDR + IP_HLEN };

static struct {
  ip4_addr_t hop;        /* the neighbour */
  struct eth_hdr header; /* of frames to it */
  uint64_t until_ms;     /* then lwIP looks, and asks, again */
} way;

static struct {
  ip4_addr_t to;         /* the sender of the segment; 0.0.0.0: none is being dealt with */
  struct eth_hdr header; /* of frames to whom it came from */
} back;

void net_way_forget(void) {
  way.until_ms = 0;
}

void net_way_back(const uint8_t *frame, const struct net_layout *l) {
  const struct eth_hdr *came = (const struct eth_hdr *)frame;
  if (l->addresses_n != 2 * sizeof back.to || came->src.addr[0] & 1) /* a group sends nothing */
    return;
  back.header.dest = came->src;
  memcpy(&back.header.src, net_netif.hwaddr, ETH_HWADDR_LEN);
  back.header.type = PP_HTONS(ETHTYPE_IP);
  memcpy(&back.to, frame + l->addresses, sizeof back.to);
}

void net_way_settle(void) {
  back.to.addr = 0;
}

/* As etharp_output has it. */
static const ip4_addr_t *hop_to(const ip4_addr_t *to) {
  bool here = ip4_addr_net_eq(to, netif_ip4_addr(&net_netif), netif_ip4_netmask(&net_netif));
  return here || ip4_addr_islinklocal(to) ? to : netif_ip4_gw(&net_netif);
}

static void learn(const ip4_addr_t *hop, const void *header) {
  way.hop = *hop;
  memcpy(&way.header, header, SIZEOF_ETH_HDR);
  way.until_ms = memstat_vm.uptime_ms + LASTS_MS;
}

void net_way_proven(void) {
  if (back.to.addr)
    learn(hop_to(&back.to), &back.header);
}

/* NULL: lwIP has to look. */
static const struct eth_hdr *header_to(const ip4_addr_t *to, const ip4_addr_t *hop) {
  if (ip4_addr_eq(to, &back.to))
    return &back.header;
  return memstat_vm.uptime_ms < way.until_ms && ip4_addr_eq(hop, &way.hop) ? &way.header : NULL;
}

/* An IPv4 header without options, RFC 791 3.1.
 * first   its first word, to the length; third: TTL and protocol */
static void write_ip(void *header, uint32_t first, uint32_t third, const ip4_addr_t *from,
                     const ip4_addr_t *to) {
  static uint16_t id;
  uint32_t word[] = {lwip_htonl(first), lwip_htonl((uint32_t)++id << 16), lwip_htonl(third),
                     from->addr, to->addr};
  uint64_t sum = net_checksum_ip4(word);
  while (sum >> 16)
    sum = (sum >> 16) + (uint16_t)sum;
  word[2] |= (uint32_t)~sum << 16;
  memcpy(header, word, sizeof word);
}

/* In place of ip4_output_if for TCP (see the Makefile). */
err_t net_way_ip4(struct pbuf *p, const ip4_addr_t *from, const ip4_addr_t *to, uint8_t ttl,
                  uint8_t tos, uint8_t protocol, struct netif *netif);
err_t net_way_ip4(struct pbuf *p, const ip4_addr_t *from, const ip4_addr_t *to, uint8_t ttl,
                  uint8_t tos, uint8_t protocol, struct netif *netif) {
  const ip4_addr_t *hop = hop_to(to);
  const struct eth_hdr *header = header_to(to, hop);
  const char *frame = (char *)p->payload - HEADERS;
  if (header) {
    if (pbuf_add_header(p, HEADERS))
      return ERR_BUF;
    memcpy(p->payload, header, SIZEOF_ETH_HDR);
    write_ip((char *)p->payload + SIZEOF_ETH_HDR,
             0x45000000u | (uint32_t)tos << 16 | (p->tot_len - SIZEOF_ETH_HDR),
             (uint32_t)ttl << 24 | (uint32_t)protocol << 16, from, to);
    struct net_layout l = {SIZEOF_ETH_HDR + 12, 8, HEADERS, p->tot_len - HEADERS, protocol};
    return net_netif_send(p, &l);
  }
  err_t err = ip4_output_if(p, from, to, ttl, tos, protocol, netif);
  if (err == ERR_OK && p->payload == frame) /* it was sent, not kept until an answer comes */
    learn(hop, frame);
  return err;
}

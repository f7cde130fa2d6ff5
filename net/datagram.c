/* SPDX-License-Identifier: BSD-2-Clause */
#include <net/datagram.h>

#include <lib/err.h>
#include <lwip/etharp.h>
#include <lwip/nd6.h>
#include <lwip/udp.h>
#include <string.h>

#include "netif.h"

static struct udp_pcb *pcb;

static ip_addr_t ip_of(const struct net_address *a) {
  ip_addr_t ip = {0};
  if (a->length == 32) {
    IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V4);
    memcpy(&ip_2_ip4(&ip)->addr, a->ip, 4);
  } else {
    IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(&ip)->addr, a->ip, 16);
  }
  return ip;
}

int net_datagram_open(const struct net_endpoint *to) {
  ip_addr_t ip = ip_of(&to->address);
  pcb = udp_new_ip_type(IP_GET_TYPE(&ip));
  if (!pcb)
    return E_NOMEM;
  udp_connect(pcb, &ip, to->port);
  return 0;
}

static int error_of(err_t err) {
  return err == ERR_OK ? 0 : err == ERR_MEM ? E_NOMEM : E_AGAIN;
}

static bool reaches4(const ip4_addr_t *to) {
  struct netif *n = &net_netif;
  bool direct = ip4_addr_net_eq(to, netif_ip4_addr(n), netif_ip4_netmask(n));
  const ip4_addr_t *hop = direct ? to : netif_ip4_gw(n), *found;
  struct eth_addr *mac;
  if (ip4_addr_isany(netif_ip4_addr(n)) || ip4_addr_isany(hop))
    return false;
  if (etharp_find_addr(n, hop, &mac, &found) >= 0)
    return true;
  etharp_query(n, hop, NULL);
  return false;
}

static bool reaches6(const ip6_addr_t *to) {
  const uint8_t *mac = NULL;
  return nd6_get_next_hop_addr_or_queue(&net_netif, NULL, to, &mac) == ERR_OK && mac;
}

/* Is the hardware address of the peer, or of the gateway to it, known? If not
 * it is asked for. lwIP itself would keep a few datagrams until it comes, and
 * drop the rest without a word. */
static bool reaches(const ip_addr_t *to) {
  return IP_IS_V6(to) ? reaches6(ip_2_ip6(to)) : reaches4(ip_2_ip4(to));
}

int net_datagram_send(struct lib_span bytes) {
  if (bytes.n > UINT16_MAX)
    return E_IO;
  if (!reaches(&pcb->remote_ip))
    return E_AGAIN;
  struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)bytes.n, PBUF_RAM);
  if (!p)
    return E_NOMEM;
  memcpy(p->payload, bytes.p, bytes.n);
  int err = error_of(udp_send(pcb, p));
  pbuf_free(p);
  return err;
}

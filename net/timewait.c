/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include <string.h>

#include "offload.h"

enum { TCP_HEADER = 20, PROTOCOL_TCP = 6 };

/* The address `ip` is the one at `bytes`, `n` bytes long. */
static bool is_address(const ip_addr_t *ip, const uint8_t *bytes, uint32_t n) {
  if (IP_IS_V6(ip))
    return n == 16 && memcmp(ip_2_ip6(ip)->addr, bytes, 16) == 0;
  return n == 4 && memcmp(&ip_2_ip4(ip)->addr, bytes, 4) == 0;
}

static struct tcp_pcb *find(const uint8_t *frame, const struct net_layout *l,
                            const struct tcp_hdr *tcp) {
  uint32_t each = l->addresses_n / 2;
  const uint8_t *from = frame + l->addresses;
  for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
    if (pcb->remote_port == lwip_ntohs(tcp->src) && pcb->local_port == lwip_ntohs(tcp->dest) &&
        is_address(&pcb->remote_ip, from, each) && is_address(&pcb->local_ip, from + each, each))
      return pcb;
  return NULL;
}

void net_timewait_reopen(const uint8_t *frame, uint32_t n) {
  struct net_layout l;
  struct tcp_hdr tcp;
  if (!tcp_tw_pcbs || !net_layout_read(frame, n, &l) || l.protocol != PROTOCOL_TCP ||
      l.transport + TCP_HEADER > n)
    return;
  memcpy(&tcp, frame + l.transport, TCP_HEADER);
  if ((TCPH_FLAGS(&tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
    return;
  struct tcp_pcb *old = find(frame, &l, &tcp);
  if (!old || !TCP_SEQ_GT(lwip_ntohl(tcp.seqno), old->rcv_nxt))
    return;
  tcp_pcb_remove(&tcp_tw_pcbs, old);
  tcp_free(old);
}

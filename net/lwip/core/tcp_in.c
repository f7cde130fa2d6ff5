/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's tcp_in.c, and behind it the short way in: what is done with a segment
 * stands there alone, in tcp_receive, which is static as are its parameters. */
#include <../core/tcp_in.c> /* from lwIP's include directory */

#include "../../netif.h"
#include "../../pcbs.h"
#include "../../tcp_in.h"

/* Acknowledgement or data, next in order, with no options and nothing that had
 * to wait for it. In these states none of it makes the connection end. */
static bool is_expected(const struct tcp_pcb *pcb, const struct tcp_hdr *h) {
  const uint16_t looked_at = 0xf000 | TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG;
  return (pcb->state == ESTABLISHED || pcb->state == FIN_WAIT_1) &&
         lwip_ntohl(h->seqno) == pcb->rcv_nxt &&
         (h->_hdrlen_rsvd_flags & PP_HTONS(looked_at)) == PP_HTONS(5 << 12 | TCP_ACK) &&
         !pcb->ooseq && !pcb->refused_data && !(pcb->flags & TF_RXCLOSED);
}

/* What tcp_input sets before it comes to tcp_process. */
static void set_segment(struct pbuf *p, struct tcp_hdr *h) {
  p->payload = h + 1;
  p->tot_len = p->len = (uint16_t)(p->len - TCP_HLEN);
  seqno = h->seqno = lwip_ntohl(h->seqno);
  ackno = h->ackno = lwip_ntohl(h->ackno);
  h->wnd = lwip_ntohs(h->wnd);
  tcphdr = h;
  tcphdr_optlen = 0;
  flags = TCPH_FLAGS(h);
  tcplen = p->len;
  inseg.len = p->len;
  inseg.p = p;
  inseg.tcphdr = h;
  recv_data = NULL;
  recv_flags = 0;
  recv_acked = 0;
}

/* Tell the owner what has come of it. */
static void tell(struct tcp_pcb *pcb) {
  err_t err = ERR_OK;
  for (uint32_t left = recv_acked, n; left; left -= n) {
    n = LWIP_MIN(left, UINT16_MAX);
    TCP_EVENT_SENT(pcb, (uint16_t)n, err);
  }
  if (!recv_data)
    return;
  TCP_EVENT_RECV(pcb, recv_data, ERR_OK, err);
  if (err != ERR_OK)
    pcb->refused_data = recv_data; /* lwIP offers it again */
  recv_data = NULL;
}

static void take_expected(struct tcp_pcb *pcb, struct pbuf *p) {
  TCP_STATS_INC(tcp.recv);
  set_segment(p, p->payload);
  net_recovery_hear(pcb, tcphdr, NULL, 0, p->len);
  pcb->tmr = tcp_ticks;
  pcb->persist_probe = 0;
  tcp_input_pcb = pcb; /* nothing is sent before all is told */
  if (pcb->state == ESTABLISHED)
    tcp_receive(pcb);
  else
    tcp_process(pcb);
  tell(pcb);
  tcp_input_pcb = NULL;
  if (inseg.p)
    pbuf_free(inseg.p);
  inseg.p = NULL;
  tcp_output(pcb);
}

/* As after lwIP's IP layers. */
static void take_other(struct tcp_pcb *pcb, struct pbuf *p) {
  ip_data.current_netif = ip_data.current_input_netif = &net_netif;
  ip_addr_copy(ip_data.current_iphdr_src, pcb->remote_ip);
  ip_addr_copy(ip_data.current_iphdr_dest, pcb->local_ip);
  net_pcbs_show(pcb);
  tcp_input(p, &net_netif);
  net_pcbs_show_all();
  ip_data.current_netif = ip_data.current_input_netif = NULL;
}

void net_tcp_in(struct tcp_pcb *pcb, struct pbuf *take_p) {
  if (is_expected(pcb, take_p->payload))
    take_expected(pcb, take_p);
  else
    take_other(pcb, take_p);
}

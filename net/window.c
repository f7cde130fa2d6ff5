/* SPDX-License-Identifier: BSD-2-Clause */
#include "window.h"

#include <kernel/mem.h>
#include <lib/limits.h>

#include "clock.h"
#include "pcbs.h"
#include "segment.h"

static uint32_t lent; /* bytes beyond TCP_WND, of all connections */

uint32_t net_window_bytes(const struct tcp_pcb *pcb) {
  return TCP_WND + ((const struct net_pcb *)pcb)->lent;
}

void net_window_forget(const struct net_pcb *pcb) {
  lent -= pcb->lent;
}

/* What is announced cannot be taken back: it counts until the connection is gone. */
static uint32_t twice(struct net_pcb *p, uint32_t window) {
  if (!(p->tcp.flags & TF_WND_SCALE) || window >= LIMIT_NET_WINDOW_MOST ||
      lent + window > kernel_page_free_bytes() / LIMIT_NET_WINDOW_SHARE)
    return 0;
  p->lent += window;
  lent += window;
  return window;
}

void net_window_read(struct net_window *w, struct tcp_pcb *pcb, uint32_t n) {
  struct net_pcb *p = (struct net_pcb *)pcb;
  uint32_t window = net_window_bytes(pcb);
  w->read_n += n;
  if (w->read_n >= window) {
    uint32_t now_us = net_clock_us32();
    if (now_us - w->since_us < 2 * p->sender.rtt_us)
      n += twice(p, window);
    w->since_us = now_us;
    w->read_n = 0;
  }
  pcb->rcv_wnd += n;
  if (tcp_update_rcv_ann_wnd(pcb) < window / 4)
    return;
  tcp_ack_now(pcb);
  net_tcp_output(pcb);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "congestion.h"

#include <lib/limits.h>

#include "clock.h"
#include "pcbs.h"

enum {
  QUEUE_LEAST_US = 4000, /* RFC 9406 4.2 */
  QUEUE_MOST_US = 16000,
};

static uint32_t initial_window(uint32_t mss) {
  return LWIP_MIN(10 * mss, LWIP_MAX(2 * mss, 14600u));
}

void net_congestion_start(struct tcp_pcb *pcb) {
  pcb->cwnd = initial_window(pcb->mss);
  pcb->ssthresh = UINT32_MAX;
}

void net_congestion_restart(struct tcp_pcb *pcb) {
  pcb->cwnd = LWIP_MIN(pcb->cwnd, initial_window(pcb->mss));
}

void net_congestion_shrink(struct tcp_pcb *pcb, struct net_congestion *c) {
  uint32_t under_way = pcb->snd_nxt - pcb->lastack;
  if (c) {
    c->cwnd_most = under_way;
    c->growing = false;
  }
  pcb->ssthresh = LWIP_MAX(under_way / 10 * 7, 2u * pcb->mss);
  pcb->bytes_acked = 0;
}

/* 0.4 packets per second cubed, in bytes; RFC 9438 5 (C). */
static int64_t cube(const struct tcp_pcb *pcb, int64_t ms) {
  return pcb->mss * ms * ms * ms / 2500000000;
}

/* RFC 9438 4.2: the time at which the window is as large as it was. */
static void begin_epoch(const struct tcp_pcb *pcb, struct net_congestion *c) {
  c->growing = true;
  c->epoch_us = net_clock_us32();
  c->plateau_ms = 0;
  for (uint32_t bit = 1 << 16; bit; bit /= 2)
    if (pcb->cwnd + cube(pcb, c->plateau_ms + bit) <= c->cwnd_most)
      c->plateau_ms += bit;
}

/* RFC 9438 4.4, 4.5: where the window should be a round trip from now. */
static uint32_t cubic(const struct net_pcb *p, const struct net_congestion *c) {
  uint32_t ms = (net_clock_us32() - c->epoch_us + p->sender.rtt_us) / 1000;
  int64_t off = (int64_t)LWIP_MIN(ms, 1u << 17) - c->plateau_ms;
  int64_t target = c->cwnd_most + cube(&p->tcp, off);
  int64_t most = p->tcp.cwnd + p->tcp.cwnd / 2;
  return target > most ? (uint32_t)most : target < p->tcp.cwnd ? p->tcp.cwnd : (uint32_t)target;
}

/* Congestion avoidance: cubic after a loss, but no less than what would be fair
 * among others that add a packet each round trip (RFC 9438 4.3: about half). */
static void avoid(struct net_pcb *p, struct net_congestion *c, uint32_t acked) {
  struct tcp_pcb *pcb = &p->tcp;
  uint32_t step = pcb->mss;
  if (c && c->cwnd_most) {
    if (!c->growing)
      begin_epoch(pcb, c);
    step = LWIP_MAX(cubic(p, c) - pcb->cwnd, step / 2);
  }
  uint64_t grown = (uint64_t)step * acked + pcb->bytes_acked;
  pcb->bytes_acked = grown % pcb->cwnd;
  pcb->cwnd += grown / pcb->cwnd;
}

/* RFC 9406 4.2: the last sample was so much longer that packets wait in a queue. */
static bool is_queued(const struct net_sender *s) {
  uint32_t margin = LWIP_MIN(s->rtt_least_us / 8, (uint32_t)QUEUE_MOST_US);
  return s->rtt_last_us > s->rtt_least_us + LWIP_MAX(margin, (uint32_t)QUEUE_LEAST_US);
}

/* Twice the window may be queued: what is under way, and as much for when that
 * has been acknowledged. */
static void make_room(struct net_pcb *p) {
  uint32_t most = LIMIT_NET_STREAM_TX_MOST - LIMIT_NET_STREAM_TX;
  uint32_t more = LWIP_MIN(2 * p->tcp.cwnd - LIMIT_NET_STREAM_TX, most) - p->sender.room;
  if (2 * p->tcp.cwnd <= LIMIT_NET_STREAM_TX + p->sender.room)
    return;
  p->sender.room += more;
  p->tcp.snd_buf += more;
}

void net_congestion_grow(struct net_pcb *p, struct net_congestion *c, uint32_t acked,
                         uint32_t under_way) {
  struct tcp_pcb *pcb = &p->tcp;
  if (under_way < pcb->cwnd / 2)
    return;
  if (pcb->cwnd >= pcb->ssthresh)
    avoid(p, c, acked);
  else
    pcb->cwnd += is_queued(&p->sender) ? acked / 4 : acked;
  pcb->cwnd = LWIP_MIN(pcb->cwnd, (uint32_t)LIMIT_NET_STREAM_TX_MOST);
  make_room(p);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The congestion window: how much may be under way, as the acknowledgements tell.
 * Private to net/.
 *
 * source   RFC 5681, 6928, 7661, 9406, 9438 */
#pragma once

#include <lwip/priv/tcp_priv.h>
#include <stdbool.h>
#include <stdint.h>

struct net_pcb;

/* Of a connection that has lost something. */
struct net_congestion {
  uint32_t cwnd_most;  /* the window at the last loss; 0: there was none */
  uint32_t epoch_us;   /* when it began to grow after it */
  uint32_t plateau_ms; /* from then until it is as large again */
  bool growing;        /* the epoch has begun */
};

/* `pcb` is connected: RFC 6928's ten packets may be under way. */
void net_congestion_start(struct tcp_pcb *pcb);

/* What the window was says little after a time of silence (RFC 5681 4.1). */
void net_congestion_restart(struct tcp_pcb *pcb);

/* Something is lost: set ssthresh to 0.7 of what is under way, no less than two
 * packets (RFC 9438 4.6).
 *
 * c   NULL: there was no memory for it */
void net_congestion_shrink(struct tcp_pcb *pcb, struct net_congestion *c);

/* `acked` bytes have been, of `under_way`. Who uses less than half of the window
 * learns nothing about the rest (RFC 7661 4.3); a queue that builds up tells that
 * the line is nearly full. More may be queued then, too.
 *
 * c   NULL: nothing was ever lost */
void net_congestion_grow(struct net_pcb *p, struct net_congestion *c, uint32_t acked,
                         uint32_t under_way);

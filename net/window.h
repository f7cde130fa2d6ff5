/* SPDX-License-Identifier: BSD-2-Clause
 * The receive window: TCP_WND at first, larger for who fills it with each round
 * trip, as long as there is memory. Private to net/.
 *
 * source   RFC 9293 3.8.6, RFC 7323 2 */
#pragma once

#include <stdint.h>

struct tcp_pcb;
struct net_pcb;

/* What a stream knows of its reading. */
struct net_window {
  uint32_t read_n;   /* bytes since the last full window */
  uint32_t since_us; /* when that was */
};

/* `n` bytes of what came for `pcb` were read: open its window by as many, or by
 * more, and tell the peer when that is a quarter of it. */
void net_window_read(struct net_window *w, struct tcp_pcb *pcb, uint32_t n);

/* Most bytes that the peer may have on their way or in our memory. */
uint32_t net_window_bytes(const struct tcp_pcb *pcb);

/* `pcb` is about to be freed. */
void net_window_forget(const struct net_pcb *pcb);

/* SPDX-License-Identifier: BSD-2-Clause
 * What a sender makes of the acknowledgements: what is lost and goes out again,
 * and the timers for when nothing comes. In place of lwIP's own, which knows
 * neither SACK nor times below half a second; its queues stay as they are, since
 * bytes go out again by reference to what waits in them. Private to net/.
 *
 * source   RFC 5681, 6298, 6582, 6675, 8985 7 */
#pragma once

#include <lwip/priv/tcp_priv.h>
#include <stdbool.h>
#include <stdint.h>

struct net_pcb;

/* A connection's share of this, inside its control block. */
struct net_sender {
  struct net_pcb *next, **link;  /* among those with bytes under way; link NULL: not there */
  struct net_recovery *recovery; /* NULL: nothing has come out of order */
  uint32_t since_us;             /* what the retransmission timer counts from */
  uint32_t rtt_us, rttvar_us;    /* smoothed; 0: not measured */
  uint32_t rtt_last_us, rtt_least_us;
  uint32_t room; /* bytes that may be queued beyond LIMIT_NET_STREAM_TX */
};

/* Hear a segment for `pcb` before lwIP acts on it; lwIP's hook.
 *
 * header    its numbers in the host's order
 * options   what follows it, n bytes; not trusted */
void net_recovery_hear(struct tcp_pcb *pcb, const struct tcp_hdr *header, const uint8_t *options,
                       uint16_t n, uint16_t data_n);

/* Before anything is sent: let the congestion window follow what was heard,
 * send again what is lost.
 *
 * returns  bytes from the first that is not acknowledged up to where new ones
 *          may be under way now; the peer's window is not looked at */
uint32_t net_recovery_window(struct tcp_pcb *pcb);

/* After it, when bytes are under way: keep the time.
 *
 * timed   a segment's time was being measured before
 * first   nothing was under way before */
void net_recovery_sent(struct tcp_pcb *pcb, bool timed, bool first);

/* Something of what is under way is out of order or lost. */
bool net_recovery_uneven(const struct tcp_pcb *pcb);

/* Act on the timers that are due. */
void net_recovery_run(void);

/* When they are, in kernel_clock_ns time; UINT64_MAX: nothing is under way. */
uint64_t net_recovery_deadline_ns(void);

/* `pcb` is about to be freed. */
void net_recovery_forget(struct net_pcb *pcb);

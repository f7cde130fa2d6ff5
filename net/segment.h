/* SPDX-License-Identifier: BSD-2-Clause
 * Large segments. Where the card segments TCP, lwIP queues segments of many
 * MSS: one header, one descriptor chain and one walk through the stack for
 * 64 KB. What does not fit into the window is split here, at a multiple of the
 * MSS and without a copy.
 *
 * lwIP's calls of tcp_output and three others come here instead (see the
 * Makefile): before it looks at its queue, the queue is made to fit. */
#pragma once

#include <lwip/tcp.h>

/* The card's ability: bytes of the largest frame it segments; 0: none. */
void net_segment_init(uint32_t tso_max4, uint32_t tso_max6);

/* tcp_write, into segments as large as they may be.
 *
 * errors   as tcp_write's */
err_t net_segment_write(struct tcp_pcb *pcb, const void *bytes, uint16_t n, uint8_t flags);

/* Send bytes that are under way once more, as packets of their own that refer
 * to what the queue holds: at most `n` from `seq` on, and at most to the end of
 * their segment; a FIN counts as one.
 *
 * returns  how many were sent; 0: none, there is no memory or they are not under way */
uint32_t net_segment_again(struct tcp_pcb *pcb, uint32_t seq, uint32_t n);

/* The MSS of the connection whose segments are going out now; 0: of none. */
uint16_t net_segment_mss(void);

/* In place of lwIP's functions of those names. */
err_t net_tcp_output(struct tcp_pcb *pcb);
err_t net_tcp_rexmit_rto_prepare(struct tcp_pcb *pcb);
void net_tcp_rexmit_rto_commit(struct tcp_pcb *pcb);
void net_tcp_rexmit_fast(struct tcp_pcb *pcb);
err_t net_tcp_split_unsent_seg(struct tcp_pcb *pcb, uint16_t n);

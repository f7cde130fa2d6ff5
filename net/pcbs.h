/* SPDX-License-Identifier: BSD-2-Clause
 * Control blocks found by their connection, however many there are. lwIP walks
 * its lists for each segment; here a hash table finds the one that a segment is
 * for, and lwIP is shown lists that begin with it, or empty ones. Private to
 * net/. */
#pragma once

#include <lwip/priv/tcp_priv.h>
#include <stdbool.h>
#include <stdint.h>

#include "recovery.h"

/* A control block as net/memory.c allocates it. */
struct net_pcb {
  struct tcp_pcb tcp;           /* lwIP's; first */
  struct net_pcb *next, **link; /* in its slot of the table; link NULL: not there */
  struct net_sender sender;
  uint32_t lent; /* bytes of its receive window beyond TCP_WND */
};

/* Take the table's memory: a pointer for LIMIT_PCB_SLOT bytes of RAM. Without
 * it lwIP walks. */
void net_pcbs_init(void);

/* The control block of the connection that a TCP segment belongs to, or NULL. A
 * SYN for a connection of ours in TIME_WAIT, with a sequence number beyond what
 * that one has received, ends its TIME_WAIT, so that lwIP takes the SYN for a new
 * connection: clients behind a proxy, and those with many connections, use their
 * ports again at once.
 *
 * frame, l   as received, with a whole TCP header; not trusted
 * source     RFC 9293 3.10.7.4 (TIME-WAIT), RFC 6191 */
struct net_layout;
struct tcp_pcb *net_pcbs_find(const uint8_t *frame, const struct net_layout *l);

/* Before lwIP gets a segment of `pcb` (NULL: of no connection), and after it has. */
void net_pcbs_show(struct tcp_pcb *pcb);
void net_pcbs_show_all(void);

/* `pcb` is about to be freed. */
void net_pcbs_forget(struct net_pcb *pcb);

/* Another control block can be had without taking one from somebody. */
bool net_memory_pcb_left(void);

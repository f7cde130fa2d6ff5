/* SPDX-License-Identifier: BSD-2-Clause
 * The short way in for segments of connections that are known, past lwIP's
 * Ethernet, IP and search for the connection. Private to net/. */
#pragma once

#include <lwip/priv/tcp_priv.h>
#include <stdint.h>

/* Take in a segment whose IP header was found plain (net_layout_is_plain) and
 * whose checksum is right. What is expected next on an established connection, or
 * one that we have ended, goes to lwIP's tcp_receive at once (header prediction: Van Jacobson, 4BSD
 * header prediction, 1990), anything else through its tcp_input.
 *
 * pcb       of the connection; not in TIME_WAIT
 * take_p    the segment from its TCP header on, of 20 bytes at least, in a row
 * ip        its IP header */
void net_tcp_in(struct tcp_pcb *pcb, struct pbuf *take_p, uint8_t *ip);

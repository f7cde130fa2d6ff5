/* SPDX-License-Identifier: BSD-2-Clause
 * The short way in for segments of connections that are known, past lwIP's
 * Ethernet, IP and search for the connection. Private to net/. */
#pragma once

#include <lwip/priv/tcp_priv.h>

/* Take in a segment whose IP header was found plain (net_layout_is_plain) and
 * whose checksum is right. What is expected next goes to lwIP's tcp_receive at
 * once (V. Jacobson, 4BSD Header Prediction, 1990), anything else through its
 * tcp_input.
 *
 * pcb       of the connection; not in TIME_WAIT
 * take_p    the segment from its TCP header on, of 20 bytes at least, in a row */
void net_tcp_in(struct tcp_pcb *pcb, struct pbuf *take_p);

/* SPDX-License-Identifier: BSD-2-Clause
 * A new connection from the address and port of an old one. Private to net/. */
#pragma once

#include <stdint.h>

/* If the frame is a SYN for a connection of ours in TIME_WAIT, with a sequence
 * number beyond what that one has received, end its TIME_WAIT, so that lwIP
 * takes the SYN for a new connection. Clients behind a proxy, and those with
 * many connections, use their ports again at once; lwIP would leave them
 * waiting until TIME_WAIT is over.
 *
 * frame, n   as received; not trusted
 * source     RFC 9293 3.10.7.4 (TIME-WAIT), RFC 6191 */
void net_timewait_reopen(const uint8_t *frame, uint32_t n);

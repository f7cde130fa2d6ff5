/* SPDX-License-Identifier: BSD-2-Clause
 * The way of TCP segments over IPv4: whoever goes to the neighbour of the last
 * one gets the headers of both layers written at once, without lwIP's search;
 * and who opens a connection is answered where he came from, without asking who
 * his neighbour is. Private to net/. */
#pragma once

#include <stdint.h>

/* Other frames than TCP segments have come: a neighbour may have changed. */
void net_way_forget(void);

/* A segment of no connection, or of one that is being opened: until it is dealt
 * with, what goes to its sender goes back to the neighbour it came from. Nothing
 * else does: who lies about his address gets no other's segments.
 *
 * frame   with whole Ethernet and IPv4 headers; not trusted */
struct net_layout;
void net_way_back(const uint8_t *frame, const struct net_layout *l);

/* Its sender has got what went back, for the connection is open: the neighbour
 * is the way of the next segments, too. */
void net_way_proven(void);

/* It is dealt with. */
void net_way_settle(void);

/* SPDX-License-Identifier: BSD-2-Clause
 * The scoreboard of a sender: which bytes under way the peer has not got while
 * it has later ones. Holes between what it has, in order; what was sent again
 * of each. Pure: no lwIP, no clock. Private to net/.
 *
 * All positions are sequence numbers, compared modulo 2^32 (RFC 9293 3.4).
 * source   RFC 2018, RFC 6675 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Bytes that the peer has not got, while it has bytes behind them. */
struct net_hole {
  uint32_t start, end;
  uint32_t sent;  /* [start, sent) has gone out again */
  uint32_t after; /* what was new when it did: bytes from there on were sent later */
};

struct net_sack {
  uint32_t una;      /* the peer has all before it */
  uint32_t top;      /* the end of the highest bytes it has; una: nothing out of order */
  uint32_t lost;     /* holes that begin before it are lost in any case */
  uint32_t unplaced; /* bytes that came out of order, told by a peer without SACK */
  uint32_t holes_n, holes_most;
  struct net_hole hole[]; /* [holes_most]; in order, inside [una, top) */
};

/* In `s`, which has room for `most` holes. */
void net_sack_init(struct net_sack *s, uint32_t una, uint32_t most);

/* The peer has all before `una`, which is not before s->una. */
void net_sack_ack(struct net_sack *s, uint32_t una);

/* The peer says that it has [left, right). Not trusted: what is empty, inverted
 * or outside of [una, snd_nxt) is ignored.
 *
 * returns  false: there is no room for one more hole, nothing was changed. The
 *          bytes count as under way until they are acknowledged or told again */
bool net_sack_block(struct net_sack *s, uint32_t left, uint32_t right, uint32_t snd_nxt);

/* The blocks of a SACK option (RFC 2018 3) among a header's options.
 *
 * o, n      the options as received, n up to 40; not trusted
 * block     receives left and right of each
 * returns   how many there are */
enum { NET_SACK_BLOCKS = 4 };
unsigned net_sack_options(const uint8_t *o, unsigned n, uint32_t block[NET_SACK_BLOCKS][2]);

/* Take all before `to`, and nothing sent again, for lost.
 *
 * to   at most what was sent; not before s->top
 * returns  false: no room for the hole before it */
bool net_sack_lose(struct net_sack *s, uint32_t to);

#define NET_SACK_DUPS 3u /* packets behind a hole that tell it is lost: RFC 6675 2 */

/* How many of the holes, from the first, are lost (RFC 6675 4, IsLost). What
 * was sent again in one is lost, too, when the peer has bytes sent later. */
uint32_t net_sack_judge(struct net_sack *s, uint32_t mss);

/* Bytes that are likely under way (RFC 6675 4, SetPipe).
 *
 * lost_n   of net_sack_judge */
uint32_t net_sack_pipe(const struct net_sack *s, uint32_t snd_nxt, uint32_t lost_n);

/* The first of the first `n` holes that has not all been sent again; or NULL. */
struct net_hole *net_sack_next(struct net_sack *s, uint32_t n);

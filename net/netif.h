/* SPDX-License-Identifier: BSD-2-Clause
 * Set-up shared within net/. */
#pragma once

#include <lwip/netif.h>
#include <stdbool.h>

/* The one network interface. */
extern struct netif net_netif;

/* Take in no more in this round: what came for a stream has to be read first. */
extern bool net_netif_pause;

/* Open the card and hang it below lwIP.
 * errors   as kernel_netdev_open */
int net_netif_open(void);

/* Move frames both ways. */
void net_netif_poll(void);

/* Hand a frame to the card; `p` stays the caller's.
 * l   where its parts lie; NULL: it needs no checksum of the card's */
struct net_layout;
err_t net_netif_send(struct pbuf *p, const struct net_layout *l);

/* An address in 16 bytes; IPv4 mapped into IPv6 form (RFC 4291 2.5.5.2). */
void net_ip_bytes(uint8_t out[16], const ip_addr_t *ip);

/* SPDX-License-Identifier: BSD-2-Clause
 * Set-up shared within net/. */
#pragma once

#include <lwip/netif.h>

/* The one network interface. */
extern struct netif net_netif;

/* Open the card and hang it below lwIP.
 * errors   as kernel_netdev_open */
int net_netif_open(void);

/* Move frames both ways. */
void net_netif_poll(void);

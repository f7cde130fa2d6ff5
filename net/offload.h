/* SPDX-License-Identifier: BSD-2-Clause
 * Checksum offload: what the device needs to complete a checksum. Private to
 * net/. */
#pragma once

#include <kernel/netdev.h>

/* Where the parts of an IP packet lie, in bytes from the frame's start. */
struct net_layout {
  uint32_t addresses, addresses_n; /* source and destination, in a row */
  uint32_t transport, transport_n; /* header and data, as the IP header says */
  uint8_t protocol;
};

/* False when the frame is not IPv4 or IPv6, or shorter than its IP header
 * without options. */
bool net_layout_read(const uint8_t *frame, uint32_t n, struct net_layout *l);

/* Is the IP header that `l` was read from whole and right, without options, and
 * the packet no fragment and all in the frame? Then what lies behind it may go to
 * its protocol. */
bool net_layout_is_plain(const uint8_t *frame, uint32_t n, const struct net_layout *l);

/* If the frame, read into `l`, is TCP or UDP without extension headers, put the
 * sum of the pseudo-header into its checksum field and say in `tx` where the
 * device finds it (Virtual I/O Device 1.2, 5.1.6.2).
 *
 * frame, n   the first piece of the frame; changed in place
 * mss        not 0: have the device make TCP segments with so much payload of
 *            it, if there is more */
void net_offload_prepare(uint8_t *frame, uint32_t n, const struct net_layout *l, uint16_t mss,
                         struct kernel_netdev_tx *tx);

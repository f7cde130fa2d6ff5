/* SPDX-License-Identifier: BSD-2-Clause
 * Checksum offload: what the device needs to complete a checksum. Private to
 * net/. */
#pragma once

#include <kernel/netdev.h>

/* If the frame is TCP or UDP over IPv4 or IPv6 without extension headers, put
 * the sum of the pseudo-header into its checksum field and say in `tx` where
 * the device finds it (Virtual I/O Device 1.2, 5.1.6.2).
 *
 * frame, n   the first piece of the frame; changed in place */
void net_offload_prepare(uint8_t *frame, uint32_t n, struct kernel_netdev_tx *tx);

/* SPDX-License-Identifier: BSD-2-Clause
 * The network card. Frames are borrowed both ways: received ones stay in the
 * driver's buffer until given back, sent ones in the caller's memory until
 * the device has read them. Never blocks, never copies. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kernel_netdev_info {
  uint8_t mac[6];
  uint16_t mtu;     /* bytes of an IP packet */
  bool tx_checksum; /* the device completes TCP and UDP checksums */
  bool rx_checksum; /* the device says which frames it has checked */
  bool tso4, tso6;  /* the device segments TCP over IPv4, over IPv6 */
  uint32_t tso_max; /* with either: most bytes of a frame to be segmented */
};

/* Bytes at the end of each receive buffer that are the caller's while it
 * holds the frame. */
#define KERNEL_NETDEV_SCRATCH 96u

/* A received frame, or a piece of one: a device that puts segments together
 * gives frames larger than the MTU, in several buffers. */
struct kernel_netdev_frame {
  uint8_t *p;       /* Ethernet header, or where the piece before it ended */
  uint32_t n;       /* bytes at p; a frame has no check sequence */
  bool more;        /* kernel_netdev_rx gives the next piece of this frame */
  bool checksum_ok; /* TCP or UDP checksum needs no check; of all its pieces */
  bool scarce;      /* buffers run short: copy what is kept beyond this round */
  void *scratch;    /* KERNEL_NETDEV_SCRATCH bytes, 16-byte aligned; names
                       the buffer in kernel_netdev_rx_free */
};

#define KERNEL_NETDEV_PIECES_MAX 16

struct kernel_netdev_piece {
  const void *p;
  uint32_t n;
};

struct kernel_netdev_tx {
  struct kernel_netdev_piece piece[KERNEL_NETDEV_PIECES_MAX];
  unsigned pieces_n;
  uint16_t checksum_start;  /* bytes from the frame's start */
  uint16_t checksum_offset; /* where the sum goes, from there; 0: no checksum */
  uint16_t segment_bytes;   /* 0: one packet, MTU and all. Else TCP payload of each
                               packet (the last may have less) that the device is to
                               make: asks for info.tso4 or tso6, and a checksum */
  uint16_t header_bytes;    /* with segment_bytes: Ethernet to TCP, all in piece[0];
                               lengths and pseudo-header sum are those of the whole */
  bool ip6;                 /* with segment_bytes: IPv6, not IPv4 */
  void *cookie;             /* comes back from kernel_netdev_tx_done; not NULL */
};

/* Start the card.
 * errors   E_NOENT  there is none
 *          E_PROTO  the device does not keep to its specification
 *          E_NOMEM */
int kernel_netdev_open(struct kernel_netdev_info *info);

/* The next received frame, or the next piece of the last: 1, or 0 when there is
 * none. After a piece with `more`, 0 means that the rest is lost: drop it. */
int kernel_netdev_rx(struct kernel_netdev_frame *frame);
void kernel_netdev_rx_free(void *scratch);

/* Queue a frame; it leaves at the next kernel_netdev_flush.
 * errors   E_AGAIN  the queue is full
 *          E_LIMIT  it lies in too many pages: in one piece it goes */
int kernel_netdev_tx(const struct kernel_netdev_tx *tx);

/* The cookie of a frame that has left, or NULL. */
void *kernel_netdev_tx_done(void);

/* Tell the device about queued frames and free receive buffers, once. */
void kernel_netdev_flush(void);

struct kernel_netdev_stat {
  uint64_t rx_frames, tx_frames, rx_bytes, tx_bytes; /* without what was dropped */
  uint64_t rx_drops;                                 /* malformed by the device */
  uint64_t kicks, interrupts;                        /* to the device, from it */
};
const struct kernel_netdev_stat *kernel_netdev_stat(void);

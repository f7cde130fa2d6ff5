/* SPDX-License-Identifier: BSD-2-Clause
 * virtio network device (Virtual I/O Device 1.2, 5.1).
 *
 * A receive buffer is about half a page: the virtio header and the frame from
 * its start, the holder's scratch at its end. A frame of several segments goes
 * on in further buffers, without a header. Buffers in the stack's hands are
 * replaced by new ones, up to a share of RAM; the pool gives pages back. */
#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "../cpu/cpu.h"
#include "../platform/virtio.h"
#include "netdev.h"

enum { RX, TX };
enum {
  TX_QUEUE = 256,
  BUFFER = KERNEL_POOL_OBJECT_MAX, /* two in a page */
  SCRATCH_AT = BUFFER - KERNEL_NETDEV_SCRATCH,
  HEADER = sizeof(struct virtio_net_hdr_v1),
  ETHERNET_HEADER = 14,
  TSO_MAX = ETHERNET_HEADER + UINT16_MAX, /* an IP packet's length has 16 bits */
  RX_LEAST = (HEADER + TSO_MAX + SCRATCH_AT - 1) / SCRATCH_AT,
};
_Static_assert(LIMIT_NET_RX_FIRST > RX_LEAST, "what is scarce at once is always copied");

static struct virtio_device *device;
static struct virtq rx, tx;
static struct virtio_net_hdr_v1 *tx_header; /* [tx.size], by ring position */
static struct kernel_pool buffers;
static uint32_t wanted_n; /* buffers in the device's hands */
static uint32_t rest_n;   /* buffers to come of the frame that rx is in */
static bool rest_lost;    /* and to be dropped */
static bool rx_checksum, rx_merged;

static void net_rx_free(void *scratch) {
  kernel_pool_put(&buffers, (char *)scratch - SCRATCH_AT);
}

static uint32_t posted(void) {
  return rx.size - rx.free_n;
}

static void rx_refill(void) {
  while (posted() < wanted_n && rx.free_n > 0) {
    void *b = kernel_pool_get(&buffers);
    if (!b)
      return;
    struct kernel_netdev_piece piece = {b, SCRATCH_AT};
    virtq_put(&rx, &piece, 1, true, b);
  }
}

static bool frame_checked(const struct virtio_net_hdr_v1 *h) {
  return rx_checksum && h->flags & (VIRTIO_NET_HDR_F_DATA_VALID | VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* True when the device is about to have too few for the largest frame, and no
 * more are to be had. */
static bool rx_scarce(void) {
  if (posted() >= RX_LEAST)
    return false;
  rx_refill();
  return posted() < RX_LEAST;
}

/* The first buffer of a frame, which says how many there are. */
static bool rx_begin(const struct virtio_net_hdr_v1 *h) {
  if (rx.written < HEADER + ETHERNET_HEADER || rx.written > SCRATCH_AT)
    return false;
  if (rx_merged && h->num_buffers > 1)
    rest_n = h->num_buffers - 1;
  netdev_stat.rx_frames++;
  return true;
}

/* A further one. Without one of them the frame is lost, and the rest is dropped. */
static bool rx_go_on(void) {
  rest_n--;
  rest_lost |= rx.written == 0 || rx.written > SCRATCH_AT;
  return !rest_lost;
}

static int net_rx(struct kernel_netdev_frame *frame) {
  char *b;
  while ((b = virtq_take(&rx)) != NULL) {
    uint32_t header = rest_n == 0 ? HEADER : 0;
    if (header ? rx_begin((void *)b) : rx_go_on()) {
      netdev_stat.rx_bytes += rx.written - header;
      *frame = (struct kernel_netdev_frame){.p = (uint8_t *)b + header,
                                            .n = rx.written - header,
                                            .more = rest_n > 0,
                                            .checksum_ok = frame_checked((void *)b),
                                            .scarce = rx_scarce(),
                                            .scratch = b + SCRATCH_AT};
      return 1;
    }
    netdev_stat.rx_drops++;
    net_rx_free(b + SCRATCH_AT);
    if (!header)
      break; /* the caller may have the frame's start */
  }
  rest_lost = rest_n > 0;
  return 0;
}

static int net_tx(const struct kernel_netdev_tx *t) {
  struct kernel_netdev_piece piece[KERNEL_NETDEV_PIECES_MAX + 1];
  struct virtio_net_hdr_v1 *h = &tx_header[tx.free_head & (tx.size - 1)];
  if (tx.free_n < t->pieces_n + 1)
    return E_AGAIN;
  *h = (struct virtio_net_hdr_v1){0};
  if (t->checksum_offset) {
    h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    h->csum_start = t->checksum_start;
    h->csum_offset = t->checksum_offset;
  }
  if (t->segment_bytes) {
    h->gso_type = t->ip6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    h->gso_size = t->segment_bytes;
    h->hdr_len = t->header_bytes;
  }
  piece[0] = (struct kernel_netdev_piece){h, HEADER};
  for (unsigned i = 0; i < t->pieces_n; i++) {
    piece[i + 1] = t->piece[i];
    netdev_stat.tx_bytes += t->piece[i].n;
  }
  netdev_stat.tx_frames++;
  return virtq_put(&tx, piece, t->pieces_n + 1, false, t->cookie);
}

static void *net_tx_done(void) {
  return virtq_take(&tx);
}

static void publish(struct virtq *q, unsigned index) {
  if (!virtq_publish(q))
    return;
  netdev_stat.kicks++;
  virtio_notify(device, index);
}

/* The device uses all in turn, and thereby touches their memory: it gets more once
 * most were used between two calls, and fewer again while few are. */
static void rx_adapt(uint32_t used_n) {
  if (used_n > wanted_n / 4 * 3) {
    wanted_n = wanted_n < LIMIT_NET_RX_POSTED / 2 ? 2 * wanted_n : LIMIT_NET_RX_POSTED;
    rx_refill();
  } else if (used_n < wanted_n / 8 && wanted_n > LIMIT_NET_RX_FIRST) {
    wanted_n--;
  }
}

static void net_flush(void) {
  rx_refill();
  rx_adapt((uint16_t)(rx.avail_at - rx.published));
  publish(&rx, RX);
  publish(&tx, TX);
}

/* Whoever sleeps wants to hear of frames, and of room when there is none. */
static bool net_arm(void) {
  bool tx_full = tx.free_n <= KERNEL_NETDEV_PIECES_MAX;
  return virtq_arm(&rx) | (tx_full && virtq_arm(&tx));
}

static void net_disarm(bool interrupted) {
  virtq_disarm(&rx);
  virtq_disarm(&tx);
  if (interrupted)
    virtio_ack_interrupt(device);
}

static int open_queues(struct virtio_device *d, bool event_idx) {
  int err = virtio_queue_open(d, RX, LIMIT_NET_RX_POSTED, event_idx, &rx);
  if (err == 0)
    err = virtio_queue_open(d, TX, TX_QUEUE, event_idx, &tx);
  if (err < 0)
    return err;
  size_t pages = (tx.size * sizeof *tx_header + KERNEL_PAGE - 1) / KERNEL_PAGE;
  tx_header = kernel_page_alloc(MEMSTAT_VIRTQ, pages);
  return tx_header ? 0 : E_NOMEM;
}

/* What we use of the features offered. Segments put together come in several
 * buffers, and without their sums (5.1.3.1). */
static uint64_t usable(uint64_t offered) {
  uint64_t merged = 1ull << VIRTIO_NET_F_GUEST_CSUM | 1ull << VIRTIO_NET_F_MRG_RXBUF;
  uint64_t used = 1ull << VIRTIO_NET_F_MAC | 1ull << VIRTIO_NET_F_CSUM |
                  1ull << VIRTIO_NET_F_HOST_TSO4 | 1ull << VIRTIO_NET_F_HOST_TSO6 |
                  1ull << VIRTIO_RING_F_EVENT_IDX | merged;
  if ((offered & merged) == merged)
    used |= 1ull << VIRTIO_NET_F_GUEST_TSO4 | 1ull << VIRTIO_NET_F_GUEST_TSO6;
  return offered & used;
}

static int net_open(struct kernel_netdev_info *info) {
  struct virtio_device *d = virtio_find(VIRTIO_ID_NET);
  uint64_t features = 0;
  if (!d)
    return E_NOENT;
  int err = virtio_reset(d, &features);
  features = usable(features);
  if (err == 0)
    err = virtio_accept(d, features);
  if (err == 0)
    err = open_queues(d, features >> VIRTIO_RING_F_EVENT_IDX & 1);
  if (err < 0)
    return err;
  *info = (struct kernel_netdev_info){.mtu = 1500,
                                      .tx_checksum = features >> VIRTIO_NET_F_CSUM & 1,
                                      .rx_checksum = features >> VIRTIO_NET_F_GUEST_CSUM & 1,
                                      .tso4 = features >> VIRTIO_NET_F_HOST_TSO4 & 1,
                                      .tso6 = features >> VIRTIO_NET_F_HOST_TSO6 & 1,
                                      .tso_max = TSO_MAX};
  for (unsigned i = 0; i < sizeof info->mac && features >> VIRTIO_NET_F_MAC & 1; i++)
    info->mac[i] = virtio_config8(d, i);
  rx_checksum = info->rx_checksum;
  rx_merged = features >> VIRTIO_NET_F_MRG_RXBUF & 1;
  wanted_n = LIMIT_NET_RX_FIRST;
  kernel_pool_init(&buffers, "rx_buffer", MEMSTAT_NET_RX, BUFFER,
                   (uint32_t)(memstat_total() / LIMIT_NET_RX_SHARE / BUFFER));
  rx_refill();
  device = d;
  virtio_route_interrupt(d);
  virtio_start(d);
  publish(&rx, RX);
  return 0;
}

const struct netdev_driver virtio_net_driver = {
    net_open, net_rx, net_rx_free, net_tx, net_tx_done, net_flush, net_arm, net_disarm,
};

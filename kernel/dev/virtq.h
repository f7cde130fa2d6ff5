/* SPDX-License-Identifier: BSD-2-Clause
 * A split virtqueue (Virtual I/O Device 1.2, 2.7). The driver's half, and the
 * checks on what the device writes into its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <kernel/netdev.h>

struct virtq_desc;
struct virtq_avail;
struct virtq_used;

struct virtq {
  struct virtq_desc *desc;            /* [size] */
  volatile struct virtq_avail *avail; /* written by us */
  volatile struct virtq_used *used;   /* written by the device */
  void **cookie;                      /* [size] of the chain with that head; NULL: not in use */
  uint16_t size;                      /* entries, a power of two */
  uint16_t free_head;                 /* first free descriptor, chained by `next` */
  uint16_t free_n;                    /* free descriptors */
  uint16_t avail_at;                  /* next entry of avail, not yet published */
  uint16_t published;                 /* avail index the device knows */
  uint16_t used_at;                   /* next entry of used to read */
  uint32_t written;                   /* bytes the device claims of the chain taken last */
  bool event_idx;                     /* VIRTIO_F_EVENT_IDX agreed */
};

/* Take pages for a queue of `size` entries (rounded down to a power of two).
 * errors   E_NOMEM */
int virtq_init(struct virtq *q, unsigned size, bool event_idx);

/* Queue a chain; it is seen by the device after virtq_publish.
 *
 * piece, n    1 to q->size buffers, readable or all writable by the device
 * cookie      not NULL; comes back from virtq_take
 * errors      E_AGAIN  not enough descriptors */
int virtq_put(struct virtq *q, const struct kernel_netdev_piece *piece, unsigned n,
              bool device_writes, void *cookie);

/* Show the device what was put. True when it wants to be notified. */
bool virtq_publish(struct virtq *q);

/* The cookie of the next chain the device is done with, or NULL; q->written says
 * what it wrote. An entry with an impossible head is skipped. */
void *virtq_take(struct virtq *q);

/* Ask for an interrupt at the next used entry. True when there is one already. */
bool virtq_arm(struct virtq *q);

/* No interrupts until armed again. With EVENT_IDX the old event suffices. */
void virtq_disarm(struct virtq *q);

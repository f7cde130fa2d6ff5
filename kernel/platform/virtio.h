/* SPDX-License-Identifier: BSD-2-Clause
 * A virtio device and its transport (Virtual I/O Device 1.2). */
#pragma once

#include <stdint.h>

#include "../dev/virtq.h"

struct virtio_device {
  uint64_t base; /* its registers */
  uint32_t id;   /* VIRTIO_ID_*; 0: none in this slot */
  unsigned gsi;  /* its global interrupt */
};

/* The first device with that id, or NULL. */
struct virtio_device *virtio_find(uint32_t id);

/* Reset the device and agree on features, steps 1 to 6 of 3.1.1.
 * features   wanted; on success those both sides have
 * errors     E_PROTO  refused, or not a version 1 device */
int virtio_negotiate(struct virtio_device *d, uint64_t *features);

/* Give queue `index` to the device; `q` gets min(the device's size, `most`)
 * entries in pages of its own.
 * errors   E_NOENT  the device has no such queue
 *          E_NOMEM */
int virtio_queue_open(struct virtio_device *d, unsigned index, unsigned most, bool event_idx,
                      struct virtq *q);

/* Step 8: the device may start; its interrupt is routed. */
void virtio_start(struct virtio_device *d);

void virtio_notify(const struct virtio_device *d, unsigned index);
void virtio_ack_interrupt(const struct virtio_device *d);

/* A byte of the device's own configuration (4.2.2.2). */
uint8_t virtio_config8(const struct virtio_device *d, unsigned offset);

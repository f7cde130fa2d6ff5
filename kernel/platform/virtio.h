/* SPDX-License-Identifier: BSD-2-Clause
 * virtio devices, whatever their transport (Virtual I/O Device 1.2). A transport
 * is a table that says where its registers lie: how a device is set up is the
 * same for all. Each access leaves for the VMM: as few as the standard asks. */
#pragma once

#include <stdint.h>

#include "../dev/virtq.h"

enum { VIRTIO_DEVICES_MAX = 24, VIRTIO_QUEUES_MAX = 2 };

/* Registers for setting up and for the interrupt. */
enum virtio_register {
  VIRTIO_DEVICE_FEATURES_SELECT,
  VIRTIO_DEVICE_FEATURES,
  VIRTIO_DRIVER_FEATURES_SELECT,
  VIRTIO_DRIVER_FEATURES,
  VIRTIO_STATUS,
  VIRTIO_RESETTING, /* not 0 while a reset is under way */
  VIRTIO_QUEUE_SELECT,
  VIRTIO_QUEUE_SIZE_MAX,
  VIRTIO_QUEUE_SIZE,
  VIRTIO_QUEUE_VECTOR, /* the queue's MSI-X entry */
  VIRTIO_QUEUE_NOTIFY_OFFSET,
  VIRTIO_QUEUE_DESC, /* addresses: the low half, the high one behind it */
  VIRTIO_QUEUE_AVAIL,
  VIRTIO_QUEUE_USED,
  VIRTIO_QUEUE_READY,
  VIRTIO_INTERRUPT_ACK,
  VIRTIO_REGISTERS_N
};

/* bytes = 0: this transport has it not; it reads as 0. */
struct virtio_transport {
  struct {
    uint8_t offset, bytes;
  } reg[VIRTIO_REGISTERS_N];
  uint8_t doorbell_bytes;
};

struct virtio_device {
  const struct virtio_transport *transport;
  uint32_t id;          /* VIRTIO_ID_*; 0: none in this slot */
  unsigned gsi;         /* its global interrupt; 0: it sends messages */
  uint64_t base;        /* addresses of its registers, */
  uint64_t config;      /* of its own configuration, */
  uint64_t notify;      /* of the doorbells; */
  uint32_t notify_n;    /* bytes of those */
  uint32_t notify_step; /* bytes from one to the next */
  uint64_t doorbell[VIRTIO_QUEUES_MAX];
};

/* All that the platform has found; filled by it. */
extern struct virtio_device virtio_devices[VIRTIO_DEVICES_MAX];
extern unsigned virtio_devices_n;

/* A new one at the end of the list, or NULL: there is no room. */
struct virtio_device *virtio_add(const struct virtio_transport *transport);

/* The first device with that id, or NULL. */
struct virtio_device *virtio_find(uint32_t id);

/* Reset the device, up to what it offers: steps 1 to 3 of 3.1.1 and half of 4.
 * errors   E_PROTO  it does not come to rest, or is not of version 1 */
int virtio_reset(struct virtio_device *d, uint64_t *offered);

/* Agree on features, a part of those offered: to step 6.
 * errors   E_PROTO  refused */
int virtio_accept(struct virtio_device *d, uint64_t features);

/* Give queue `index` to the device; `q` gets min(the device's size, `most`)
 * entries in pages of its own.
 * errors   E_NOENT  the device has no such queue
 *          E_PROTO  its doorbell lies outside of its registers
 *          E_NOMEM */
int virtio_queue_open(struct virtio_device *d, unsigned index, unsigned most, bool event_idx,
                      struct virtq *q);

/* Have the device's interrupt reach the CPU, if it is not a message. */
void virtio_route_interrupt(const struct virtio_device *d);

/* Step 8: the device may start. */
void virtio_start(struct virtio_device *d);

void virtio_notify(const struct virtio_device *d, unsigned index);
void virtio_ack_interrupt(const struct virtio_device *d);

/* A byte of the device's own configuration. */
uint8_t virtio_config8(const struct virtio_device *d, unsigned offset);

/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio.h"

#include <lib/err.h>
#include <linux/virtio_config.h>
#include <stddef.h>

#include "../cpu/cpu.h"

enum {
  FOUND = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER,
  AGREED = FOUND | VIRTIO_CONFIG_S_FEATURES_OK,
  RESET_TRIES = 100000,
  ALL_INTERRUPTS = 3,
};
#define MODERN (1ull << VIRTIO_F_VERSION_1)

struct virtio_device virtio_devices[VIRTIO_DEVICES_MAX];
unsigned virtio_devices_n;

struct virtio_device *virtio_add(const struct virtio_transport *transport) {
  if (virtio_devices_n == VIRTIO_DEVICES_MAX)
    return NULL;
  struct virtio_device *d = &virtio_devices[virtio_devices_n++];
  d->transport = transport;
  return d;
}

struct virtio_device *virtio_find(uint32_t id) {
  for (unsigned i = 0; i < virtio_devices_n; i++)
    if (virtio_devices[i].id == id)
      return &virtio_devices[i];
  return NULL;
}

static void write(uint64_t at, unsigned bytes, uint32_t v) {
  if (bytes == 4)
    *(volatile uint32_t *)at = v;
  else if (bytes == 2)
    *(volatile uint16_t *)at = (uint16_t)v;
  else if (bytes == 1)
    *(volatile uint8_t *)at = (uint8_t)v;
}

static void set(const struct virtio_device *d, enum virtio_register r, uint32_t v) {
  write(d->base + d->transport->reg[r].offset, d->transport->reg[r].bytes, v);
}

static uint32_t get(const struct virtio_device *d, enum virtio_register r) {
  uint64_t at = d->base + d->transport->reg[r].offset;
  unsigned bytes = d->transport->reg[r].bytes;
  if (bytes == 4)
    return *(volatile uint32_t *)at;
  if (bytes == 2)
    return *(volatile uint16_t *)at;
  return bytes ? *(volatile uint8_t *)at : 0;
}

static void set_address(const struct virtio_device *d, enum virtio_register r,
                        const volatile void *p) {
  set(d, r, (uint32_t)(uint64_t)p);
  write(d->base + d->transport->reg[r].offset + 4, 4, (uint32_t)((uint64_t)p >> 32));
}

static uint64_t device_features(const struct virtio_device *d) {
  set(d, VIRTIO_DEVICE_FEATURES_SELECT, 1);
  uint64_t high = get(d, VIRTIO_DEVICE_FEATURES);
  set(d, VIRTIO_DEVICE_FEATURES_SELECT, 0);
  return high << 32 | get(d, VIRTIO_DEVICE_FEATURES);
}

static void set_driver_features(const struct virtio_device *d, uint64_t features) {
  set(d, VIRTIO_DRIVER_FEATURES_SELECT, 1);
  set(d, VIRTIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
  set(d, VIRTIO_DRIVER_FEATURES_SELECT, 0);
  set(d, VIRTIO_DRIVER_FEATURES, (uint32_t)features);
}

int virtio_reset(struct virtio_device *d, uint64_t *offered) {
  set(d, VIRTIO_STATUS, 0); /* step 1 */
  for (int i = 0; get(d, VIRTIO_RESETTING); i++)
    if (i == RESET_TRIES)
      return E_PROTO;
  set(d, VIRTIO_STATUS, FOUND); /* steps 2, 3 */
  *offered = device_features(d);
  return *offered & MODERN ? 0 : E_PROTO;
}

int virtio_accept(struct virtio_device *d, uint64_t features) {
  set_driver_features(d, features | MODERN);                  /* step 4 */
  set(d, VIRTIO_STATUS, AGREED);                              /* step 5 */
  if (!(get(d, VIRTIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK)) /* step 6 */
    return E_PROTO;
  return 0;
}

int virtio_queue_open(struct virtio_device *d, unsigned index, unsigned most, bool event_idx,
                      struct virtq *q) {
  set(d, VIRTIO_QUEUE_SELECT, index);
  unsigned size = get(d, VIRTIO_QUEUE_SIZE_MAX);
  if (size == 0 || index >= VIRTIO_QUEUES_MAX)
    return E_NOENT;
  uint64_t doorbell = (uint64_t)get(d, VIRTIO_QUEUE_NOTIFY_OFFSET) * d->notify_step;
  if (doorbell + d->transport->doorbell_bytes > d->notify_n)
    return E_PROTO;
  int err = virtq_init(q, size < most ? size : most, event_idx);
  if (err < 0)
    return err;
  d->doorbell[index] = d->notify + doorbell;
  set(d, VIRTIO_QUEUE_SIZE, q->size);
  set(d, VIRTIO_QUEUE_VECTOR, 0);
  set_address(d, VIRTIO_QUEUE_DESC, q->desc);
  set_address(d, VIRTIO_QUEUE_AVAIL, q->avail);
  set_address(d, VIRTIO_QUEUE_USED, q->used);
  set(d, VIRTIO_QUEUE_READY, 1);
  return 0;
}

void virtio_route_interrupt(const struct virtio_device *d) {
  if (d->gsi)
    ioapic_enable(d->gsi);
}

void virtio_start(struct virtio_device *d) {
  set(d, VIRTIO_STATUS, AGREED | VIRTIO_CONFIG_S_DRIVER_OK);
}

void virtio_notify(const struct virtio_device *d, unsigned index) {
  write(d->doorbell[index], d->transport->doorbell_bytes, index);
}

void virtio_ack_interrupt(const struct virtio_device *d) {
  set(d, VIRTIO_INTERRUPT_ACK, ALL_INTERRUPTS);
}

uint8_t virtio_config8(const struct virtio_device *d, unsigned offset) {
  return *(volatile uint8_t *)(d->config + offset);
}

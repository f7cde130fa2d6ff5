/* SPDX-License-Identifier: BSD-2-Clause
 * virtio over memory-mapped registers, version 2 (Virtual I/O Device 1.2,
 * 4.2). Each register access leaves for the VMM: as few as the standard asks. */
#include <kernel/mem.h>
#include <lib/err.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "../cpu/cpu.h"
#include "platform.h"
#include "virtio.h"

enum { DEVICES_MAX = 24, PROBE_BASE = 0xfeb00000, PROBE_STEP = 0x200, PROBE_N = 8, PROBE_GSI = 5 };
#define VERSION_MODERN 2
#define DEVICE_PREFIX "virtio_mmio.device="

static struct virtio_device devices[DEVICES_MAX];
static unsigned devices_n;

static volatile uint32_t *reg(const struct virtio_device *d, unsigned offset) {
  return cpu_reg32(d->base + offset);
}

static void device_add(uint64_t base, unsigned gsi) {
  if (devices_n < DEVICES_MAX && paging_window(base, PROBE_STEP))
    devices[devices_n++] = (struct virtio_device){.base = base, .gsi = gsi};
}

static bool parse_hex(struct lib_span s, uint64_t *v) {
  if (!lib_span_starts(s, LIB_SPAN("0x")) || s.n > 18)
    return false;
  *v = 0;
  for (size_t i = 2; i < s.n; i++) {
    char c = s.p[i] | 0x20;
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
      return false;
    *v = *v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return s.n > 2;
}

/* SIZE@BASE:GSI[:ID], as VMMs put it on the command line
 * (Linux admin-guide/kernel-parameters, virtio_mmio.device). */
static void device_parse(struct lib_span value) {
  struct lib_span size, base, gsi;
  uint64_t address, irq;
  if (!lib_span_split(&value, '@', &size) || !lib_span_split(&value, ':', &base) ||
      !lib_span_split(&value, ':', &gsi))
    return;
  if (parse_hex(base, &address) && address % 4 == 0 && address < UINT32_MAX &&
      lib_span_u64(gsi, UINT8_MAX, &irq) == 0)
    device_add(address, (unsigned)irq);
}

/* The last resort of all platforms: nothing else tells of QEMU's microvm. */
static bool mmio_find(struct lib_span cmdline) {
  struct lib_span word, prefix = LIB_SPAN(DEVICE_PREFIX);
  while (lib_span_split(&cmdline, ' ', &word))
    if (lib_span_starts(word, prefix))
      device_parse(lib_span_sub(word, prefix.n, word.n));
  bool told = devices_n > 0;
  for (unsigned i = 0; i < PROBE_N && !told; i++)
    device_add(PROBE_BASE + i * PROBE_STEP, PROBE_GSI + i);
  return true;
}

static void mmio_start(void) {
  for (unsigned i = 0; i < devices_n; i++)
    devices[i].id = *reg(&devices[i], VIRTIO_MMIO_DEVICE_ID);
}

const struct platform platform_virtio_mmio = {
    .name = "virtio-mmio",
    .find = mmio_find,
    .start = mmio_start,
    .net = {&virtio_net_driver},
};

struct virtio_device *virtio_find(uint32_t id) {
  for (unsigned i = 0; i < devices_n; i++)
    if (devices[i].id == id)
      return &devices[i];
  return NULL;
}

static uint64_t read_features(const struct virtio_device *d) {
  *reg(d, VIRTIO_MMIO_DEVICE_FEATURES_SEL) = 1;
  uint64_t high = *reg(d, VIRTIO_MMIO_DEVICE_FEATURES);
  *reg(d, VIRTIO_MMIO_DEVICE_FEATURES_SEL) = 0;
  return high << 32 | *reg(d, VIRTIO_MMIO_DEVICE_FEATURES);
}

static void write_features(const struct virtio_device *d, uint64_t features) {
  *reg(d, VIRTIO_MMIO_DRIVER_FEATURES_SEL) = 1;
  *reg(d, VIRTIO_MMIO_DRIVER_FEATURES) = (uint32_t)(features >> 32);
  *reg(d, VIRTIO_MMIO_DRIVER_FEATURES_SEL) = 0;
  *reg(d, VIRTIO_MMIO_DRIVER_FEATURES) = (uint32_t)features;
}

int virtio_negotiate(struct virtio_device *d, uint64_t *features) {
  const uint64_t modern = 1ull << VIRTIO_F_VERSION_1;
  const uint32_t found = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
  if (*reg(d, VIRTIO_MMIO_VERSION) != VERSION_MODERN)
    return E_PROTO;
  *reg(d, VIRTIO_MMIO_STATUS) = 0;     /* step 1 */
  *reg(d, VIRTIO_MMIO_STATUS) = found; /* steps 2, 3 */
  *features = (*features | modern) & read_features(d);
  if (!(*features & modern))
    return E_PROTO;
  write_features(d, *features);                                      /* step 4 */
  *reg(d, VIRTIO_MMIO_STATUS) = found | VIRTIO_CONFIG_S_FEATURES_OK; /* step 5 */
  if (!(*reg(d, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK))  /* step 6 */
    return E_PROTO;
  return 0;
}

static void write_address(const struct virtio_device *d, unsigned low, const volatile void *p) {
  *reg(d, low) = (uint32_t)(uint64_t)p;
  *reg(d, low + 4) = (uint32_t)((uint64_t)p >> 32);
}

int virtio_queue_open(struct virtio_device *d, unsigned index, unsigned most, bool event_idx,
                      struct virtq *q) {
  *reg(d, VIRTIO_MMIO_QUEUE_SEL) = index;
  unsigned size = *reg(d, VIRTIO_MMIO_QUEUE_NUM_MAX);
  if (size == 0)
    return E_NOENT;
  int err = virtq_init(q, size < most ? size : most, event_idx);
  if (err < 0)
    return err;
  *reg(d, VIRTIO_MMIO_QUEUE_NUM) = q->size;
  write_address(d, VIRTIO_MMIO_QUEUE_DESC_LOW, q->desc);
  write_address(d, VIRTIO_MMIO_QUEUE_AVAIL_LOW, q->avail);
  write_address(d, VIRTIO_MMIO_QUEUE_USED_LOW, q->used);
  *reg(d, VIRTIO_MMIO_QUEUE_READY) = 1;
  return 0;
}

void virtio_start(struct virtio_device *d) {
  ioapic_enable(d->gsi);
  *reg(d, VIRTIO_MMIO_STATUS) = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
                                VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK;
}

void virtio_notify(const struct virtio_device *d, unsigned index) {
  *reg(d, VIRTIO_MMIO_QUEUE_NOTIFY) = index;
}

void virtio_ack_interrupt(const struct virtio_device *d) {
  *reg(d, VIRTIO_MMIO_INTERRUPT_ACK) = VIRTIO_MMIO_INT_VRING | VIRTIO_MMIO_INT_CONFIG;
}

uint8_t virtio_config8(const struct virtio_device *d, unsigned offset) {
  return *(volatile uint8_t *)(d->base + VIRTIO_MMIO_CONFIG + offset);
}

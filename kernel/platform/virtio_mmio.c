/* SPDX-License-Identifier: BSD-2-Clause
 * virtio over memory-mapped registers, version 2 (Virtual I/O Device 1.2,
 * 4.2), named on the command line or where QEMU's microvm has them. */
#include <linux/virtio_mmio.h>
#include <stddef.h>

#include "../cpu/cpu.h"
#include "platform.h"
#include "virtio.h"

enum { PROBE_BASE = 0xfeb00000, PROBE_STEP = 0x200, PROBE_N = 8, PROBE_GSI = 5 };
#define DEVICE_PREFIX "virtio_mmio.device="

static const struct virtio_transport mmio = {
    .reg =
        {
            [VIRTIO_DEVICE_FEATURES_SELECT] = {VIRTIO_MMIO_DEVICE_FEATURES_SEL, 4},
            [VIRTIO_DEVICE_FEATURES] = {VIRTIO_MMIO_DEVICE_FEATURES, 4},
            [VIRTIO_DRIVER_FEATURES_SELECT] = {VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4},
            [VIRTIO_DRIVER_FEATURES] = {VIRTIO_MMIO_DRIVER_FEATURES, 4},
            [VIRTIO_STATUS] = {VIRTIO_MMIO_STATUS, 4},
            [VIRTIO_QUEUE_SELECT] = {VIRTIO_MMIO_QUEUE_SEL, 4},
            [VIRTIO_QUEUE_SIZE_MAX] = {VIRTIO_MMIO_QUEUE_NUM_MAX, 4},
            [VIRTIO_QUEUE_SIZE] = {VIRTIO_MMIO_QUEUE_NUM, 4},
            [VIRTIO_QUEUE_DESC] = {VIRTIO_MMIO_QUEUE_DESC_LOW, 4},
            [VIRTIO_QUEUE_AVAIL] = {VIRTIO_MMIO_QUEUE_AVAIL_LOW, 4},
            [VIRTIO_QUEUE_USED] = {VIRTIO_MMIO_QUEUE_USED_LOW, 4},
            [VIRTIO_QUEUE_READY] = {VIRTIO_MMIO_QUEUE_READY, 4},
            [VIRTIO_INTERRUPT_ACK] = {VIRTIO_MMIO_INTERRUPT_ACK, 4},
        },
    .doorbell_bytes = 4,
};

static void device_add(uint64_t base, unsigned gsi) {
  uint64_t at = paging_window(base, PROBE_STEP);
  struct virtio_device *d = at ? virtio_add(&mmio) : NULL;
  if (!d)
    return;
  d->gsi = gsi;
  d->base = at;
  d->config = at + VIRTIO_MMIO_CONFIG;
  d->notify = at + VIRTIO_MMIO_QUEUE_NOTIFY;
  d->notify_n = 4;
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

static bool mmio_find(struct lib_span cmdline) {
  struct lib_span word, prefix = LIB_SPAN(DEVICE_PREFIX);
  while (lib_span_split(&cmdline, ' ', &word))
    if (lib_span_starts(word, prefix))
      device_parse(lib_span_sub(word, prefix.n, word.n));
  return virtio_devices_n > 0;
}

/* Nothing tells of QEMU's microvm, but where its devices lie is known. */
static bool microvm_find(struct lib_span cmdline) {
  (void)cmdline;
  for (unsigned i = 0; i < PROBE_N; i++)
    device_add(PROBE_BASE + i * PROBE_STEP, PROBE_GSI + i);
  return true;
}

static void mmio_start(void) {
  for (unsigned i = 0; i < virtio_devices_n; i++)
    virtio_devices[i].id = *cpu_reg32(virtio_devices[i].base + VIRTIO_MMIO_DEVICE_ID);
}

const struct platform platform_virtio_mmio = {
    .name = "virtio-mmio",
    .find = mmio_find,
    .start = mmio_start,
    .net = {&virtio_net_driver},
};

const struct platform platform_microvm = {
    .name = "microvm",
    .find = microvm_find,
    .start = mmio_start,
    .net = {&virtio_net_driver},
};

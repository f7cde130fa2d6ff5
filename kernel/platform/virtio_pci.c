/* SPDX-License-Identifier: BSD-2-Clause
 * virtio over PCI (Virtual I/O Device 1.2, 4.1), modern only: capabilities say
 * where the registers lie. One MSI-X message serves all queues. */
#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

#include "pci.h"
#include "virtio.h"

enum { VENDOR = 0x1af4, TRANSITIONAL = 0x1000, MODERN = 0x1040, MODERN_END = 0x1080 };
enum { COMMON_BYTES = VIRTIO_PCI_COMMON_Q_USEDHI + 4, REGIONS_N = VIRTIO_PCI_CAP_DEVICE_CFG + 1 };

static const struct virtio_transport transport = {
    .reg =
        {
            [VIRTIO_DEVICE_FEATURES_SELECT] = {VIRTIO_PCI_COMMON_DFSELECT, 4},
            [VIRTIO_DEVICE_FEATURES] = {VIRTIO_PCI_COMMON_DF, 4},
            [VIRTIO_DRIVER_FEATURES_SELECT] = {VIRTIO_PCI_COMMON_GFSELECT, 4},
            [VIRTIO_DRIVER_FEATURES] = {VIRTIO_PCI_COMMON_GF, 4},
            [VIRTIO_STATUS] = {VIRTIO_PCI_COMMON_STATUS, 1},
            [VIRTIO_RESETTING] = {VIRTIO_PCI_COMMON_STATUS, 1},
            [VIRTIO_QUEUE_SELECT] = {VIRTIO_PCI_COMMON_Q_SELECT, 2},
            [VIRTIO_QUEUE_SIZE_MAX] = {VIRTIO_PCI_COMMON_Q_SIZE, 2},
            [VIRTIO_QUEUE_SIZE] = {VIRTIO_PCI_COMMON_Q_SIZE, 2},
            [VIRTIO_QUEUE_VECTOR] = {VIRTIO_PCI_COMMON_Q_MSIX, 2},
            [VIRTIO_QUEUE_NOTIFY_OFFSET] = {VIRTIO_PCI_COMMON_Q_NOFF, 2},
            [VIRTIO_QUEUE_DESC] = {VIRTIO_PCI_COMMON_Q_DESCLO, 4},
            [VIRTIO_QUEUE_AVAIL] = {VIRTIO_PCI_COMMON_Q_AVAILLO, 4},
            [VIRTIO_QUEUE_USED] = {VIRTIO_PCI_COMMON_Q_USEDLO, 4},
            [VIRTIO_QUEUE_READY] = {VIRTIO_PCI_COMMON_Q_ENABLE, 2},
        },
    .doorbell_bytes = 2,
};

/* 4.1.2.1: a transitional device has its type as the subsystem. */
static uint32_t type_of(const struct pci_function *f) {
  if (f->vendor != VENDOR || f->device < TRANSITIONAL || f->device >= MODERN_END)
    return 0;
  return f->device < MODERN ? pci_read(f, PCI_SUBSYSTEM_VENDOR_ID) >> 16
                            : (uint32_t)f->device - MODERN;
}

struct region {
  uint64_t at;    /* 0: the device has it not */
  uint32_t bytes; /* of it */
  unsigned from;  /* the capability that says so */
};

/* 4.1.4: of each kind the first counts. */
static void read_regions(const struct pci_function *f, struct region *region) {
  unsigned cap = 0;
  while ((cap = pci_capability(f, PCI_CAP_ID_VNDR, cap)) != 0) {
    unsigned type = pci_read(f, cap) >> 24;
    if (type >= REGIONS_N || type == VIRTIO_PCI_CAP_ISR_CFG || region[type].at)
      continue;
    uint32_t bytes = pci_read(f, cap + VIRTIO_PCI_CAP_LENGTH);
    unsigned bar = pci_read(f, cap + VIRTIO_PCI_CAP_BAR) & 0xff;
    uint32_t offset = pci_read(f, cap + VIRTIO_PCI_CAP_OFFSET);
    region[type] = (struct region){pci_window(f, bar, offset, bytes), bytes, cap};
  }
}

void virtio_pci_found(const struct pci_function *f) {
  struct region region[REGIONS_N] = {{0}};
  struct region *common = &region[VIRTIO_PCI_CAP_COMMON_CFG];
  struct region *notify = &region[VIRTIO_PCI_CAP_NOTIFY_CFG];
  struct region *config = &region[VIRTIO_PCI_CAP_DEVICE_CFG];
  uint32_t type = type_of(f);
  if (type != VIRTIO_ID_NET && type != VIRTIO_ID_RNG)
    return;
  read_regions(f, region);
  if (!common->at || common->bytes < COMMON_BYTES || !notify->at)
    return;
  if ((type == VIRTIO_ID_NET && !config->at) || !pci_msix(f))
    return;
  struct virtio_device *d = virtio_add(&transport);
  if (!d)
    return;
  d->id = type;
  d->base = common->at;
  d->config = config->at;
  d->notify = notify->at;
  d->notify_n = notify->bytes;
  d->notify_step = pci_read(f, notify->from + VIRTIO_PCI_NOTIFY_CAP_MULT);
  pci_enable(f);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * PCI (PCI Local Bus 3.0, 6), before the page tables are sealed: afterwards the
 * ports of the configuration space are out of reach. Private to kernel/. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pci_function {
  uint16_t at; /* bus, device and function: 8, 5 and 3 bits */
  uint16_t vendor, device;
};

/* 32 bits of its configuration space; `offset` is a multiple of 4 below 256. */
uint32_t pci_read(const struct pci_function *f, unsigned offset);
void pci_write(const struct pci_function *f, unsigned offset, uint32_t v);

/* Where its first capability with that id lies, or the next behind `after`. 0: none. */
unsigned pci_capability(const struct pci_function *f, uint8_t id, unsigned after);

/* Have registers mapped: `bytes` from `offset` of one of its memory BARs.
 * returns   their address once sealed; 0: no such BAR, or out of reach */
uint64_t pci_window(const struct pci_function *f, unsigned bar, uint32_t offset, uint32_t bytes);

/* Let it be the master of the bus, and its registers answer. */
void pci_enable(const struct pci_function *f);

/* Have entry 0 of its MSI-X table send VECTOR_DEVICE, from pci_start on. False:
 * it has no such table. */
bool pci_msix(const struct pci_function *f);

/* Drivers look at each function that is found and keep what is theirs. */
void virtio_pci_found(const struct pci_function *f);
void pm_found(const struct pci_function *f);

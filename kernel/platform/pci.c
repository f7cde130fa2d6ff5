/* SPDX-License-Identifier: BSD-2-Clause
 * PCI by configuration mechanism 1, as q35, pc and Cloud Hypervisor have it. The
 * firmware, or the VMM, has numbered the buses and placed the BARs. */
#include "pci.h"

#include <linux/pci_regs.h>
#include <stddef.h>

#include "../cpu/cpu.h"
#include "../dev/e1000.h"
#include "platform.h"
#include "pm.h"

enum { ADDRESS = 0xcf8, DATA = 0xcfc, MULTIFUNCTION = 0x80 };
enum { BUSES_MAX = 32, SLOTS = 32, FUNCTIONS = 8, CAPABILITIES_MAX = 48, MSIX_MAX = 4 };
#define CONFIGURE 0x80000000u
#define NOTHING 0xffffffffu
#define BAR_ADDRESS 0xfffffff0u
#define POOL 0xf0000000u /* for BARs, 192 MiB */
#define POOL_END 0xfc000000u
#define BUS_1 0x100
#define MSI_ADDRESS 0xfee00000u /* the local APIC 0 */

/* Buses that are known and yet to be looked at. Bounded, whatever bridges say. */
struct buses {
  struct {
    uint8_t number, slots;
  } bus[BUSES_MAX];
  unsigned n;
};

static uint64_t msix[MSIX_MAX]; /* tables, sealed addresses */
static unsigned msix_n;

uint32_t pci_read(const struct pci_function *f, unsigned offset) {
  cpu_out32(ADDRESS, CONFIGURE | (uint32_t)f->at << 8 | offset);
  return cpu_in32(DATA);
}

void pci_write(const struct pci_function *f, unsigned offset, uint32_t v) {
  cpu_out32(ADDRESS, CONFIGURE | (uint32_t)f->at << 8 | offset);
  cpu_out32(DATA, v);
}

unsigned pci_capability(const struct pci_function *f, uint8_t id, unsigned after) {
  unsigned at = after ? pci_read(f, after) >> 8 : pci_read(f, PCI_CAPABILITY_LIST);
  for (int i = 0; i < CAPABILITIES_MAX && (at &= 0xfc) >= PCI_STD_HEADER_SIZEOF; i++) {
    uint32_t head = pci_read(f, at);
    if ((uint8_t)head == id)
      return at;
    at = head >> 8;
  }
  return 0;
}

/* A place for a BAR that nobody has placed, as qboot leaves them: between RAM and
 * the I/O APIC of all machines. Not behind a bridge, whose window decides. */
static uint32_t bar_assign(const struct pci_function *f, unsigned reg) {
  static uint32_t next = POOL;
  pci_write(f, reg, NOTHING);
  uint32_t bytes = -(pci_read(f, reg) & BAR_ADDRESS);
  if (bytes == 0 || bytes > POOL_END - next || f->at >= BUS_1)
    return 0;
  uint32_t at = (next + bytes - 1) & -bytes;
  next = at + bytes;
  pci_write(f, reg, at);
  return at;
}

uint64_t pci_window(const struct pci_function *f, unsigned bar, uint32_t offset, uint32_t bytes) {
  if (bar >= PCI_STD_NUM_BARS)
    return 0;
  unsigned reg = PCI_BASE_ADDRESS_0 + 4 * bar;
  uint32_t low = pci_read(f, reg);
  uint64_t at = low & BAR_ADDRESS;
  if (low & PCI_BASE_ADDRESS_SPACE_IO)
    return 0;
  if (low & PCI_BASE_ADDRESS_MEM_TYPE_64)
    at |= (uint64_t)pci_read(f, reg + 4) << 32;
  if (!at)
    at = bar_assign(f, reg);
  return at ? paging_window(at + offset, bytes) : 0;
}

void pci_enable(const struct pci_function *f) {
  pci_write(f, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

bool pci_msix(const struct pci_function *f) {
  unsigned at = pci_capability(f, PCI_CAP_ID_MSIX, 0);
  if (!at || msix_n == MSIX_MAX)
    return false;
  uint32_t table = pci_read(f, at + PCI_MSIX_TABLE);
  uint64_t entry =
      pci_window(f, table & PCI_MSIX_TABLE_BIR, table & PCI_MSIX_TABLE_OFFSET, PCI_MSIX_ENTRY_SIZE);
  if (!entry)
    return false;
  msix[msix_n++] = entry;
  pci_write(f, at, (uint32_t)PCI_MSIX_FLAGS_ENABLE << 16);
  return true;
}

/* A port of PCI Express has one device behind it. */
static void bridge_found(const struct pci_function *f, struct buses *known) {
  unsigned express = pci_capability(f, PCI_CAP_ID_EXP, 0);
  unsigned type = express ? pci_read(f, express) >> 20 & 15 : PCI_EXP_TYPE_PCI_BRIDGE;
  bool port = type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
  uint8_t number = (uint8_t)(pci_read(f, PCI_PRIMARY_BUS) >> 8);
  if (number == 0 || known->n == BUSES_MAX)
    return;
  known->bus[known->n].number = number;
  known->bus[known->n++].slots = port ? 1 : SLOTS;
}

/* True: more functions may be behind this one. */
static bool look(uint16_t at, struct buses *known) {
  struct pci_function f = {.at = at};
  uint32_t id = pci_read(&f, PCI_VENDOR_ID);
  if (id == NOTHING)
    return false;
  f.vendor = (uint16_t)id;
  f.device = (uint16_t)(id >> 16);
  uint8_t header = (uint8_t)(pci_read(&f, PCI_CACHE_LINE_SIZE) >> 16);
  if ((header & ~MULTIFUNCTION) == PCI_HEADER_TYPE_BRIDGE)
    bridge_found(&f, known);
  virtio_pci_found(&f);
  e1000_found(&f);
  pm_found(&f);
  return header & MULTIFUNCTION;
}

/* A firmware's timer may be waiting for an interrupt acknowledge that nobody will
 * give. Masked here the request is withdrawn: masked in the local APIC alone,
 * QEMU would deliver it all the same, without a vector. */
static void mask_pics(void) {
  enum { FIRST = 0x21, SECOND = 0xa1, ALL = 0xff };
  cpu_out8(FIRST, ALL);
  cpu_out8(SECOND, ALL);
}

static bool pci_find(struct lib_span cmdline) {
  struct buses known = {.bus = {{0, SLOTS}}, .n = 1};
  (void)cmdline;
  if (cpu_in32(ADDRESS) == NOTHING)
    return false;
  mask_pics();
  for (unsigned i = 0; i < known.n; i++)
    for (unsigned slot = 0; slot < known.bus[i].slots; slot++) {
      uint16_t at = (uint16_t)(known.bus[i].number << 8 | slot << 3);
      unsigned functions = look(at, &known) ? FUNCTIONS : 1;
      for (unsigned n = 1; n < functions; n++)
        look(at | (uint16_t)n, &known);
    }
  return true;
}

static void pci_start(void) {
  for (unsigned i = 0; i < msix_n; i++) {
    volatile uint32_t *entry = cpu_reg32(msix[i]);
    cpu_reg32_set(&entry[0], MSI_ADDRESS);
    cpu_reg32_set(&entry[1], 0);
    cpu_reg32_set(&entry[2], VECTOR_DEVICE);
    cpu_reg32_set(&entry[3], 0); /* not masked */
  }
}

const struct platform platform_pci = {
    .name = "pci",
    .find = pci_find,
    .start = pci_start,
    .net = {&virtio_net_driver, &e1000_driver},
    .power_asked = pm_asked,
    .power_end = pm_end,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "pm.h"

#include <stdbool.h>

#include "../cpu/cpu.h"
#include "pci.h"

enum { INTEL = 0x8086, PIIX4 = 0x7113, ICH9 = 0x2918 };

/* Configuration: PIIX4 (82371AB) 7.2, ICH9 13.1. Its base, and what turns it on. */
enum { BASE = 0x40, IO = 1, PIIX4_ON = 0x80, ICH9_ON = 0x44, PIIX4_ON_BIT = 1, ICH9_ON_BIT = 0x80 };

/* ACPI 4.8.3.1, 4.8.3.2. The ports are those of the bitmap in gates.S. */
enum { STATUS = 0x600, ENABLE = 0x602, CONTROL = 0x604, BUTTON = 0x100, SLEEP = 0x2000 };

static bool here;

static void turn_on(const struct pci_function *f, unsigned offset, uint32_t bit) {
  pci_write(f, BASE, STATUS | IO);
  pci_write(f, offset, pci_read(f, offset) | bit);
  cpu_out16(ENABLE, BUTTON);
  cpu_out16(STATUS, BUTTON); /* forget what was pressed before */
  here = cpu_in16(ENABLE) == BUTTON;
}

void pm_found(const struct pci_function *f) {
  if (f->vendor == INTEL && f->device == PIIX4)
    turn_on(f, PIIX4_ON, PIIX4_ON_BIT);
  if (f->vendor == INTEL && f->device == ICH9)
    turn_on(f, ICH9_ON, ICH9_ON_BIT);
}

enum kernel_power pm_asked(void) {
  return here && cpu_in16(STATUS) & BUTTON ? KERNEL_POWER_OFF : KERNEL_POWER_ON;
}

/* Of QEMU's sleep states number 0 is S5, off. */
void pm_end(enum kernel_power how) {
  if (here && how == KERNEL_POWER_OFF)
    cpu_out16(CONTROL, SLEEP);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The ports that ring 3 may touch, in the task state (Intel SDM vol. 1, 19.5.2;
 * vol. 3, 8.7), and the stack of ring 0. Ring 3 can write it until paging_seal. */
#include <string.h>

#include "cpu.h"

enum { PORTS_END = 0xd00 };

/* A zero bit grants. Ports from PORTS_END on are refused. */
extern struct {
  uint32_t reserved;
  uint64_t ring0_stack;
  uint8_t unused[90];
  uint16_t ports_at;
  uint8_t ports[PORTS_END / 8 + 1];
} __attribute__((packed)) tss;
extern char ring0_stack_top[];

/* Bits of one byte of the bitmap. */
static const struct {
  uint16_t port;
  uint8_t granted;
} grants[] = {
    {0x60, 1 << 4},          /* 0x64: keyboard controller, for reset */
    {0x70, 1 << 0 | 1 << 1}, /* RTC */
    {0xf0, 1 << 4},          /* 0xf4: QEMU's debug exit */
    {0x3f8, 0xff},           /* serial port */
    {0x600, 0x3f},           /* power management, where kernel/platform/pm.c puts it */
    {0x20, 1 << 1},          /* interrupt controllers: */
    {0xa0, 1 << 1},          /* to be masked */
    {0xcf8, 0xff},           /* PCI configuration */
};
enum { SEALED_FROM = 5 }; /* from this on only until ports_seal */

void ports_init(void) {
  _Static_assert(sizeof tss == TSS_BYTES, "gates.S reserves it");
  tss.ring0_stack = (uint64_t)ring0_stack_top;
  tss.ports_at = (uint16_t)((char *)tss.ports - (char *)&tss);
  memset(tss.ports, 0xff, sizeof tss.ports);
  for (unsigned i = 0; i < sizeof grants / sizeof *grants; i++)
    tss.ports[grants[i].port / 8] = (uint8_t)~grants[i].granted;
}

void ports_seal(void) {
  for (unsigned i = SEALED_FROM; i < sizeof grants / sizeof *grants; i++)
    tss.ports[grants[i].port / 8] = 0xff;
}

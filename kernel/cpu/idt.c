/* SPDX-License-Identifier: BSD-2-Clause
 * The interrupt descriptor table (Intel SDM vol. 3, 6.14.1). Exceptions stay
 * in ring 3; the gates, the wake-up interrupts, NMI and double fault enter
 * ring 0. */
#include "cpu.h"

struct idt_entry {
  uint64_t lo, hi;
};

extern struct idt_entry idt[VECTORS_N];
extern const char trap_stubs[], gate_entry[], double_fault[];
extern const char irq_timer[], irq_device[], irq_xen[], irq_spurious[], irq_nmi[];

enum { STUB_BYTES = 4, EXCEPTIONS_N = 32 };

/* Types with the present bit. A trap gate leaves IF alone; from ring 3 to
 * ring 3 an interrupt gate would clear it for good. */
enum { INTERRUPT = 0x8e, TRAP = 0x8f, CALLABLE = 0xee };

static void set(unsigned vector, const char *handler, unsigned selector, unsigned type) {
  uint64_t at = (uint64_t)handler;
  idt[vector].lo =
      (at & 0xffff) | (uint64_t)selector << 16 | (uint64_t)type << 40 | (at >> 16 & 0xffff) << 48;
  idt[vector].hi = at >> 32;
}

void idt_init(void) {
  for (unsigned v = 0; v < EXCEPTIONS_N; v++)
    set(v, trap_stubs + STUB_BYTES * v, SEL_USER_CODE, TRAP);
  set(VECTOR_NMI, irq_nmi, SEL_KERNEL_CODE, INTERRUPT);
  set(VECTOR_GATE, gate_entry, SEL_KERNEL_CODE, CALLABLE);
  set(VECTOR_DOUBLE_FAULT, double_fault, SEL_KERNEL_CODE, INTERRUPT);
  set(VECTOR_TIMER, irq_timer, SEL_KERNEL_CODE, INTERRUPT);
  set(VECTOR_DEVICE, irq_device, SEL_KERNEL_CODE, INTERRUPT);
  set(VECTOR_XEN, irq_xen, SEL_KERNEL_CODE, INTERRUPT);
  set(VECTOR_SPURIOUS, irq_spurious, SEL_KERNEL_CODE, INTERRUPT);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The CPU as ring 3 sees it: instructions C has no words for, the gates into
 * ring 0, and the set-up calls of boot/start.c. Private to kernel/. */
#pragma once

#include <lib/span.h>
#include <stdbool.h>

#include "layout.h"

/* What traps.S pushes; `rip` to `ss` come from the CPU. */
struct trap_frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  uint64_t vector, error;
  uint64_t rip, cs, rflags, rsp, ss;
};

/* Called from assembly alone, which the optimizer does not see. */
#define CPU_CALLED_FROM_ASM __attribute__((externally_visible))

static inline void cpu_out8(uint16_t port, uint8_t v) {
  __asm__ volatile("outb %0,%1" ::"a"(v), "Nd"(port) : "memory");
}

static inline uint8_t cpu_in8(uint16_t port) {
  uint8_t v;
  __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(port) : "memory");
  return v;
}

static inline void cpu_out16(uint16_t port, uint16_t v) {
  __asm__ volatile("outw %0,%1" ::"a"(v), "Nd"(port) : "memory");
}

static inline uint16_t cpu_in16(uint16_t port) {
  uint16_t v;
  __asm__ volatile("inw %1,%0" : "=a"(v) : "Nd"(port) : "memory");
  return v;
}

static inline void cpu_out32(uint16_t port, uint32_t v) {
  __asm__ volatile("outl %0,%1" ::"a"(v), "Nd"(port) : "memory");
}

static inline uint32_t cpu_in32(uint16_t port) {
  uint32_t v;
  __asm__ volatile("inl %1,%0" : "=a"(v) : "Nd"(port) : "memory");
  return v;
}

static inline uint64_t cpu_tsc(void) {
  uint32_t lo, hi;
  __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
  return (uint64_t)hi << 32 | lo;
}

static inline void cpu_pause(void) {
  __asm__ volatile("pause" ::: "memory");
}

struct cpu_id {
  uint32_t a, b, c, d;
};

static inline struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf) {
  struct cpu_id r;
  __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
  return r;
}

/* A device register of 32 bits. */
static inline volatile uint32_t *cpu_reg32(uint64_t address) {
  return (volatile uint32_t *)address;
}

/* Write one: as a plain store of 0 or of all ones the compiler, told to save bytes,
 * makes an AND or OR with memory, which reads it first, and each is a VM exit. */
static inline void cpu_reg32_set(volatile uint32_t *reg, uint32_t v) {
  __asm__ volatile("movl %1,%0" : "=m"(*reg) : "r"(v) : "memory");
}

static inline uint64_t cpu_gate(unsigned gate, uint64_t rdi) {
  register uint64_t r10 __asm__("r10") = gate;
  uint64_t rax;
  __asm__ volatile("int3" : "=a"(rax) : "r"(r10), "D"(rdi), "a"(0) : "memory");
  return rax;
}

static inline void cpu_wrmsr(uint32_t msr, uint64_t v) {
  register uint64_t r10 __asm__("r10") = GATE_WRMSR;
  __asm__ volatile("int3" ::"r"(r10), "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                   : "memory");
}

/* A call of Xen, as layout.h's HYPERCALL_ puts number and command together. */
static inline int64_t cpu_hypercall(unsigned call) {
  register uint64_t r10 __asm__("r10") = GATE_HYPERCALL;
  int64_t rax = -1;
  __asm__ volatile("int3" : "+a"(rax), "+r"(r10), "+D"(call)::"rsi", "rdx", "r8", "r9", "memory");
  return rax;
}

/* Kept by gates.S. HYPERCALL_BY_*; 0: no hypervisor to call. The argument. */
extern uint8_t hypercall_by;
extern char hypercall_argument[HYPERCALL_ARGUMENT_BYTES];

/* Fill the task state: from here on gates work, and so do the ports that ring 3
 * needs. Some only until ports_seal: the PCI configuration, for one. */
void ports_init(void);
void ports_seal(void);

/* Fill the IDT. Ring 3 may still write it: before paging_seal. */
void idt_init(void);

/* Build the page tables from the linker's symbols and give up the right to
 * change them, MSRs and descriptor tables.
 *
 * ram_end   end of RAM, bytes, a multiple of the page size, at most 1 GiB
 * module    the boot module's pages, made read-only: [module, module_end),
 *           in RAM outside the image; both 0 when there is none */
void paging_seal(uint64_t ram_end, uint64_t module, uint64_t module_end);

/* Have paging_seal map the registers at [base, base + bytes), which may not
 * cross a multiple of 2 MiB.
 * returns   where they can be reached then; 0: they cross one, lie below
 *           BOOT_RAM_MAX, or there are too many windows */
uint64_t paging_window(uint64_t base, uint64_t bytes);

/* Map memory at [base, base + bytes), above RAM, that a hypervisor shares: at its
 * own address, and at once. False: not above the windows, or a second window of
 * 2 MiB beside the APICs'. */
bool paging_shared(uint64_t base, uint64_t bytes);

/* Local APIC: enabled, timer one-shot, all else masked. */
void lapic_init(void);

/* The TSC's rate in kHz, measured against the timer, which QEMU and KVM run at
 * 1 GHz: since lapic_init, for 1 ms at least. */
uint64_t lapic_tsc_khz(void);

/* Route a global interrupt (edge) to VECTOR_DEVICE. */
void ioapic_enable(unsigned gsi);

/* Have VECTOR_TIMER come in `ns` (or earlier). */
void lapic_timer_in(uint64_t ns);

/* Sleep for good. */
_Noreturn void cpu_halt(void);

/* The stack protector's value: set once, by a function that does not return. */
extern uintptr_t __stack_chk_guard;

/* Take over what the panic before the last reset has left. */
void crash_init(void);

/* Begin a report for the boot after this, and add a line to it. */
void crash_begin(void);
void crash_line(struct lib_span line);

/* Kept by gates.S. */
extern volatile struct irq_counts { uint32_t device, timer; } irq_counts;
extern volatile uint32_t watchdog_second; /* ticks of the local APIC timer; 0: not known */
extern volatile uint32_t watchdog_left;   /* seconds until it bites; 0: it does not */

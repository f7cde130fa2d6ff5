/* SPDX-License-Identifier: BSD-2-Clause
 * The devices every machine has, and the set-up calls of boot/start.c.
 * Private to kernel/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Serial port COM1: transmit only. */
void serial_init(void);
void serial_write(const char *p, size_t n);

/* Ask the hypervisor for its clock: by MSR, so before paging_seal. */
void clock_pvclock_init(void);

/* A paravirtual clock, written by the hypervisor: KVM's (Linux
 * Documentation/virt/kvm/x86/msr.rst) and Xen's (struct vcpu_time_info). */
struct pvclock {
  volatile uint32_t version, pad0;
  volatile uint64_t tsc, system_ns;
  volatile uint32_t mul;
  volatile int8_t shift;
  volatile uint8_t flags, pad[2];
};

/* Unix time at which its system_ns was 0. */
struct pvclock_wall {
  volatile uint32_t version, s, ns;
};

/* Take this clock; `whose` is what kernel_clock_name says. */
void clock_pvclock_use(const char *whose, const struct pvclock *clock,
                       const struct pvclock_wall *wall);

/* The hypervisor's own time now; only with such a clock. */
uint64_t clock_pvclock_ns(void);

/* Measure the TSC if there was none, and read the wall clock. */
void clock_init(void);
uint64_t clock_tsc_to_ns(uint64_t tsc);

/* Unix seconds of the CMOS clock, 0 when there is none. */
int64_t rtc_read_unix(void);

/* Seed the generator; refuses to go on without a source. */
void entropy_init(void);

/* Mix `n` bytes from a device into the generator. */
void entropy_mix(const void *p, size_t n);

/* A random stack-protector value; its first byte is 0 to stop strings. */
uintptr_t entropy_stack_guard(void);

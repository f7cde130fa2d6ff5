/* SPDX-License-Identifier: BSD-2-Clause
 * Numbers shared by the assembly and the C of the CPU's tables. */
#pragma once

/* Selectors; the GDT in gates.S has this order. */
#define SEL_BOOT_CODE 0x08
#define SEL_KERNEL_CODE 0x10
#define SEL_KERNEL_DATA 0x18
#define SEL_USER_DATA 0x2b
#define SEL_USER_CODE 0x33
#define SEL_TSS 0x40

/* Interrupt vectors. */
#define VECTOR_NMI 2
#define VECTOR_GATE 3
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_TIMER 0x20
#define VECTOR_DEVICE 0x21
#define VECTOR_XEN 0x22
#define VECTOR_SPURIOUS 0x2f
#define VECTORS_N 0x30

/* Gates into ring 0: the number in R10, then INT3. Arguments and results as
 * stated at each gate in gates.S. */
#define GATE_IDLE 0
#define GATE_CR2 1
#define GATE_RESET 2
#define GATE_RDMSR 3
#define GATE_WRMSR 4
#define GATE_SEAL 5
#define GATE_HYPERCALL 6
#define GATES_N 7

/* Xen: the calls a sealed system may make (number * 256 + command, public
 * headers xen.h, event_channel.h, sched.h), how the CPU makes one, and where
 * the page shared with the hypervisor is put: outside of RAM. */
#define HYPERCALL_EVENT_SEND (32 * 256 + 4)
#define HYPERCALL_EVENT_ALLOC (32 * 256 + 6)
#define HYPERCALL_SHUTDOWN (29 * 256 + 2)
#define HYPERCALL_POLL (29 * 256 + 3)
#define HYPERCALL_BY_VMCALL 1  /* Intel */
#define HYPERCALL_BY_VMMCALL 2 /* AMD */
#define HYPERCALL_ARGUMENT_BYTES 32
#define XEN_SHARED_INFO 0xfe600000

/* Task state with a bit for each port below 0xd00 (kernel/cpu/ports.c). */
#define TSS_BYTES (104 + 0xd00 / 8 + 1)

#define LAPIC_EOI 0xfee000b0
#define LAPIC_TIMER_INITIAL 0xfee00380

#define STACK_BYTES 32768
#define PANIC_STACK_BYTES 8192

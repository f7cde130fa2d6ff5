/* SPDX-License-Identifier: BSD-2-Clause
 * Everything that runs in ring 0 after entry: the descriptor tables, seven
 * gates, four interrupt stubs. All of it lies on pages without the U bit.
 * Ring 3 chooses a gate by number; it cannot choose an address. */
#include "layout.h"

.section .ring0.text,"ax",@progbits
.code64

/* INT3 comes here. In: R10 = gate. The ring-0 stack holds RIP CS RFLAGS RSP SS
 * of the caller. Unknown numbers return at once. */
.globl gate_entry
gate_entry:
  cmpq $GATES_N,%r10
  jae gate_refuse
  jmp *gates(,%r10,8)
gate_refuse:
  iretq

/* In: RDI = the value of irq_counts that ring 3 has dealt with. Sleep until it
 * is another: an interrupt that came since ends the sleep at once, one that
 * comes after the comparison is pending, for IF is 0 in here and STI takes
 * effect only behind the next instruction. From the first sleep on interrupts
 * also come while ring 3 runs, so that the timer reaches a loop that hangs. */
gate_idle:
  orl $0x200,16(%rsp)           /* RFLAGS.IF of the caller */
  cmpq %rdi,irq_counts
  jne gate_refuse
  sti
  hlt
  iretq

/* Out: RAX = CR2, the address of the last page fault. */
gate_cr2:
  movq %cr2,%rax
  iretq

/* Reset the machine: a fault without an IDT is a triple fault. Last resort. */
gate_reset:
  lidt no_idt
  ud2

/* In: ECX = MSR. Out: EDX:EAX. Refused once sealed. */
gate_rdmsr:
  cmpb $0,sealed
  jne gate_refuse
  rdmsr
  iretq

/* In: ECX = MSR, EDX:EAX = value. Refused once sealed: an MSR can move the
 * hypervisor's writes or the system call entry anywhere. */
gate_wrmsr:
  cmpb $0,sealed
  jne gate_refuse
  wrmsr
  iretq

/* In: RDI = page tables (physical). Works once: from here on ring 3 can change
 * neither the tables nor an MSR. */
gate_seal:
  cmpb $0,sealed
  jne gate_refuse
  movb $1,sealed
  movq %rdi,%cr3
  iretq

/* In: EDI = number of a Xen hypercall * 256 + its command. Out: RAX. The
 * argument is always hypercall_argument: Xen reads and writes it with the
 * rights of ring 0, so it must not be ring 3 that says where. Once sealed only
 * calls are let through that cannot have Xen write, map or move a page. */
gate_hypercall:
  cmpb $0,sealed
  je 1f
  cmpl $HYPERCALL_EVENT_SEND,%edi
  je 1f
  cmpl $HYPERCALL_EVENT_ALLOC,%edi
  je 1f
  cmpl $HYPERCALL_POLL,%edi
  je 1f
  cmpl $HYPERCALL_SHUTDOWN,%edi
  jne gate_refuse
1:
  movl %edi,%eax
  shrl $8,%eax
  movzbl %dil,%edi
  movl $hypercall_argument,%esi
  cmpb $HYPERCALL_BY_VMCALL,hypercall_by
  jb gate_refuse
  je 2f
  vmmcall
  iretq
2:
  vmcall
  iretq

/* Interrupts do nothing but count, and so wake gate_idle. */
.globl irq_timer, irq_device, irq_xen, irq_spurious, irq_nmi
/* An event of Xen: nothing to acknowledge at the local APIC, but it comes again
 * until the vCPU's evtchn_upcall_pending, the first byte there, is clear. */
irq_xen:
  incl irq_counts
  pushq %rax
  movl $XEN_SHARED_INFO,%eax
  movb $0,(%rax)
  popq %rax
  iretq

irq_device:
  incl irq_counts
  movabsl %eax,LAPIC_EOI        /* any value */
irq_spurious:
irq_nmi:
  iretq

/* The timer comes again in a second unless ring 3 sets it anew, and each time
 * brings the watchdog nearer: kernel/cpu/idle.c winds it up. */
irq_timer:
  pushq %rax
  movl watchdog_second,%eax
  movabsl %eax,LAPIC_TIMER_INITIAL
  movabsl %eax,LAPIC_EOI
  incl irq_counts+4
  decl watchdog_left
  popq %rax
  je hang
  iretq

/* Go on in ring 3 with the panic stack, in a function that gets RIP and RSP
 * of the moment as arguments. */
hang:
  movl $panic_hang,%ecx
  jmp report
/* The stack is gone, most likely its guard page was hit. */
.globl double_fault
double_fault:
  addq $8,%rsp                  /* the error code is always 0 */
  movl $panic_double_fault,%ecx
report:
  movq 0(%rsp),%rdi             /* RIP */
  movq 24(%rsp),%rsi            /* RSP */
  movq %rcx,0(%rsp)
  movq $panic_stack_top-8,24(%rsp)
  iretq

.section .ring0.data,"aw",@progbits
.balign 16
gates: .quad gate_idle, gate_cr2, gate_reset, gate_rdmsr, gate_wrmsr, gate_seal, \
  gate_hypercall
gdt: .quad 0
  .quad 0x00cf9b000000ffff      /* 0x08 kernel code, 32 bit: on the way from Linux's entry */
  .quad 0x00af9b000000ffff      /* 0x10 kernel code */
  .quad 0x00cf93000000ffff      /* 0x18 kernel data */
  .quad 0x00cffb000000ffff      /* 0x20 user code, 32 bit: unused, keeps Linux's order */
  .quad 0x00cff3000000ffff      /* 0x28 user data */
  .quad 0x00affb000000ffff      /* 0x30 user code */
  .quad 0
  .word TSS_BYTES-1, tss_w0     /* 0x40 TSS; its address is split by link.ld */
  .byte tss_b2, 0x89, 0, tss_b3
  .quad 0
gdt_end:
.globl gdtr, idtr
gdtr: .word gdt_end-gdt-1
  .quad gdt
idtr: .word VECTORS_N*16-1
  .quad idt
no_idt: .word 0
  .quad 0

sealed: .byte 0
.globl hypercall_by
hypercall_by: .byte 0           /* written before the seal, where there is Xen */

/* Filled by ports.c and idt.c before they are sealed. */
.section .ring0.bss,"aw",@nobits
.balign 16
.globl idt, tss, ring0_stack_top
idt: .skip VECTORS_N*16
tss: .skip TSS_BYTES
.balign 16
.skip 256
ring0_stack_top:

.data
.balign 8
.globl irq_counts, watchdog_second, watchdog_left
irq_counts: .quad 0
watchdog_second: .long 0
watchdog_left: .long 0

.bss
.balign 8
.globl hypercall_argument
hypercall_argument: .skip HYPERCALL_ARGUMENT_BYTES
.section .note.GNU-stack,"",@progbits

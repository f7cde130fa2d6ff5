/* SPDX-License-Identifier: BSD-2-Clause
 * Exceptions of ring 3 arrive in ring 3, on the stack in use: each stub pushes
 * its vector and hands a struct trap_frame (cpu.h) to panic_trap, which does
 * not return. */
.text
.altmacro
/* Four bytes each, so that jumps must be short (idt.c). */
.macro STUB n
  pushq $\n
 .if (\n==8)||(\n==10)||(\n==11)||(\n==12)||(\n==13)||(\n==14)||(\n==17)||(\n==21)
  jmp trap_common
 .else
  jmp no_error_code
 .endif
.endm
.globl trap_stubs
trap_stubs:
.set i,0
.rept 32
 STUB %i
 .set i,i+1
.endr
.org trap_stubs + 32*4          /* fails if one was longer */
no_error_code:                  /* from the CPU: 0 in its place */
  pushq (%rsp)
  movq $0,8(%rsp)
trap_common:
  pushq %rax
  pushq %rcx
  pushq %rdx
  pushq %rbx
  pushq %rbp
  pushq %rsi
  pushq %rdi
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  cld
  movq %rsp,%rdi
  movl $panic_stack_top,%esp    /* the other one may be nearly used up */
  call panic_trap
  ud2
.section .note.GNU-stack,"",@progbits

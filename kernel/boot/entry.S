/* SPDX-License-Identifier: BSD-2-Clause
 * Three ways in, one for each protocol of protocol.h: 32 bits with paging off
 * and EBX pointing at the loader's information (PVH, Multiboot2), or long mode
 * with the loader's page tables and RSI pointing at it (Linux). About thirty
 * instructions take us to CPL 3, where everything else runs. Straight-line code:
 * on hypervisors that emulate ring 0 each instruction here costs a microsecond. */
#include "../cpu/layout.h"
#include "protocol.h"

.section .note.Xen,"a",@note
.balign 4
.long 4,4,18                    /* XEN_ELFNOTE_PHYS32_ENTRY */
.asciz "Xen"
.long entry_pvh

/* The header: in the file's first 32 KiB, at a multiple of 8. */
.section .multiboot2,"a"
.balign 8
multiboot2: .long 0xe85250d6, 0, multiboot2_end-multiboot2
  .long -(0xe85250d6+multiboot2_end-multiboot2)
  .short 3,0                    /* where to enter, in place of the ELF's own */
  .long 12, entry_multiboot2, 0
  .short 6,0                    /* modules at pages */
  .long 8
  .short 0,0
  .long 8
multiboot2_end:

.section .ring0.text,"ax",@progbits
.code64
.globl entry_linux
entry_linux:                    /* out of long mode: CR3 can then be ours */
  movl %esi,%ebx
  movl $BOOT_LINUX,%esi
  lgdt gdtr
  ljmpl *entry_compat
.code32
entry_compat_code:
  movl $SEL_KERNEL_DATA,%eax
  movl %eax,%ds
  movl $0x11,%eax               /* CR0: ET PE */
  movl %eax,%cr0
  jmp entry
entry_multiboot2:
  movl $BOOT_MULTIBOOT2,%esi
  jmp entry
entry_pvh:
  movl $BOOT_PVH,%esi
entry:
  rdtsc
  movl %eax,boot_tsc_entry
  movl %edx,boot_tsc_entry+4
  /* Identity map of the first 16 MiB, all of it for ring 3: only until
   * paging.c has made the real tables. The rest of the pages is zero: .bss. */
  movl $(boot_pdpt+7),boot_pml4
  movl $(boot_pd+7),boot_pdpt
.set i,0
.rept 8
  movl $(i*0x200000+0x87),boot_pd+i*8
.set i,i+1
.endr
  movl $0x6a0,%eax              /* CR4: OSXMMEXCPT OSFXSR PGE PAE */
  movl %eax,%cr4
  movl $boot_pml4,%eax
  movl %eax,%cr3
  movl $0xc0000080,%ecx         /* EFER: NXE LME */
  movl $0x900,%eax
  xorl %edx,%edx
  wrmsr
  movl $0x80010033,%eax         /* CR0: PG WP NE ET MP PE */
  movl %eax,%cr0
  lgdt gdtr
  ljmp $SEL_KERNEL_CODE,$1f
.code64
1:
  lidt idtr
  movl $SEL_TSS,%eax
  ltr %ax
  movl $ring3_frame,%esp
  iretq

.text
ring3:                          /* CPL 3, IF = 0 */
  movl $SEL_USER_DATA,%eax
  movl %eax,%ds
  movl %eax,%es
  fninit
  ldmxcsr mxcsr
  movl %ebx,%edi                /* boot_start(address, protocol): RSI is set */
  xorl %ebp,%ebp                /* the end of every backtrace */
  call boot_start
  ud2

.section .rodata
mxcsr: .long 0x1f80             /* all exceptions masked, round to nearest */

.section .ring0.data,"aw",@progbits
.balign 16
entry_compat: .long entry_compat_code, SEL_BOOT_CODE
.balign 8
ring3_frame: .quad ring3, SEL_USER_CODE, 2, stack_top, SEL_USER_DATA

.data
.balign 8
.globl boot_tsc_entry
boot_tsc_entry: .quad 0

.section .bss.boot_tables,"aw",@nobits
.globl boot_pdpt, boot_pd
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
boot_pd: .skip 4096

/* The stacks, each above a guard page that paging.c leaves unmapped. */
.section .bss.stacks,"aw",@nobits
.globl stack_guard, stack_top, panic_guard, panic_stack_top
stack_guard: .skip 4096
.skip STACK_BYTES
stack_top:
panic_guard: .skip 4096
.skip PANIC_STACK_BYTES
panic_stack_top:
.section .note.GNU-stack,"",@progbits

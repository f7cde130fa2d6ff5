/* SPDX-License-Identifier: BSD-2-Clause
 * The head and tail of the loader: entered by QEMU as a PVH kernel, it leaves as
 * the Linux 64-bit protocol asks, with registers as Firecracker sets them. */
.section .note.Xen,"a",@note
.balign 4
.long 4,4,18                    /* XEN_ELFNOTE_PHYS32_ENTRY */
.asciz "Xen"
.long entry

.text
.code32
.globl entry
entry:
  movl $stack_top,%esp
  pushl %ebx
  call loader_main              /* gives the entry's address */
  movl %eax,%edi
  movl $0x9000,%eax             /* page tables, made by loader.c */
  movl %eax,%cr3
  movl $0x20,%eax               /* CR4: PAE */
  movl %eax,%cr4
  movl $0xc0000080,%ecx         /* EFER: LME */
  movl $0x100,%eax
  xorl %edx,%edx
  wrmsr
  movl $0x80000011,%eax         /* CR0: PG ET PE */
  movl %eax,%cr0
  lgdt gdtr
  ljmp $0x10,$1f
.code64
1:
  movl $0x18,%eax
  movl %eax,%ds
  movl %eax,%es
  movl %eax,%ss
  movl $0x8ff0,%esp
  movl $0x7000,%esi             /* boot_params */
  movq $-1,%rbx                 /* nothing is promised of the others */
  movq $-1,%rcx
  movl %edi,%edi
  jmp *%rdi

.data
gdt: .quad 0, 0
  .quad 0x00af9b000000ffff      /* 0x10: __BOOT_CS */
  .quad 0x00cf93000000ffff      /* 0x18: __BOOT_DS */
gdtr: .word 31
  .long gdt
.bss
.balign 16
.skip 4096
stack_top:
.section .note.GNU-stack,"",@progbits

/* SPDX-License-Identifier: BSD-2-Clause
 * How the image was entered: one number for each entry of entry.S. */
#pragma once

#define BOOT_PVH 0        /* Xen public header arch-x86/hvm/start_info.h */
#define BOOT_LINUX 1      /* Linux Documentation/arch/x86/boot.rst, 64-bit protocol */
#define BOOT_MULTIBOOT2 2 /* Multiboot2 Specification 2.0 */

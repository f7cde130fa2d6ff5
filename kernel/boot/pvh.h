/* SPDX-License-Identifier: BSD-2-Clause
 * PVH start information (Xen public header arch-x86/hvm/start_info.h). */
#pragma once

#include <stdint.h>

#include "memmap.h"

#define PVH_MAGIC 0x336ec578u

struct pvh_start_info {
  uint32_t magic, version, flags, modules_n;
  uint64_t modules; /* struct pvh_module[modules_n] */
  uint64_t cmdline; /* NUL-terminated; 0: none */
  uint64_t rsdp;
  uint64_t memmap; /* struct boot_memmap_entry[memmap_n]; version >= 1 */
  uint32_t memmap_n, reserved;
};

struct pvh_module {
  uint64_t addr, size, cmdline, reserved;
};

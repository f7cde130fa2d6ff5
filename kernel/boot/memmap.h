/* SPDX-License-Identifier: BSD-2-Clause
 * The memory map handed over at entry. Pure: tested on the host. */
#pragma once

#include <stdint.h>

/* Layout of the PVH memory map (Xen public header arch-x86/hvm/start_info.h,
 * struct hvm_memmap_table_entry). */
struct boot_memmap_entry {
  uint64_t addr, size;
  uint32_t type, reserved;
};
#define BOOT_MEMMAP_RAM 1

#define BOOT_RANGES_MAX 16

struct boot_range {
  uint64_t from, to; /* bytes, multiples of the page size */
};

struct boot_memmap {
  struct boot_range ram[BOOT_RANGES_MAX]; /* ascending, disjoint, below RAM_MAX */
  unsigned ram_n;
  uint64_t ram_end; /* end of the last range */
};

#define BOOT_RAM_MAX (1ull << 30) /* what lies above is left alone */

/* Read the map into ascending whole pages of RAM.
 *
 * image_end   bytes; all from 1 MiB to here must be RAM
 * least       bytes of RAM the image needs in all
 * returns     NULL, or why this map will not do: a sentence for the console */
const char *boot_memmap_read(const struct boot_memmap_entry *map, uint32_t n, uint64_t image_end,
                             uint64_t least, struct boot_memmap *out);

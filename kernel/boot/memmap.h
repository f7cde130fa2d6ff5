/* SPDX-License-Identifier: BSD-2-Clause
 * The memory map handed over at entry. Pure: tested on the host. */
#pragma once

#include <stdint.h>

#include "info.h"

/* One entry, as PVH and Multiboot2 have it. Linux's ends behind `type`. */
struct boot_memmap_entry {
  uint64_t addr, size;
  uint32_t type, reserved;
};
#define BOOT_MEMMAP_RAM 1
#define BOOT_MEMMAP_ENTRY_LEAST 20 /* bytes of it that are read */

#define BOOT_RANGES_MAX 64 /* a UEFI's map can have dozens */

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
const char *boot_memmap_read(const struct boot_info *info, uint64_t image_end, uint64_t least,
                             struct boot_memmap *out);

/* The pages of the boot module.
 *
 * out       empty when there is none
 * returns   NULL, or why it cannot be used: a sentence for the console */
const char *boot_memmap_module(const struct boot_memmap *map, const struct boot_info *info,
                               uint64_t image_end, struct boot_range *out);

/* Where behind the image `bytes` fit into RAM, the module's pages apart; 0: nowhere. */
uint64_t boot_memmap_room(const struct boot_memmap *map, uint64_t image_end,
                          const struct boot_range *module, uint64_t bytes);

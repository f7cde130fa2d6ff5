/* SPDX-License-Identifier: BSD-2-Clause
 * Page tables: an identity map in which each part of the image has just the
 * rights it needs (Intel SDM vol. 3, 4.5). Built in ring 3, in pages that the
 * tables themselves then withhold from ring 3.
 *
 *   page 0, guard pages, all above RAM    not mapped, but for windows of device
 *                                         registers
 *   ring 0 code and data, these tables    no U bit
 *   code r-x, constants and site r--, everything else rw-  for ring 3 */
#include <kernel/mem.h>
#include <lib/assert.h>

#include "../boot/memmap.h"
#include "cpu.h"

enum { PAGE = 4096, LARGE = 2 << 20, ENTRIES = 512, WINDOWS_MAX = 8 };

#define P 1ull /* present */
#define W 2ull /* writable */
#define U 4ull /* ring 3 */
#define UNCACHED 0x18ull
#define PS 0x80ull /* a large page */
#define NX (1ull << 63)

#define WINDOWS 0xc0000000ull
#define APICS 0xfec00000ull
#define APICS_END 0xff000000ull
#define PHYSICAL_END (1ull << 46)

/* PML4, PDPT, a page directory for RAM and one for windows; the rest are page tables,
 * taken as the image's parts, the boot module and the end of RAM need 4 KiB grain. link.ld puts
 * them on pages: an alignment asked for here would be one of the file too. */
#define TABLES_N 10
static uint64_t tables[TABLES_N][ENTRIES] __attribute__((section(".bss.tables")));
static unsigned tables_used;

extern char image_start[], text_start[], rodata_start[], ring0_data_start[], data_start[],
    stacks_end[], boot_tables_start[], boot_tables_end[], site_start[], image_end[];
extern volatile uint64_t boot_pdpt[], boot_pd[]; /* the entry code's */
extern char stack_guard[], panic_guard[], panic_stack_top[];

static uint64_t *table_new(void) {
  LIB_ASSERT(tables_used < TABLES_N);
  return tables[tables_used++];
}

static uint64_t *table_below(uint64_t *entry) {
  if (!*entry)
    *entry = (uint64_t)table_new() | P | W | U;
  return (uint64_t *)(*entry & ~(uint64_t)(PAGE - 1));
}

/* Map [from, to) onto itself; large pages where the range has them whole. */
static void map(uint64_t *pml4, uint64_t from, uint64_t to, uint64_t bits) {
  uint64_t *pdpt = table_below(&pml4[0]);
  while (from < to) {
    uint64_t *pd = table_below(&pdpt[from >> 30]);
    uint64_t *entry = &pd[from >> 21 & 511];
    if (from % LARGE == 0 && to - from >= LARGE && !*entry) {
      *entry = from | bits | PS;
      from += LARGE;
      continue;
    }
    uint64_t *table = table_below(entry);
    do {
      table[from >> 12 & 511] = from | bits;
      from += PAGE;
    } while (from < to && from % LARGE != 0);
  }
}

static void map_image(uint64_t *pml4) {
  const struct {
    char *from, *to;
    uint64_t bits;
  } parts[] = {
      {image_start, text_start, P},
      {text_start, rodata_start, P | U},
      {rodata_start, ring0_data_start, P | U | NX},
      {ring0_data_start, data_start, P | W | NX},
      {data_start, stack_guard, P | W | U | NX},
      {stack_guard + PAGE, panic_guard, P | W | U | NX},
      {panic_guard + PAGE, panic_stack_top, P | W | U | NX},
      {stacks_end, boot_tables_start, P | NX},
      {boot_tables_start, site_start, P | W | U | NX},
      {site_start, image_end, P | U | NX},
  };
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
    map(pml4, (uint64_t)parts[i].from, (uint64_t)parts[i].to, parts[i].bits);
}

/* Windows of device registers, one behind the other from WINDOWS: wherever they
 * lie physically, one page directory holds them. Every machine has the I/O APICs
 * and the local APIC, which have the last ones, at their own addresses. */
static uint64_t windows[WINDOWS_MAX];
static unsigned windows_n;
static uint64_t shared; /* the window of paging_shared; 0: none */

uint64_t paging_window(uint64_t base, uint64_t bytes) {
  uint64_t window = base & ~(LARGE - 1ull);
  unsigned i = 0;
  if (base < BOOT_RAM_MAX || base >= PHYSICAL_END || base + bytes > window + LARGE)
    return 0;
  while (i < windows_n && windows[i] != window)
    i++;
  if (i == WINDOWS_MAX)
    return 0;
  if (i == windows_n)
    windows[windows_n++] = window;
  return WINDOWS + i * LARGE + (base - window);
}

/* Until the seal the entry code's tables hold, which are ring 3's to write. Their
 * one page directory, whose first entries are RAM's, serves this GiB as well. */
bool paging_shared(uint64_t base, uint64_t bytes) {
  uint64_t window = base & ~(LARGE - 1ull);
  bool with_apics = APICS <= window && window < APICS_END;
  if (window < WINDOWS + WINDOWS_MAX * LARGE || window >= APICS_END ||
      base + bytes > window + LARGE || (!with_apics && shared && shared != window))
    return false;
  if (!with_apics)
    shared = window;
  boot_pdpt[window >> 30] = (uint64_t)boot_pd | P | W | U;
  boot_pd[window >> 21 & 511] = window | P | W | U | PS;
  return true;
}

/* RAM between `from` and `to`, apart from the boot module. */
static void map_ram(uint64_t *pml4, uint64_t from, uint64_t to, uint64_t module,
                    uint64_t module_end) {
  if (module_end <= from || module >= to)
    module = module_end = to;
  map(pml4, from, module, P | W | U | NX);
  map(pml4, module, module_end, P | U | NX);
  map(pml4, module_end, to, P | W | U | NX);
}

void paging_seal(uint64_t ram_end, uint64_t module, uint64_t module_end) {
  uint64_t *pml4 = table_new();
  map_ram(pml4, PAGE, (uint64_t)image_start, module, module_end);
  map_image(pml4);
  map_ram(pml4, (uint64_t)image_end, ram_end, module, module_end);
  map(pml4, APICS, APICS_END, P | W | U | UNCACHED | NX);
  for (unsigned i = 0; i < windows_n; i++)
    table_below(&table_below(&pml4[0])[WINDOWS >> 30])[i] =
        windows[i] | P | W | U | UNCACHED | NX | PS;
  if (shared)
    map(pml4, shared, shared + LARGE, P | W | U | NX);
  cpu_gate(GATE_SEAL, (uint64_t)pml4);
}

uint32_t kernel_stack_high_water(void) {
  const uint64_t *word = (const uint64_t *)(stack_guard + PAGE);
  while (word < (const uint64_t *)panic_guard && *word == 0)
    word++;
  return (uint32_t)(panic_guard - (const char *)word);
}

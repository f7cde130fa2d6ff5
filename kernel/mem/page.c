/* SPDX-License-Identifier: BSD-2-Clause
 * Pages: one byte for each page of RAM names its owner; 0 is free. That byte
 * is the allocator's only state and the account at once. */
#include <kernel/mem.h>
#include <lib/assert.h>
#include <lib/limits.h>
#include <string.h>

#include "page.h"

static uint8_t *owner_of; /* [pages_n] */
static size_t pages_n;
static size_t next; /* where the last search ended */

extern char image_start[], text_start[], rodata_start[], ring0_data_start[], data_start[],
    stack_guard[], stacks_end[], boot_tables_start[], boot_tables_end[], crash_page[], site_start[],
    image_end[];

static void *take(size_t first, size_t n, enum memstat_owner owner) {
  memset(owner_of + first, owner, n);
  memstat_move(MEMSTAT_FREE, owner, n * KERNEL_PAGE);
  return (void *)(first * KERNEL_PAGE);
}

void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  size_t run = 0;
  if (n > kernel_page_free_bytes() / KERNEL_PAGE)
    goto refuse;
  for (size_t seen = 0, at = next; seen < pages_n + n; seen++, at++) {
    if (at >= pages_n) {
      at = 0; /* a run does not continue from the end to the start */
      run = 0;
    }
    run = owner_of[at] == MEMSTAT_FREE ? run + 1 : 0;
    if (run < n)
      continue;
    next = at + 1;
    return take(at + 1 - n, n, owner);
  }
refuse:
  memstat_refuse(owner);
  return NULL;
}

void kernel_page_free(void *p, size_t n) {
  size_t first = (size_t)p / KERNEL_PAGE;
  enum memstat_owner owner = owner_of[first];
  LIB_ASSERT(owner != MEMSTAT_FREE && first + n <= pages_n);
  for (size_t i = first; i < first + n; i++)
    LIB_ASSERT(owner_of[i] == owner);
  memset(owner_of + first, MEMSTAT_FREE, n);
  memstat_move(owner, MEMSTAT_FREE, n * KERNEL_PAGE);
  if (first < next)
    next = first; /* low memory first: what was never used stays untouched */
}

size_t kernel_page_free_bytes(void) {
  return memstat_row(MEMSTAT_FREE)->bytes;
}

bool kernel_page_short(void) {
  return kernel_page_free_bytes() < pages_n * KERNEL_PAGE / LIMIT_RESERVE_SHARE;
}

void kernel_page_audit(void) {
  uint64_t pages[MEMSTAT_OWNERS_N] = {0};
  for (size_t i = 0; i < pages_n; i++)
    pages[owner_of[i]]++;
  for (unsigned i = 0; i < MEMSTAT_OWNERS_N; i++)
    LIB_ASSERT(pages[i] * KERNEL_PAGE == memstat_row(i)->bytes);
}

/* [from, to) changes hands; bytes, rounded to pages outward. */
static void assign(uint64_t from, uint64_t to, enum memstat_owner old, enum memstat_owner owner) {
  size_t first = from / KERNEL_PAGE, n = (to + KERNEL_PAGE - 1) / KERNEL_PAGE - first;
  memset(owner_of + first, owner, n);
  memstat_move(old, owner, n * KERNEL_PAGE);
}

static void assign_image(void) {
  const struct {
    char *from, *to;
    enum memstat_owner owner;
  } parts[] = {
      {image_start, rodata_start, MEMSTAT_TEXT},
      {rodata_start, ring0_data_start, MEMSTAT_RODATA},
      {ring0_data_start, data_start, MEMSTAT_PAGE_TABLES},
      {data_start, stack_guard, MEMSTAT_DATA},
      {stack_guard, stacks_end, MEMSTAT_STACK},
      {stacks_end, boot_tables_start, MEMSTAT_PAGE_TABLES},
      {boot_tables_end, crash_page, MEMSTAT_DATA},
      {crash_page, site_start, MEMSTAT_LOG},
      {site_start, image_end, MEMSTAT_SITE},
  };
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
    assign((uint64_t)parts[i].from, (uint64_t)parts[i].to, MEMSTAT_FREE, parts[i].owner);
}

void page_reserve(uint64_t from) {
  uint64_t end = pages_n * KERNEL_PAGE;
  for (; from < end; from += KERNEL_PAGE)
    if (owner_of[from / KERNEL_PAGE] == MEMSTAT_FREE)
      assign(from, from + KERNEL_PAGE, MEMSTAT_FREE, MEMSTAT_RESERVED);
}

void page_init(const struct boot_memmap *map, const struct boot_range *module) {
  pages_n = map->ram_end / KERNEL_PAGE;
  owner_of = (uint8_t *)boot_memmap_room(map, (uint64_t)image_end, module, pages_n);
  LIB_ASSERT(owner_of);
  memset(owner_of, MEMSTAT_RESERVED, pages_n);
  uint64_t ram = 0;
  for (unsigned i = 0; i < map->ram_n; i++) {
    uint64_t n = map->ram[i].to - map->ram[i].from;
    memset(owner_of + map->ram[i].from / KERNEL_PAGE, MEMSTAT_FREE, n / KERNEL_PAGE);
    ram += n;
  }
  memstat_add(MEMSTAT_FREE, ram);
  memstat_add(MEMSTAT_RESERVED, map->ram_end - ram);
  if (map->ram[0].from == 0) /* page 0 is not mapped, so that NULL faults */
    assign(0, KERNEL_PAGE, MEMSTAT_FREE, MEMSTAT_RESERVED);
  assign_image();
  assign(module->from, module->to, MEMSTAT_FREE, MEMSTAT_SITE);
  assign((uint64_t)owner_of, (uint64_t)owner_of + pages_n, MEMSTAT_FREE, MEMSTAT_PAGE_MAP);
  next = 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "memmap.h"

enum { PAGE = 4096, IMAGE_START = 1 << 20 };

/* The whole pages of RAM in one entry; empty when there are none below the limit. */
static struct boot_range pages_of(const struct boot_memmap_entry *e) {
  uint64_t to = e->addr + e->size;
  if (to < e->addr || to > BOOT_RAM_MAX)
    to = BOOT_RAM_MAX;
  struct boot_range r = {(e->addr + PAGE - 1) & ~(uint64_t)(PAGE - 1), to & ~(uint64_t)(PAGE - 1)};
  if (e->type != BOOT_MEMMAP_RAM || e->addr >= BOOT_RAM_MAX || r.from >= r.to)
    return (struct boot_range){0, 0};
  return r;
}

/* Insert in order. False when it overlaps another or there is no room. */
static int insert(struct boot_memmap *m, struct boot_range r) {
  unsigned at = m->ram_n;
  if (m->ram_n == BOOT_RANGES_MAX)
    return 0;
  for (; at > 0 && m->ram[at - 1].from >= r.from; at--)
    m->ram[at] = m->ram[at - 1];
  m->ram[at] = r;
  m->ram_n++;
  return (at == 0 || m->ram[at - 1].to <= r.from) &&
         (at + 1 == m->ram_n || r.to <= m->ram[at + 1].from);
}

static int holds(const struct boot_memmap *m, uint64_t from, uint64_t to) {
  for (unsigned i = 0; i < m->ram_n; i++)
    if (m->ram[i].from <= from && to <= m->ram[i].to)
      return 1;
  return 0;
}

const char *boot_memmap_read(const struct boot_memmap_entry *map, uint32_t n, uint64_t image_end,
                             uint64_t least, struct boot_memmap *out) {
  *out = (struct boot_memmap){0};
  for (uint32_t i = 0; i < n; i++) {
    struct boot_range r = pages_of(&map[i]);
    if (r.to && !insert(out, r))
      return "the memory map has overlapping or too many entries";
  }
  if (out->ram_n == 0)
    return "the memory map names no RAM";
  out->ram_end = out->ram[out->ram_n - 1].to;
  if (out->ram_end < least)
    return "this image needs more RAM";
  if (!holds(out, IMAGE_START, image_end))
    return "the memory map has no RAM where the image lies";
  return 0;
}

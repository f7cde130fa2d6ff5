/* SPDX-License-Identifier: BSD-2-Clause */
#include "memmap.h"

#include <string.h>

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

/* One range where one ends as the next begins: a part of RAM must not look like
 * two because its entries are. */
static void merge(struct boot_memmap *m) {
  unsigned n = 0;
  for (unsigned i = 0; i < m->ram_n; i++)
    if (n > 0 && m->ram[n - 1].to == m->ram[i].from)
      m->ram[n - 1].to = m->ram[i].to;
    else
      m->ram[n++] = m->ram[i];
  m->ram_n = n;
}

const char *boot_memmap_read(const struct boot_info *info, uint64_t image_end, uint64_t least,
                             struct boot_memmap *out) {
  out->ram_n = 0;
  for (uint32_t i = 0; i < info->memmap_n; i++) {
    struct boot_memmap_entry e;
    memcpy(&e, info->memmap + (uint64_t)i * info->memmap_stride, BOOT_MEMMAP_ENTRY_LEAST);
    struct boot_range r = pages_of(&e);
    if (r.to && !insert(out, r))
      return "the memory map has overlapping or too many entries";
  }
  if (out->ram_n == 0)
    return "the memory map names no RAM";
  merge(out);
  out->ram_end = out->ram[out->ram_n - 1].to;
  if (out->ram_end < least)
    return "this image needs more RAM";
  if (!holds(out, IMAGE_START, image_end))
    return "the memory map has no RAM where the image lies";
  return 0;
}

const char *boot_memmap_module(const struct boot_memmap *map, const struct boot_info *info,
                               uint64_t image_end, struct boot_range *out) {
  uint64_t from = info->module, to = from + info->module_bytes;
  *out = (struct boot_range){0, 0};
  if (info->module_bytes == 0)
    return 0;
  *out = (struct boot_range){from & ~(PAGE - 1ull), (to + PAGE - 1) & ~(PAGE - 1ull)};
  if (to < from || to > BOOT_RAM_MAX || from < PAGE || !holds(map, out->from, out->to) ||
      (out->from < image_end && out->to > IMAGE_START))
    return "the boot module is not in the RAM that is used (the first 1 GiB)";
  return 0;
}

uint64_t boot_memmap_room(const struct boot_memmap *map, uint64_t image_end,
                          const struct boot_range *module, uint64_t bytes) {
  for (unsigned i = 0; i < map->ram_n; i++) {
    uint64_t at = map->ram[i].from > image_end ? map->ram[i].from : image_end;
    if (module->from < at + bytes && at < module->to)
      at = module->to;
    if (at + bytes <= map->ram[i].to)
      return at;
  }
  return 0;
}

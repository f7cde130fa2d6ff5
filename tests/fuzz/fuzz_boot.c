/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as what a loader hands over: the first chooses the protocol. What is
 * accepted must be RAM that the page allocator can be given. */
#include "../unit/loader_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PAGE = 4096, IMAGE_START = 1 << 20, IMAGE_END = 2 << 20, LEAST = 3 << 20 };

static void want(int holds) {
  if (!holds)
    abort();
}

static int in_ram(const struct boot_memmap *map, uint64_t from, uint64_t to) {
  for (unsigned i = 0; i < map->ram_n; i++)
    if (map->ram[i].from <= from && to <= map->ram[i].to)
      return 1;
  return 0;
}

static void check_ram(const struct boot_memmap *map) {
  for (unsigned i = 0; i < map->ram_n; i++) {
    want(map->ram[i].from < map->ram[i].to && map->ram[i].to <= BOOT_RAM_MAX);
    want(map->ram[i].from % PAGE == 0 && map->ram[i].to % PAGE == 0);
    want(i == 0 || map->ram[i - 1].to < map->ram[i].from);
  }
  want(map->ram_end == map->ram[map->ram_n - 1].to && map->ram_end >= LEAST);
  want(in_ram(map, IMAGE_START, IMAGE_END));
}

static void check_module(const struct boot_memmap *map, const struct boot_range *module) {
  uint64_t bytes = map->ram_end / PAGE, room = boot_memmap_room(map, IMAGE_END, module, bytes);
  if (module->to) {
    want(module->from >= PAGE && in_ram(map, module->from, module->to));
    want(module->to <= IMAGE_START || module->from >= IMAGE_END);
  }
  if (room) {
    want(room >= IMAGE_END && in_ram(map, room, room + bytes));
    want(room >= module->to || room + bytes <= module->from);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct boot_info info;
  struct boot_memmap map;
  struct boot_range module;
  if (n == 0)
    return 0;
  loader_load(data + 1, n - 1);
  if (boot_info_read(data[0] % 3, LOADER_AT, loader_reach, &info))
    return 0;
  for (size_t i = 0; i < info.cmdline.n; i++)
    want(info.cmdline.p[i] != 0);
  if (boot_memmap_read(&info, IMAGE_END, LEAST, &map))
    return 0;
  check_ram(&map);
  if (!boot_memmap_module(&map, &info, IMAGE_END, &module))
    check_module(&map, &module);
  return 0;
}

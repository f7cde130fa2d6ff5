/* SPDX-License-Identifier: BSD-2-Clause
 * The boot, from the first C instruction in ring 3 to app_main: read it as a
 * list. What the entry handed over is copied before memory is given out. */
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/mem.h>
#include <kernel/panic.h>
#include <lib/assert.h>
#include <string.h>

#include "../cpu/cpu.h"
#include "../dev/dev.h"
#include "../mem/page.h"
#include "../platform/platform.h"
#include "pvh.h"

#define CMDLINE_MAX 2048       /* bytes, as in Linux */
#define RAM_LEAST (3ull << 20) /* bytes: with less, no connection would fit */

extern char image_start[], image_end[], site_start[], site_end[];

static char cmdline[CMDLINE_MAX];
static size_t cmdline_n;
static struct lib_span module;

struct lib_span kernel_boot_cmdline(void) {
  return (struct lib_span){cmdline, cmdline_n};
}

struct lib_span kernel_boot_site(void) {
  return (struct lib_span){site_start, (size_t)(site_end - site_start)};
}

struct lib_span kernel_boot_module(void) {
  return module;
}

static void read_cmdline(const struct pvh_start_info *info) {
  if (info->cmdline)
    cmdline_n = strnlen((const char *)info->cmdline, CMDLINE_MAX);
  if (cmdline_n)
    memcpy(cmdline, (const void *)info->cmdline, cmdline_n);
}

/* The first module's pages; empty when there is none or it lies outside RAM. */
static struct boot_range read_module(const struct pvh_start_info *info, uint64_t ram_end) {
  const struct pvh_module *m = (const void *)info->modules;
  if (info->modules_n == 0 || m->size == 0 || m->addr < (uint64_t)image_end || m->addr > ram_end ||
      m->size > ram_end - m->addr)
    return (struct boot_range){0, 0};
  module = (struct lib_span){(const char *)m->addr, m->size};
  return (struct boot_range){m->addr & ~(KERNEL_PAGE - 1ull),
                             (m->addr + m->size + KERNEL_PAGE - 1) & ~(KERNEL_PAGE - 1ull)};
}

/* Everything about memory: from here on it has owners and rights. */
static void boot_memory(const struct pvh_start_info *info) {
  struct boot_memmap map;
  if (info->magic != PVH_MAGIC || info->version < 1)
    kernel_refuse("no PVH start information with a memory map");
  const char *why = boot_memmap_read((const void *)info->memmap, info->memmap_n,
                                     (uint64_t)image_end, RAM_LEAST, &map);
  if (why)
    kernel_refuse(why);
  read_cmdline(info);
  platform_find(kernel_boot_cmdline());
  struct boot_range module_pages = read_module(info, map.ram_end);
  if (module_pages.to)
    paging_seal(map.ram_end, module_pages.from, module_pages.to);
  else
    paging_seal(map.ram_end, map.ram_end, map.ram_end);
  page_init(&map, &module_pages);
}

CPU_CALLED_FROM_ASM _Noreturn void boot_start(const struct pvh_start_info *info);
_Noreturn void boot_start(const struct pvh_start_info *info) {
  uint64_t ring3_tsc = cpu_tsc();
  idt_init();
  serial_init();
  clock_pvclock_init();
  boot_memory(info);
  clock_init();
  memstat_vm.boot_ring3_ns = clock_tsc_to_ns(ring3_tsc);
  crash_init();
  memstat_vm.image_bytes = (uint32_t)(image_end - image_start);
  lapic_init();
  if (platform_here()->start)
    platform_here()->start();
  entropy_init();
  __stack_chk_guard = entropy_stack_guard();
  memstat_vm.boot_devices_ns = kernel_clock_ns();
  app_main();
}

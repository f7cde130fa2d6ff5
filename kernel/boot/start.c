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

#define LARGE (2ull << 20)     /* bytes of a large page */
#define RAM_LEAST (3ull << 20) /* bytes: with less, no connection would fit */

extern char image_start[], image_end[], site_start[], site_end[];
extern volatile uint64_t boot_pd[]; /* the entry code's large pages, RAM_MAX of them */

static char cmdline[BOOT_CMDLINE_MAX];
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

/* The entry code maps the first 16 MiB. A loader may have put its information
 * higher: large pages more, one for each that is asked for. */
static const char *reach(uint64_t addr, uint64_t n) {
  if (addr >= BOOT_RAM_MAX || n > BOOT_RAM_MAX - addr)
    return NULL;
  for (uint64_t page = addr / LARGE; page * LARGE < addr + n; page++)
    if (boot_pd[page] == 0)
      boot_pd[page] = page * LARGE | boot_pd[0];
  __asm__ volatile("" ::: "memory"); /* no read before its page is there */
  return (const char *)addr;
}

static void refuse_if(const char *why) {
  if (why)
    kernel_refuse(why);
}

/* Everything about memory: from here on it has owners and rights. */
static void boot_memory(unsigned protocol, uint64_t addr) {
  struct boot_info info;
  struct boot_memmap map;
  struct boot_range module_pages;
  refuse_if(boot_info_read(protocol, addr, reach, &info));
  cmdline_n = info.cmdline.n < BOOT_CMDLINE_MAX ? info.cmdline.n : BOOT_CMDLINE_MAX;
  memcpy(cmdline, info.cmdline.p, cmdline_n);
  platform_find(kernel_boot_cmdline());
  refuse_if(boot_memmap_read(&info, (uint64_t)image_end, RAM_LEAST, &map));
  refuse_if(boot_memmap_module(&map, &info, (uint64_t)image_end, &module_pages));
  module = (struct lib_span){(const char *)info.module, info.module_bytes};
  ports_seal();
  paging_seal(map.ram_end, module_pages.from, module_pages.to);
  page_init(&map, &module_pages);
}

CPU_CALLED_FROM_ASM _Noreturn void boot_start(uint64_t addr, unsigned protocol);
_Noreturn void boot_start(uint64_t addr, unsigned protocol) {
  uint64_t ring3_tsc = cpu_tsc();
  idt_init();
  ports_init();
  serial_init();
  clock_pvclock_init();
  boot_memory(protocol, addr);
  crash_init();
  memstat_vm.image_bytes = (uint32_t)(image_end - image_start);
  lapic_init();
  if (platform_here()->start)
    platform_here()->start();
  entropy_init();
  clock_init();
  memstat_vm.boot_ring3_ns = clock_tsc_to_ns(ring3_tsc);
  __stack_chk_guard = entropy_stack_guard();
  memstat_vm.boot_devices_ns = kernel_clock_ns();
  app_main();
}

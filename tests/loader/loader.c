/* SPDX-License-Identifier: BSD-2-Clause
 * A boot loader that stands in for a VMM of the Linux 64-bit boot protocol: it
 * loads the ELF file in its boot module and enters it as Firecracker would, with
 * Firecracker's addresses. QEMU loads no ELF file that way itself.
 *
 * The module: the ELF file, padded to a page, and a pack of less than 380 KiB or
 * nothing. */
#include <stdint.h>

enum { BOOT_PARAMS = 0x7000, PML4 = 0x9000, PDPT = 0xa000, PD = 0xb000, CMDLINE = 0x20000 };
enum { PACK = 0x30000 }; /* below the image: the protocol allows it anywhere */
enum { E820_MAX = 8, PAGE = 4096, PT_LOAD = 1 };

struct start_info {
  uint32_t magic, version, flags, modules_n;
  uint64_t modules, cmdline, rsdp, memmap;
  uint32_t memmap_n, reserved;
};
struct module {
  uint64_t addr, size, cmdline, reserved;
};
struct memmap_entry {
  uint64_t addr, size;
  uint32_t type, reserved;
};
struct e820_entry {
  uint64_t addr, size;
  uint32_t type;
} __attribute__((packed));
struct elf_head {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version;
  uint64_t entry, phoff, shoff;
  uint32_t flags;
  uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
  uint32_t type, flags;
  uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

#define AT(type, address) ((type *)(uintptr_t)(address))

static void fill(uint32_t to, uint8_t v, uint32_t n) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(v) : "memory");
}

static void copy(uint32_t to, uint32_t from, uint32_t n) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

/* The first GiB onto itself, in large pages. */
static void make_page_tables(void) {
  fill(PML4, 0, 3 * PAGE);
  *AT(uint64_t, PML4) = PDPT + 3;
  *AT(uint64_t, PDPT) = PD + 3;
  for (uint32_t i = 0; i < 512; i++)
    AT(uint64_t, PD)[i] = (uint64_t)i << 21 | 0x83;
}

/* Copy the segments to where they belong, as they follow one another; their
 * memory is zero already. Gives the size of the file, which ends with a segment,
 * in whole pages. */
static uint32_t load(uint32_t file) {
  const struct elf_head *head = AT(struct elf_head, file);
  const struct elf_segment *segment = AT(struct elf_segment, file + (uint32_t)head->phoff);
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < head->phnum; i++) {
    uint32_t end = (uint32_t)(segment[i].offset + segment[i].filesz);
    bytes = end > bytes ? end : bytes;
    if (segment[i].type == PT_LOAD)
      copy((uint32_t)segment[i].paddr, file + (uint32_t)segment[i].offset,
           (uint32_t)segment[i].filesz);
  }
  return (bytes + PAGE - 1) & ~(PAGE - 1u);
}

static void make_boot_params(const struct start_info *info, uint32_t pack_bytes) {
  const struct memmap_entry *map = AT(struct memmap_entry, info->memmap);
  struct e820_entry *e820 = AT(struct e820_entry, BOOT_PARAMS + 0x2d0);
  fill(BOOT_PARAMS, 0, PAGE);
  *AT(uint16_t, BOOT_PARAMS + 0x1fe) = 0xaa55;
  *AT(uint32_t, BOOT_PARAMS + 0x202) = 0x53726448; /* HdrS */
  *AT(uint8_t, BOOT_PARAMS + 0x210) = 0xff;        /* type of loader: none of the list */
  *AT(uint32_t, BOOT_PARAMS + 0x228) = CMDLINE;
  if (pack_bytes) {
    *AT(uint32_t, BOOT_PARAMS + 0x218) = PACK;
    *AT(uint32_t, BOOT_PARAMS + 0x21c) = pack_bytes;
  }
  for (uint32_t i = 0; i < info->memmap_n && i < E820_MAX; i++) {
    e820[i] = (struct e820_entry){map[i].addr, map[i].size, map[i].type};
    *AT(uint8_t, BOOT_PARAMS + 0x1e8) = (uint8_t)(i + 1);
  }
}

uint32_t loader_main(const struct start_info *from);
uint32_t loader_main(const struct start_info *from) {
  struct start_info info = *from; /* it may lie where we write */
  struct module module = *AT(struct module, info.modules);
  struct memmap_entry map[E820_MAX];
  uint32_t file = (uint32_t)module.addr, n = info.memmap_n < E820_MAX ? info.memmap_n : E820_MAX;
  copy((uint32_t)(uintptr_t)map, (uint32_t)info.memmap, n * (uint32_t)sizeof *map);
  info.memmap = (uint32_t)(uintptr_t)map;
  copy(CMDLINE, (uint32_t)info.cmdline, 2048);
  uint32_t bytes = load(file);
  uint32_t pack_bytes = module.size > bytes ? (uint32_t)module.size - bytes : 0;
  copy(PACK, file + bytes, pack_bytes);
  make_boot_params(&info, pack_bytes);
  make_page_tables();
  return (uint32_t)AT(struct elf_head, file)->entry;
}

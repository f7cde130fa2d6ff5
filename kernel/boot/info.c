/* SPDX-License-Identifier: BSD-2-Clause
 * The three protocols: a struct of pointers (PVH), a page with fields at fixed
 * offsets (Linux), a list of tags (Multiboot2). Their bytes are foreign: each is
 * reached for before it is read. All number RAM 1 in their memory maps. */
#include "info.h"

#include <string.h>

#include "memmap.h"

static uint32_t u32_at(const char *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static uint64_t u64_at(const char *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

/* The text at `addr` up to its NUL, or to what can be reached. */
static struct lib_span text_at(uint64_t addr, boot_reach *reach) {
  struct lib_span text = {addr ? reach(addr, 1) : NULL, 0};
  if (!text.p)
    return text;
  for (const char *c; text.n < BOOT_CMDLINE_MAX && (c = reach(addr + text.n, 1)) && *c;)
    text.n++;
  return text;
}

/* struct hvm_start_info and struct hvm_modlist_entry. The memory map is there
 * since version 1. */
static const char *read_pvh(uint64_t addr, boot_reach *reach, struct boot_info *out) {
  enum { MAGIC = 0x336ec578, INFO_BYTES = 56, MODULE_BYTES = 32 };
  const char *info = reach(addr, INFO_BYTES), *module;
  if (!info || u32_at(info) != MAGIC || u32_at(info + 4) < 1)
    return "no PVH start information with a memory map";
  out->cmdline = text_at(u64_at(info + 24), reach);
  out->memmap_n = u32_at(info + 48);
  out->memmap_stride = sizeof(struct boot_memmap_entry);
  out->memmap = reach(u64_at(info + 40), (uint64_t)out->memmap_n * out->memmap_stride);
  if (u32_at(info + 12) && (module = reach(u64_at(info + 16), MODULE_BYTES))) {
    out->module = u64_at(module);
    out->module_bytes = u64_at(module + 8);
  }
  return NULL;
}

/* struct boot_params, the "zero page". The upper halves of addresses have
 * fields of their own. */
static const char *read_linux(uint64_t addr, boot_reach *reach, struct boot_info *out) {
  enum { BYTES = 4096, ENTRIES_N = 0x1e8, HDRS = 0x202, ENTRIES = 0x2d0, ENTRIES_MAX = 128 };
  enum { RAMDISK = 0x218, RAMDISK_HIGH = 0xc0, RAMDISK_BYTES = 0x21c, RAMDISK_BYTES_HIGH = 0xc4 };
  enum { CMDLINE = 0x228, CMDLINE_HIGH = 0xc8 };
  const char *p = reach(addr, BYTES);
  if (!p || memcmp(p + HDRS, "HdrS", 4) != 0)
    return "no Linux boot parameters";
  uint8_t n = (uint8_t)p[ENTRIES_N];
  out->memmap = p + ENTRIES;
  out->memmap_n = n < ENTRIES_MAX ? n : ENTRIES_MAX;
  out->memmap_stride = BOOT_MEMMAP_ENTRY_LEAST;
  out->cmdline = text_at(u32_at(p + CMDLINE) | (uint64_t)u32_at(p + CMDLINE_HIGH) << 32, reach);
  out->module = u32_at(p + RAMDISK) | (uint64_t)u32_at(p + RAMDISK_HIGH) << 32;
  out->module_bytes = u32_at(p + RAMDISK_BYTES) | (uint64_t)u32_at(p + RAMDISK_BYTES_HIGH) << 32;
  return NULL;
}

/* One tag of `size` bytes with its head. */
static void read_tag(const char *tag, uint32_t size, struct boot_info *out) {
  enum { CMDLINE = 1, MODULE = 3, MEMMAP = 6, HEAD = 8, MODULE_HEAD = 16, MEMMAP_HEAD = 16 };
  uint32_t type = u32_at(tag);
  if (type == CMDLINE)
    out->cmdline = (struct lib_span){tag + HEAD, strnlen(tag + HEAD, size - HEAD)};
  if (type == MODULE && size >= MODULE_HEAD && out->module_bytes == 0) {
    uint32_t from = u32_at(tag + 8), to = u32_at(tag + 12);
    out->module = from;
    out->module_bytes = to > from ? to - from : 0;
  }
  if (type == MEMMAP && size >= MEMMAP_HEAD && u32_at(tag + 8) >= BOOT_MEMMAP_ENTRY_LEAST) {
    out->memmap = tag + MEMMAP_HEAD;
    out->memmap_stride = u32_at(tag + 8);
    out->memmap_n = (size - MEMMAP_HEAD) / out->memmap_stride;
  }
}

/* 3.4: a head of 8 bytes with the size of all, then tags, each at a multiple of 8. */
static const char *read_multiboot2(uint64_t addr, boot_reach *reach, struct boot_info *out) {
  enum { HEAD = 8, END = 0 };
  const char *info = reach(addr, HEAD);
  uint32_t bytes = info ? u32_at(info) : 0;
  info = reach(addr, bytes);
  for (uint32_t at = HEAD; info && at <= bytes && bytes - at >= HEAD;) {
    uint32_t size = u32_at(info + at + 4);
    if (size < HEAD || size > bytes - at)
      break;
    if (u32_at(info + at) == END)
      return NULL;
    read_tag(info + at, size, out);
    at += (size + 7) & ~7u; /* no overflow: `bytes` can be reached */
  }
  return "the Multiboot2 information is damaged";
}

const char *boot_info_read(unsigned protocol, uint64_t addr, boot_reach *reach,
                           struct boot_info *out) {
  static const char *(*const readers[])(uint64_t, boot_reach *, struct boot_info *) = {
      [BOOT_PVH] = read_pvh, [BOOT_LINUX] = read_linux, [BOOT_MULTIBOOT2] = read_multiboot2};
  *out = (struct boot_info){0};
  const char *why = readers[protocol](addr, reach, out);
  if (!why && !out->memmap)
    out->memmap_n = 0;
  return why;
}

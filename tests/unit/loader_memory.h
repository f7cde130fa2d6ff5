/* SPDX-License-Identifier: BSD-2-Clause
 * A loader's memory made up for tests: bytes that lie at an address of it, and
 * nothing around them. The buffer ends where malloc's does, so that the
 * sanitizers see a read behind it. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "kernel/boot/memmap.h"

#define LOADER_AT 0x10000u

static char *loader_memory;
static size_t loader_bytes;

static inline const char *loader_reach(uint64_t addr, uint64_t n) {
  if (addr < LOADER_AT || addr - LOADER_AT > loader_bytes || n > loader_bytes - (addr - LOADER_AT))
    return NULL;
  return loader_memory + (addr - LOADER_AT);
}

/* Have `n` bytes in memory until the next call. */
static inline void loader_load(const void *p, size_t n) {
  free(loader_memory);
  loader_memory = malloc(n ? n : 1);
  loader_bytes = n;
  memcpy(loader_memory, p, n);
}

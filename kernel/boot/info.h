/* SPDX-License-Identifier: BSD-2-Clause
 * What a loader hands over, whichever protocol it speaks. Pure: tested and
 * fuzzed on the host. */
#pragma once

#include <lib/span.h>
#include <stdint.h>

#include "protocol.h"

#define BOOT_CMDLINE_MAX 2048 /* bytes, as in Linux */

/* All of it lies where the loader has put it. */
struct boot_info {
  struct lib_span cmdline;
  const char *memmap;     /* entries of struct boot_memmap_entry, not aligned */
  uint32_t memmap_n;      /* how many */
  uint32_t memmap_stride; /* bytes from one to the next */
  uint64_t module;        /* address of the first module */
  uint64_t module_bytes;  /* 0: there is none */
};

/* The loader's memory: the bytes at [addr, addr + n), or NULL when they cannot
 * be reached. */
typedef const char *boot_reach(uint64_t addr, uint64_t n);

/* Read the information that lies at `addr`. Nothing is read but through `reach`.
 *
 * protocol   BOOT_*
 * returns    NULL, or why it will not do: a sentence for the console */
const char *boot_info_read(unsigned protocol, uint64_t addr, boot_reach *reach,
                           struct boot_info *out);

/* SPDX-License-Identifier: BSD-2-Clause
 * Set-up of the page allocator; kernel/include/kernel/mem.h is what others use. */
#pragma once

#include <stdint.h>

#include "../boot/memmap.h"

/* Take over RAM: charge the image's parts and the boot module to their owners,
 * put the page map behind them, and hand out the rest.
 *
 * module   whole pages inside RAM; empty when there is none */
void page_init(const struct boot_memmap *map, const struct boot_range *module);

/* Hand out nothing at or above `from` (bytes, a multiple of the page size). */
void page_reserve(uint64_t from);

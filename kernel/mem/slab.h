/* SPDX-License-Identifier: BSD-2-Clause
 * The head of a page that pool.c or heap.c has divided. Private to kernel/mem. */
#pragma once

#include <kernel/mem.h>

struct kernel_free {
  struct kernel_free *next;
};

struct kernel_slab {
  struct kernel_pool *pool;            /* NULL: one large allocation of heap.c */
  struct kernel_slab *next, *previous; /* among the pool's slabs with room */
  struct kernel_free *free;            /* objects given back */
  uint32_t used;                       /* objects handed out; large: pages */
  uint16_t fresh;                      /* objects that were ever handed out */
  bool spare;                          /* it was empty: kernel_pool_trim looks at it */
} __attribute__((aligned(16)));

static inline struct kernel_slab *kernel_slab_of(void *object) {
  return (struct kernel_slab *)((uintptr_t)object & ~(uintptr_t)(KERNEL_PAGE - 1));
}

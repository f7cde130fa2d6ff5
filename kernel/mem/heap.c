/* SPDX-License-Identifier: BSD-2-Clause
 * A heap: a pool for each size class, whole pages for what is larger. The
 * head of an object's first page tells which it was. */
#include <kernel/mem.h>
#include <lib/assert.h>

#include "slab.h"

/* Chosen so that a page holds a whole number with little left over. */
static const uint16_t sizes[KERNEL_HEAP_CLASSES] = {32, 64, 128, 192, 256, 448, 672, 1344, 2016};

void kernel_heap_init(struct kernel_heap *heap, const char *name, enum memstat_owner owner) {
  heap->owner = owner;
  for (int i = 0; i < KERNEL_HEAP_CLASSES; i++)
    kernel_pool_init(&heap->classes[i], name, owner, sizes[i], UINT32_MAX);
}

static void *alloc_large(struct kernel_heap *heap, size_t n) {
  size_t pages = (n + sizeof(struct kernel_slab) + KERNEL_PAGE - 1) / KERNEL_PAGE;
  struct kernel_slab *slab = n < SIZE_MAX / 2 ? kernel_page_alloc(heap->owner, pages) : NULL;
  if (!slab)
    return NULL;
  *slab = (struct kernel_slab){.used = (uint32_t)pages};
  return slab + 1;
}

void *kernel_heap_alloc(struct kernel_heap *heap, size_t n) {
  for (int i = 0; i < KERNEL_HEAP_CLASSES; i++)
    if (n <= sizes[i])
      return kernel_pool_get(&heap->classes[i]);
  return alloc_large(heap, n);
}

void kernel_heap_free(void *p) {
  if (!p)
    return;
  struct kernel_slab *slab = kernel_slab_of(p);
  if (slab->pool)
    kernel_pool_put(slab->pool, p);
  else
    kernel_page_free(slab, slab->used);
}

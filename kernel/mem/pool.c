/* SPDX-License-Identifier: BSD-2-Clause
 * Pools: slabs of one page each. A slab's head is at the start of its page, so
 * an object finds its slab by its address; free objects are chained in place. */
#include <kernel/mem.h>
#include <lib/assert.h>

#include "slab.h"

/* Slabs that became empty. Their pools may take from them again until the next
 * trim: under load each would come and go with every request. */
static struct kernel_slab *spare[64];
static unsigned spare_n;

static void link_slab(struct kernel_pool *pool, struct kernel_slab *slab) {
  slab->previous = NULL;
  slab->next = pool->partial;
  if (slab->next)
    slab->next->previous = slab;
  pool->partial = slab;
}

static void unlink_slab(struct kernel_pool *pool, struct kernel_slab *slab) {
  if (slab->previous)
    slab->previous->next = slab->next;
  else
    pool->partial = slab->next;
  if (slab->next)
    slab->next->previous = slab->previous;
}

static struct kernel_slab *slab_new(struct kernel_pool *pool) {
  struct kernel_slab *slab = kernel_page_alloc(pool->stat.owner, 1);
  if (!slab)
    return NULL;
  *slab = (struct kernel_slab){.pool = pool};
  link_slab(pool, slab);
  return slab;
}

void kernel_pool_init(struct kernel_pool *pool, const char *name, enum memstat_owner owner,
                      uint32_t bytes, uint32_t capacity) {
  uint32_t rounded = (bytes + 15) & ~15u;
  LIB_ASSERT(bytes > 0 && rounded <= KERNEL_POOL_OBJECT_MAX);
  *pool = (struct kernel_pool){
      .stat = {.name = name, .owner = owner, .object_bytes = rounded, .capacity = capacity},
      .slab_objects = (KERNEL_PAGE - (uint32_t)sizeof(struct kernel_slab)) / rounded};
  memstat_pool_register(&pool->stat);
}

/* Objects never handed out yet are taken in order, so that a new slab's memory
 * is touched only as far as it is used. */
static void *slab_take(struct kernel_slab *slab, uint32_t object_bytes) {
  struct kernel_free *free = slab->free;
  if (free) {
    slab->free = free->next;
    return free;
  }
  return (char *)(slab + 1) + slab->fresh++ * object_bytes;
}

void *kernel_pool_get(struct kernel_pool *pool) {
  struct memstat_pool *stat = &pool->stat;
  struct kernel_slab *slab = NULL;
  if (stat->used < stat->capacity)
    slab = pool->partial ? pool->partial : slab_new(pool);
  if (!slab) {
    stat->refusals++;
    return NULL;
  }
  void *object = slab_take(slab, stat->object_bytes);
  if (++slab->used == pool->slab_objects)
    unlink_slab(pool, slab);
  if (++stat->used > stat->high_water)
    stat->high_water = stat->used;
  return object;
}

void kernel_pool_put(struct kernel_pool *pool, void *object) {
  struct kernel_slab *slab = kernel_slab_of(object);
  struct kernel_free *free = object;
  LIB_ASSERT(slab->pool == pool && slab->used > 0);
  free->next = slab->free;
  slab->free = free;
  if (slab->used-- == pool->slab_objects)
    link_slab(pool, slab);
  pool->stat.used--;
  if (slab->used > 0 || slab->spare)
    return;
  spare[spare_n++] = slab;
  slab->spare = true;
  if (spare_n == sizeof spare / sizeof *spare || kernel_page_short())
    kernel_pool_trim();
}

bool kernel_pool_untrimmed(void) {
  return spare_n > 0;
}

void kernel_pool_trim(void) {
  while (spare_n > 0) {
    struct kernel_slab *slab = spare[--spare_n];
    slab->spare = false;
    if (slab->used > 0)
      continue;
    unlink_slab(slab->pool, slab);
    kernel_page_free(slab, 1);
  }
}

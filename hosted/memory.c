/* SPDX-License-Identifier: BSD-2-Clause
 * The memory contract over malloc: each object is an allocation of its own, so
 * that the sanitizers see it. The account is kept as in the guest. */
#include <kernel/mem.h>
#include <lib/assert.h>
#include <lib/limits.h>
#include <stdlib.h>

#include "hosted.h"

/* In front of every allocation of a heap; keeps the alignment of 16. */
struct head {
  struct kernel_heap *heap;
  size_t n;
};

static size_t ram; /* bytes */

void hosted_memory_init(size_t ram_bytes) {
  ram = ram_bytes;
  memstat_add(MEMSTAT_FREE, ram_bytes);
}

static void *charge(enum memstat_owner owner, size_t n) {
  void *p = n <= kernel_page_free_bytes() ? aligned_alloc(16, (n + 15) & ~(size_t)15) : NULL;
  if (p)
    memstat_move(MEMSTAT_FREE, owner, n);
  else
    memstat_refuse(owner);
  return p;
}

static void discharge(enum memstat_owner owner, void *p, size_t n) {
  memstat_move(owner, MEMSTAT_FREE, n);
  free(p);
}

size_t kernel_page_free_bytes(void) {
  return memstat_row(MEMSTAT_FREE)->bytes;
}

bool kernel_page_short(void) {
  return kernel_page_free_bytes() < ram / LIMIT_RESERVE_SHARE;
}

/* There is no map of pages to compare with: the sum must stay. */
void kernel_page_audit(void) {
  LIB_ASSERT(memstat_total() == ram);
}

uint32_t kernel_stack_high_water(void) {
  return 0;
}

/* The contract frees pages without naming their owner: it stands in front. */
void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  enum memstat_owner *p = charge(owner, n * KERNEL_PAGE + 16);
  if (!p)
    return NULL;
  *p = owner;
  return (char *)p + 16;
}

void kernel_page_free(void *p, size_t n) {
  enum memstat_owner *head = (void *)((char *)p - 16);
  discharge(*head, head, n * KERNEL_PAGE + 16);
}

void kernel_pool_init(struct kernel_pool *pool, const char *name, enum memstat_owner owner,
                      uint32_t bytes, uint32_t capacity) {
  LIB_ASSERT(bytes > 0 && bytes <= KERNEL_POOL_OBJECT_MAX);
  *pool = (struct kernel_pool){
      .stat = {
          .name = name, .owner = owner, .object_bytes = (bytes + 15) & ~15u, .capacity = capacity}};
  memstat_pool_register(&pool->stat);
}

void *kernel_pool_get(struct kernel_pool *pool) {
  struct memstat_pool *stat = &pool->stat;
  void *p = stat->used < stat->capacity ? charge(stat->owner, stat->object_bytes) : NULL;
  if (!p)
    stat->refusals++;
  else if (++stat->used > stat->high_water)
    stat->high_water = stat->used;
  return p;
}

void kernel_pool_put(struct kernel_pool *pool, void *object) {
  LIB_ASSERT(pool->stat.used > 0);
  pool->stat.used--;
  discharge(pool->stat.owner, object, pool->stat.object_bytes);
}

void kernel_heap_init(struct kernel_heap *heap, const char *name, enum memstat_owner owner) {
  (void)name;
  heap->owner = owner;
}

void *kernel_heap_alloc(struct kernel_heap *heap, size_t n) {
  struct head *h = n < SIZE_MAX / 2 ? charge(heap->owner, n + sizeof *h) : NULL;
  if (!h)
    return NULL;
  *h = (struct head){heap, n};
  return h + 1;
}

void kernel_heap_free(void *p) {
  if (!p)
    return;
  struct head *h = (struct head *)p - 1;
  discharge(h->heap->owner, h, h->n + sizeof *h);
}

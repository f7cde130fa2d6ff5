/* SPDX-License-Identifier: BSD-2-Clause
 * Memory by owner. Pages are the base: each has one owner (memstat). Pools
 * hand out objects of one size up to a capacity; a heap is a set of pools by
 * size class for one owner. Nothing here panics for want of memory: it
 * returns NULL and counts a refusal. */
#pragma once

#include <memstat/memstat.h>
#include <stdbool.h>

#define KERNEL_PAGE 4096u /* bytes */

/* `n` pages in a row, not cleared, or NULL. O(pages) at worst. */
void *kernel_page_alloc(enum memstat_owner owner, size_t n);

/* Give back `n` pages at `p`, all of one owner. */
void kernel_page_free(void *p, size_t n);

/* Bytes that are nobody's. */
size_t kernel_page_free_bytes(void);

/* Little is left (LIMIT_RESERVE_SHARE): whoever can do with less should. O(1). */
bool kernel_page_short(void);

/* Panic unless every page's owner is charged for just that page. O(pages). */
void kernel_page_audit(void);

/* Bytes of the stack that were ever in use; 0 where that is not known. */
uint32_t kernel_stack_high_water(void);

/* A pool; the caller's storage. Fields are private to kernel/mem/pool.c. */
struct kernel_pool {
  struct memstat_pool stat;
  struct kernel_slab *partial; /* slabs with room, doubly linked */
  uint32_t slab_objects;       /* that a slab has room for */
};

/* name        static; shown on /memory
 * bytes       size of one object, 8 to KERNEL_POOL_OBJECT_MAX
 * capacity    most objects it hands out */
void kernel_pool_init(struct kernel_pool *pool, const char *name, enum memstat_owner owner,
                      uint32_t bytes, uint32_t capacity);

#define KERNEL_POOL_OBJECT_MAX 2016u

/* An object, 16-byte aligned, not cleared, or NULL. O(1). */
void *kernel_pool_get(struct kernel_pool *pool);

/* Give back an object of `pool`. A page that is empty goes back, too: at once
 * when memory is short, else at the next kernel_pool_trim. */
void kernel_pool_put(struct kernel_pool *pool, void *object);

/* Give back the empty pages that pools have kept; are there any? */
void kernel_pool_trim(void);
bool kernel_pool_untrimmed(void);

#define KERNEL_HEAP_CLASSES 9

/* A heap of one owner; the caller's storage. */
struct kernel_heap {
  struct kernel_pool classes[KERNEL_HEAP_CLASSES];
  enum memstat_owner owner;
};

void kernel_heap_init(struct kernel_heap *heap, const char *name, enum memstat_owner owner);

/* `n` > 0 bytes, 16-byte aligned, not cleared, or NULL. */
void *kernel_heap_alloc(struct kernel_heap *heap, size_t n);

/* Give back what kernel_heap_alloc returned; NULL is let pass. */
void kernel_heap_free(void *p);

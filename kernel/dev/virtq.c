/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtq.h"

#include <kernel/mem.h>
#include <lib/err.h>
#include <string.h>

/* Names and layout as in the standard, 2.7.5 to 2.7.8. */
struct virtq_desc {
  uint64_t addr;
  uint32_t len;
  uint16_t flags, next;
};
enum { DESC_F_NEXT = 1, DESC_F_WRITE = 2, AVAIL_F_NO_INTERRUPT = 1, USED_F_NO_NOTIFY = 1 };

struct virtq_avail {
  uint16_t flags, idx, ring[]; /* [size], then used_event */
};

struct virtq_used_elem {
  uint32_t id, len;
};

struct virtq_used {
  uint16_t flags, idx;
  struct virtq_used_elem ring[]; /* [size], then avail_event */
};

static volatile uint16_t *used_event(const struct virtq *q) {
  return &q->avail->ring[q->size];
}

static volatile uint16_t *avail_event(const struct virtq *q) {
  return (volatile uint16_t *)&q->used->ring[q->size];
}

static size_t align(size_t n, size_t to) {
  return (n + to - 1) & ~(to - 1);
}

int virtq_init(struct virtq *q, unsigned size, bool event_idx) {
  while (size & (size - 1))
    size &= size - 1;
  size_t desc_bytes = size * sizeof(struct virtq_desc);
  size_t avail_bytes = align(6 + 2 * size, 8);
  size_t used_bytes = align(6 + size * sizeof(struct virtq_used_elem), 8);
  size_t bytes = desc_bytes + avail_bytes + used_bytes + size * sizeof(void *);
  size_t pages = (bytes + KERNEL_PAGE - 1) / KERNEL_PAGE;
  char *p = kernel_page_alloc(MEMSTAT_VIRTQ, pages);
  if (!p)
    return E_NOMEM;
  memset(p, 0, pages * KERNEL_PAGE);
  *q = (struct virtq){.desc = (void *)p,
                      .avail = (void *)(p + desc_bytes),
                      .used = (void *)(p + desc_bytes + avail_bytes),
                      .cookie = (void *)(p + desc_bytes + avail_bytes + used_bytes),
                      .size = (uint16_t)size,
                      .free_n = (uint16_t)size,
                      .event_idx = event_idx};
  for (unsigned i = 0; i < size; i++)
    q->desc[i].next = (uint16_t)(i + 1);
  virtq_disarm(q);
  return 0;
}

int virtq_put(struct virtq *q, const struct kernel_netdev_piece *piece, unsigned n,
              bool device_writes, void *cookie) {
  if (q->free_n < n)
    return E_AGAIN;
  uint16_t head = q->free_head, at = head, last = head;
  for (unsigned i = 0; i < n; i++) {
    struct virtq_desc *d = &q->desc[at];
    d->addr = (uint64_t)piece[i].p;
    d->len = piece[i].n;
    d->flags = DESC_F_NEXT | (device_writes ? DESC_F_WRITE : 0);
    last = at;
    at = d->next;
  }
  q->desc[last].flags &= (uint16_t)~DESC_F_NEXT;
  q->free_head = at;
  q->free_n -= (uint16_t)n;
  q->cookie[head] = cookie;
  q->avail->ring[q->avail_at++ & (q->size - 1)] = head;
  return 0;
}

bool virtq_publish(struct virtq *q) {
  uint16_t from = q->published;
  if (q->avail_at == from)
    return false;
  __asm__ volatile("" ::: "memory"); /* x86 keeps the order of stores */
  q->avail->idx = q->published = q->avail_at;
  __sync_synchronize(); /* the index must be seen before we look whether to notify */
  if (!q->event_idx)
    return !(q->used->flags & USED_F_NO_NOTIFY);
  return (uint16_t)(q->avail_at - *avail_event(q) - 1) < (uint16_t)(q->avail_at - from);
}

/* Chain the descriptors of `head` back onto the free list. */
static void free_chain(struct virtq *q, uint16_t head) {
  uint16_t last = head, n = 1;
  for (; q->desc[last].flags & DESC_F_NEXT; n++)
    last = q->desc[last].next;
  q->desc[last].next = q->free_head;
  q->free_head = head;
  q->free_n += n;
}

void *virtq_take(struct virtq *q) {
  while (q->used_at != q->used->idx) {
    __asm__ volatile("" ::: "memory");
    volatile struct virtq_used_elem *e = &q->used->ring[q->used_at++ & (q->size - 1)];
    uint32_t head = e->id;
    void *cookie = head < q->size ? q->cookie[head] : NULL;
    if (!cookie)
      continue; /* the device's mistake: nothing of ours has that head */
    q->written = e->len;
    q->cookie[head] = NULL;
    free_chain(q, (uint16_t)head);
    return cookie;
  }
  return NULL;
}

bool virtq_arm(struct virtq *q) {
  *used_event(q) = q->used_at;
  q->avail->flags = 0;
  __sync_synchronize();
  return q->used->idx != q->used_at;
}

void virtq_disarm(struct virtq *q) {
  if (!q->event_idx)
    q->avail->flags = AVAIL_F_NO_INTERRUPT;
  else
    *used_event(q) = (uint16_t)(q->used_at - 1);
}

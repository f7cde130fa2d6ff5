/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's memory: this file takes the place of its memp.c and mem.c allocator.
 * Each of lwIP's pools is a kernel pool, so that it grows page by page, is
 * charged to its owner and gives pages back; its capacity follows RAM. */
#include <kernel/mem.h>
#include <lib/limits.h>
#include <lwip/etharp.h>
#include <lwip/memp.h>
#include <lwip/mld6.h>
#include <lwip/pbuf.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <string.h>

#include "held.h"
#include "pcbs.h"
#include "window.h"

/* A pbuf that refers to bytes elsewhere, as it lies in its pool. */
struct reference {
  struct pbuf pbuf;
  struct net_held *held; /* what the bytes belong to, or NULL */
};

static struct kernel_pool pools[MEMP_MAX];
static struct kernel_heap heap;

static const struct {
  const char *name;
  uint16_t bytes;
  uint32_t count; /* lwIP's own figure, kept where it does not follow RAM */
} kinds[MEMP_MAX] = {
#define LWIP_MEMPOOL(kind, num, size, desc) {"lwip " desc, size, num},
#include <lwip/priv/memp_std.h>
};

static uint32_t capacity(unsigned kind, uint64_t ram) {
  switch (kind) {
  case MEMP_TCP_PCB:
    return (uint32_t)(ram / LIMIT_CONN_RAM) + LIMIT_CONN_SPARE;
  case MEMP_TCP_SEG:
  case MEMP_PBUF:
    return UINT32_MAX; /* bounded by the queues of the connections, and by RAM */
  case MEMP_PBUF_POOL:
    return 0; /* frames arrive in the driver's buffers */
  default:
    return kinds[kind].count;
  }
}

static uint32_t object_bytes(unsigned kind) {
  if (kind == MEMP_TCP_PCB)
    return sizeof(struct net_pcb);
  return kind == MEMP_PBUF ? sizeof(struct reference) : kinds[kind].bytes;
}

static enum memstat_owner owner_of(unsigned kind) {
  return kind == MEMP_TCP_PCB || kind == MEMP_TCP_SEG ? MEMSTAT_TCP : MEMSTAT_NET;
}

void memp_init(void) {
  uint64_t ram = memstat_total();
  for (unsigned i = 0; i < MEMP_MAX; i++)
    if (i != MEMP_PBUF_POOL)
      kernel_pool_init(&pools[i], kinds[i].name, owner_of(i), object_bytes(i), capacity(i, ram));
  kernel_heap_init(&heap, "lwip heap", MEMSTAT_NET);
  net_pcbs_init();
}

void *memp_malloc(memp_t kind) {
  void *p = kind == MEMP_PBUF_POOL ? NULL : kernel_pool_get(&pools[kind]);
  if (p && kind == MEMP_PBUF)
    ((struct reference *)p)->held = net_held_share();
  if (p && kind == MEMP_TCP_PCB) {
    ((struct net_pcb *)p)->link = NULL;
    ((struct net_pcb *)p)->lent = 0;
    ((struct net_pcb *)p)->sender = (struct net_sender){0};
  }
  return p;
}

void memp_free(memp_t kind, void *p) {
  if (!p)
    return;
  if (kind == MEMP_PBUF)
    net_held_drop(((struct reference *)p)->held);
  if (kind == MEMP_TCP_PCB) {
    net_pcbs_forget(p);
    net_recovery_forget(p);
    net_window_forget(p);
  }
  kernel_pool_put(&pools[kind], p);
}

struct net_held *net_held_of(const struct pbuf *p) {
  return ((const struct reference *)p)->held;
}

bool net_memory_pcb_left(void) {
  const struct memstat_pool *stat = &pools[MEMP_TCP_PCB].stat;
  return stat->used < stat->capacity && kernel_page_free_bytes() >= KERNEL_PAGE;
}

void *net_heap_alloc(unsigned long n) {
  return kernel_heap_alloc(&heap, n);
}

void *net_heap_calloc(unsigned long n, unsigned long size) {
  if (size && n > SIZE_MAX / size)
    return NULL;
  void *p = kernel_heap_alloc(&heap, n * size);
  if (p)
    memset(p, 0, n * size);
  return p;
}

void net_heap_free(void *p) {
  kernel_heap_free(p);
}

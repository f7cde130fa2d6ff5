/* SPDX-License-Identifier: BSD-2-Clause */
#include "held.h"

#include <lwip/opt.h>

static struct net_held *queued;

struct net_held *net_held_alloc(size_t n) {
  struct net_held *h = net_heap_alloc(sizeof *h + n);
  if (h)
    h->users = 1;
  return h;
}

void net_held_drop(struct net_held *h) {
  if (h && --h->users == 0)
    net_heap_free(h);
}

void net_held_queue(struct net_held *h) {
  queued = h;
}

struct net_held *net_held_share(void) {
  if (queued)
    queued->users++;
  return queued;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Memory that TCP sends from without a copy. Every pbuf that lwIP makes while
 * a buffer is queued refers to it and counts (net/memory.c), so that it goes
 * when the last of them does: after the acknowledgement and after the device
 * has read the frame, also when the stream is long closed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct net_held {
  uint32_t users; /* pbufs, and one for whoever fills it */
  char bytes[] __attribute__((aligned(16)));
};

/* A buffer of `n` bytes with one user, or NULL. */
struct net_held *net_held_alloc(size_t n);

/* One user less; the last one frees it. NULL is let pass. */
void net_held_drop(struct net_held *h);

/* Set the buffer that pbufs made from now on refer to; NULL: none. */
void net_held_queue(struct net_held *h);

/* That buffer, with one user more, or NULL. */
struct net_held *net_held_share(void);

/* The buffer that a pbuf which refers to bytes elsewhere counts for, or NULL. */
struct pbuf;
struct net_held *net_held_of(const struct pbuf *p);

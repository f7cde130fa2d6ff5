/* SPDX-License-Identifier: BSD-2-Clause
 * What the drivers of a Xen guest share: events, grants and the xenstore.
 * Types are those of Xen's public headers. Private to kernel/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
/* What the rings of xen/io/ring.h ask for. x86 keeps the order of loads and of
 * stores; only a load may pass a store. */
#define xen_rmb() __asm__ volatile("" ::: "memory")
#define xen_wmb() __asm__ volatile("" ::: "memory")
#define xen_mb() __sync_synchronize()

/* A port that domain `remote` may bind to, unmasked: what it sends wakes the
 * CPU. Negative when Xen refuses. */
int64_t xen_event_alloc(domid_t remote);
void xen_event_send(uint32_t port);

/* Forget the events that have come: look at the rings after this. */
void xen_event_clear(void);

/* Sleep until `port` has an event, 100 ms at the most, and forget it. Masked
 * ports, too. */
void xen_event_wait(uint32_t port);

/* Let domain `peer` read, or also write, the page of `p`; kept for good, so a
 * second call is cheap. Returns the grant's reference. */
uint32_t xen_grant(domid_t peer, const void *p, bool writable);

struct xenstore_domain_interface;

/* The xenstore; paths may be relative to the domain's own. */
void xen_store_init(struct xenstore_domain_interface *ring, uint32_t port);

/* At most cap - 1 bytes, and a NUL. Returns their number.
 * errors   E_NOENT  no such key, or no right to it
 *          E_IO     the daemon does not answer, or nonsense: nothing works any more */
int xen_store_read(const char *path, char *value, size_t cap);

/* Not waited for: whoever depends on it sees what does not happen. */
void xen_store_write(const char *path, const char *value);

/* Have xen_store_changed tell when `path` may have changed. */
void xen_store_watch(const char *path);

/* Has anything watched changed since the last call? Cheap. */
bool xen_store_changed(void);

/* Sleep until the daemon has something to say, 100 ms at the most. */
void xen_store_wait(void);

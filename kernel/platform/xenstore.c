/* SPDX-License-Identifier: BSD-2-Clause
 * The xenstore over its ring (Xen public header io/xs_wire.h). One request at
 * a time; what the daemon writes is believed only within bounds, and its
 * indexes are read once. */
#include <lib/err.h>
#include <lib/span.h>
#include <string.h>

#include "xen.h"

#include <xen/io/xs_wire.h>

enum { WAITS_MAX = 50 }; /* of 100 ms each: how long an answer may take */

static volatile struct xenstore_domain_interface *ring;
static uint32_t ring_port, last_request;
static bool changed, broken;

/* Wait until `ready`; false when it is too late, or nonsense. */
static bool wait_for(uint32_t (*ready)(void)) {
  for (int i = 0; !broken && i < WAITS_MAX; i++) {
    uint32_t n = ready();
    if (n > XENSTORE_RING_SIZE)
      break;
    if (n > 0)
      return true;
    xen_store_wait();
  }
  broken = true;
  return false;
}

static uint32_t room(void) {
  return XENSTORE_RING_SIZE - (ring->req_prod - ring->req_cons);
}

static uint32_t waiting(void) {
  return ring->rsp_prod - ring->rsp_cons;
}

static bool put(const void *p, size_t n) {
  for (const char *c = p; n > 0 && wait_for(room); n--) {
    ring->req[MASK_XENSTORE_IDX(ring->req_prod)] = *c++;
    xen_wmb();
    ring->req_prod++;
  }
  return n == 0;
}

/* `p` NULL: throw away. */
static bool take(void *p, size_t n) {
  for (char *c = p; n > 0 && wait_for(waiting); n--) {
    char byte = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
    xen_mb();
    ring->rsp_cons++;
    if (c)
      *c++ = byte;
  }
  return n == 0;
}

/* The next message's head. */
static bool take_head(struct xsd_sockmsg *m) {
  if (take(m, sizeof *m) && m->len <= XENSTORE_PAYLOAD_MAX)
    return true;
  broken = true;
  return false;
}

/* The rest of what nobody waits for: an event, noted, or the answer to a write. */
static bool take_other(const struct xsd_sockmsg *m) {
  changed |= m->type == XS_WATCH_EVENT;
  return take(NULL, m->len);
}

/* One request: `path`, NUL, and `second`. */
static bool ask(uint32_t type, const char *path, struct lib_span second) {
  struct xsd_sockmsg m = {
      .type = type, .req_id = ++last_request, .len = (uint32_t)(strlen(path) + 1 + second.n)};
  if (!put(&m, sizeof m) || !put(path, strlen(path) + 1) || !put(second.p, second.n))
    return false;
  xen_event_send(ring_port);
  return true;
}

void xen_store_init(struct xenstore_domain_interface *r, uint32_t port) {
  ring = r;
  ring_port = port;
}

int xen_store_read(const char *path, char *value, size_t cap) {
  struct xsd_sockmsg m;
  if (!ask(XS_READ, path, (struct lib_span){NULL, 0}))
    return E_IO;
  while (take_head(&m) && (m.type == XS_WATCH_EVENT || m.req_id != last_request))
    take_other(&m);
  size_t n = m.len < cap - 1 ? m.len : cap - 1;
  if (!take(value, n) || !take(NULL, m.len - n))
    return E_IO;
  xen_event_send(ring_port);
  value[n] = 0;
  return m.type == XS_ERROR ? E_NOENT : (int)n;
}

void xen_store_write(const char *path, const char *value) {
  ask(XS_WRITE, path, (struct lib_span){value, strlen(value)});
}

void xen_store_watch(const char *path) {
  ask(XS_WATCH, path, LIB_SPAN("w\0"));
}

void xen_store_wait(void) {
  xen_event_wait(ring_port);
}

bool xen_store_changed(void) {
  struct xsd_sockmsg m;
  while (!broken && waiting() > 0 && take_head(&m))
    take_other(&m);
  bool was = changed;
  changed = false;
  return was;
}

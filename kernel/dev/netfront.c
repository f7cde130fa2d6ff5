/* SPDX-License-Identifier: BSD-2-Clause
 * Xen's paravirtual network card, the frontend (public header io/netif.h).
 *
 * Pages are granted once and stay granted: receive buffers are pages of their
 * own; what is sent is read by the backend where it lies. All that a holder
 * keeps about a received frame lies outside of the page the backend writes. */
#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <lib/out.h>
#include <string.h>

#include "../platform/xen.h"
#include "netdev.h"

#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define FOLDER "device/vif/0"
enum {
  RING = __CONST_RING_SIZE(netif_tx, KERNEL_PAGE),
  SLOTS_MAX = XEN_NETIF_NR_SLOTS_MIN, /* of one sent frame: what each backend takes */
  /* Room in the slots for headers in three pieces beside the pages of a body. */
  FRAME_MAX = (SLOTS_MAX - 4) * KERNEL_PAGE,
  ETHERNET_HEADER = 14,
  PATH_MAX = 80,
};
_Static_assert(sizeof(union netif_rx_sring_entry) <= sizeof(union netif_tx_sring_entry) &&
                   __CONST_RING_SIZE(netif_rx, KERNEL_PAGE) == RING,
               "both rings have as many entries");

struct rx_buffer {
  _Alignas(16) uint8_t scratch[KERNEL_NETDEV_SCRATCH];
  uint8_t *page;
  struct rx_buffer *next; /* while it is free */
};

/* After a first response others may say more about the frame. */
union rx_answer {
  netif_rx_response_t data;
  netif_extra_info_t extra;
};

struct tx_frame {
  void *cookie;
  uint16_t left; /* slots that the backend still has; 0: not in use */
  uint16_t next; /* while it is not */
};

static netif_rx_front_ring_t rx;
static netif_tx_front_ring_t tx;
static struct rx_buffer *posted[RING]; /* by ring position */
static struct rx_buffer *rx_idle;      /* neither posted nor held */
static uint32_t rx_few;                /* scarce: when fewer than this are posted */
static struct tx_frame *frames;        /* [RING], by id */
static uint16_t frame_free;
static bool rx_more, rx_extra, rx_skip; /* within a frame; an extra slot is next; drop the rest */
static domid_t backend;
static uint32_t port;

/* --- Receiving ------------------------------------------------------------------ */

static void front_rx_free(void *scratch) {
  struct rx_buffer *b = scratch;
  b->next = rx_idle;
  rx_idle = b;
}

static void rx_refill(void) {
  while (rx_idle && rx.req_prod_pvt - rx.rsp_cons < RING) {
    struct rx_buffer *b = rx_idle;
    netif_rx_request_t *r = RING_GET_REQUEST(&rx, rx.req_prod_pvt);
    rx_idle = b->next;
    r->id = rx.req_prod_pvt % RING;
    r->gref = xen_grant(backend, b->page, true);
    posted[rx.req_prod_pvt++ % RING] = b;
  }
}

/* Responses there are; what is more than was asked for is not believed. */
static uint32_t unread(RING_IDX produced, RING_IDX consumed, RING_IDX asked) {
  return produced - consumed <= asked - consumed ? produced - consumed : 0;
}

static uint32_t rx_unread(void) {
  return unread(*(volatile RING_IDX *)&rx.sring->rsp_prod, rx.rsp_cons, rx.req_prod_pvt);
}

/* A backend answers in the order of the requests. */
static struct rx_buffer *rx_take(union rx_answer *r) {
  if (rx_unread() == 0)
    return NULL;
  xen_rmb();
  RING_COPY_RESPONSE(&rx, rx.rsp_cons, &r->data);
  return posted[rx.rsp_cons++ % RING];
}

static bool rx_sound(const netif_rx_response_t *r, bool starts) {
  return r->status >= (starts ? ETHERNET_HEADER : 1) &&
         (unsigned)r->offset + (unsigned)r->status <= KERNEL_PAGE;
}

static void rx_hand_out(struct rx_buffer *b, const netif_rx_response_t *r,
                        struct kernel_netdev_frame *frame) {
  netdev_stat.rx_bytes += (unsigned)r->status;
  *frame = (struct kernel_netdev_frame){.p = b->page + r->offset,
                                        .n = (uint32_t)r->status,
                                        .more = rx_more,
                                        .checksum_ok =
                                            r->flags & (NETRXF_csum_blank | NETRXF_data_validated),
                                        .scarce = rx.req_prod_pvt - rx.rsp_cons < rx_few,
                                        .scratch = b};
}

static int front_rx(struct kernel_netdev_frame *frame) {
  union rx_answer r;
  struct rx_buffer *b;
  while ((b = rx_take(&r)) != NULL) {
    bool starts = !rx_more, extra = rx_extra, sound = rx_sound(&r.data, starts);
    if (extra) { /* what it says of segments does not matter */
      rx_extra = r.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
    } else {
      rx_more = r.data.flags & NETRXF_more_data;
      rx_extra = r.data.flags & NETRXF_extra_info;
    }
    if (!extra && sound && !rx_skip) {
      netdev_stat.rx_frames += starts;
      rx_hand_out(b, &r.data, frame);
      return 1;
    }
    front_rx_free(b);
    if (extra)
      continue;
    netdev_stat.rx_drops += !sound;
    bool held = !starts && !rx_skip; /* the caller has the frame's start */
    rx_skip = rx_more;
    if (held)
      return 0;
  }
  rx_skip = rx_more;
  return 0;
}

/* --- Sending -------------------------------------------------------------------- */

static uint32_t at_in_page(const void *p) {
  return (uint64_t)p % KERNEL_PAGE;
}

static unsigned slots_of(const struct kernel_netdev_tx *t, uint32_t *total) {
  unsigned n = 0;
  *total = 0;
  for (unsigned i = 0; i < t->pieces_n; i++) {
    n += (at_in_page(t->piece[i].p) + t->piece[i].n + KERNEL_PAGE - 1) / KERNEL_PAGE;
    *total += t->piece[i].n;
  }
  return n;
}

/* The part of a piece that lies in one page. */
static netif_tx_request_t *tx_slot(const char *p, uint32_t n, uint16_t id, bool more) {
  netif_tx_request_t *r = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
  *r = (netif_tx_request_t){.gref = xen_grant(backend, p, false),
                            .offset = (uint16_t)at_in_page(p),
                            .flags = more ? NETTXF_more_data : 0,
                            .id = id,
                            .size = (uint16_t)n};
  return r;
}

static void tx_segments(const struct kernel_netdev_tx *t) {
  netif_extra_info_t *extra = (void *)RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
  *extra = (netif_extra_info_t){
      .type = XEN_NETIF_EXTRA_TYPE_GSO,
      .u.gso.size = t->segment_bytes,
      .u.gso.type = t->ip6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4,
  };
}

/* The first slot says how long the whole frame is and what is to be done. */
static void tx_head(netif_tx_request_t *first, const struct kernel_netdev_tx *t, uint32_t total) {
  first->size = (uint16_t)total;
  if (t->checksum_offset)
    first->flags |= NETTXF_csum_blank | NETTXF_data_validated;
  if (t->segment_bytes) {
    first->flags |= NETTXF_extra_info;
    tx_segments(t);
  }
}

static int front_tx(const struct kernel_netdev_tx *t) {
  uint32_t total;
  unsigned slots = slots_of(t, &total), left = slots;
  uint16_t id = frame_free;
  if (slots > SLOTS_MAX || total > FRAME_MAX)
    return E_LIMIT;
  if (id >= RING || RING_FREE_REQUESTS(&tx) < slots + 1)
    return E_AGAIN;
  frame_free = frames[id].next;
  frames[id] = (struct tx_frame){.cookie = t->cookie, .left = (uint16_t)slots};
  for (unsigned i = 0; i < t->pieces_n; i++) {
    const char *p = t->piece[i].p, *end = p + t->piece[i].n;
    while (p < end) {
      uint32_t room = KERNEL_PAGE - at_in_page(p), n = (uint32_t)(end - p);
      n = n < room ? n : room;
      netif_tx_request_t *r = tx_slot(p, n, id, --left > 0);
      if (left == slots - 1)
        tx_head(r, t, total);
      p += n;
    }
  }
  netdev_stat.tx_frames++;
  netdev_stat.tx_bytes += total;
  return 0;
}

/* Slots of a frame have its id in common; the slot that says how to segment is
 * answered by one without. Other ids are the backend's mistake. */
static void *front_tx_done(void) {
  netif_tx_response_t r;
  while (unread(*(volatile RING_IDX *)&tx.sring->rsp_prod, tx.rsp_cons, tx.req_prod_pvt) > 0) {
    xen_rmb();
    RING_COPY_RESPONSE(&tx, tx.rsp_cons, &r);
    tx.rsp_cons++;
    if (r.status == NETIF_RSP_NULL || r.id >= RING || frames[r.id].left == 0)
      continue;
    if (--frames[r.id].left > 0)
      continue;
    frames[r.id].next = frame_free;
    frame_free = r.id;
    return frames[r.id].cookie;
  }
  return NULL;
}

static void front_flush(void) {
  bool rx_wants, tx_wants;
  rx_refill();
  RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx, rx_wants);
  RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx, tx_wants);
  if (!rx_wants && !tx_wants)
    return;
  netdev_stat.kicks++;
  xen_event_send(port);
}

/* Whoever sleeps wants to hear of frames, and of room when there is none. */
static bool front_arm(void) {
  bool tx_full = RING_FREE_REQUESTS(&tx) <= SLOTS_MAX;
  rx.sring->rsp_event = rx.rsp_cons + 1;
  if (tx_full)
    tx.sring->rsp_event = tx.rsp_cons + 1;
  xen_mb();
  return rx_unread() > 0 || (tx_full && tx.sring->rsp_prod != tx.rsp_cons);
}

/* An event comes once for each arming. */
static void front_disarm(bool interrupted) {
  if (interrupted)
    xen_event_clear();
}

/* --- Connecting ------------------------------------------------------------------ */

/* A number or a short word below `folder`. */
static int store_read(const char *folder, const char *key, char *value, size_t cap) {
  char path[PATH_MAX];
  struct lib_out o;
  lib_out_init(&o, path, sizeof path - 1);
  lib_out_all(&o, folder, "/", key, NULL);
  path[o.n] = 0;
  return o.overflow ? E_NOENT : xen_store_read(path, value, cap);
}

static uint64_t store_number(const char *folder, const char *key) {
  char value[16];
  uint64_t v;
  int n = store_read(folder, key, value, sizeof value);
  if (n < 0 || lib_span_u64((struct lib_span){value, (size_t)n}, UINT32_MAX, &v) < 0)
    return 0;
  return v;
}

static void store_say(const char *key, uint64_t v) {
  char path[PATH_MAX], value[24];
  struct lib_out o;
  lib_out_init(&o, path, sizeof path - 1);
  lib_out_all(&o, FOLDER "/", key, NULL);
  path[o.n] = 0;
  lib_out_init(&o, value, sizeof value - 1);
  lib_out_u64(&o, v);
  value[o.n] = 0;
  xen_store_write(path, value);
}

/* Six bytes in hexadecimal, with colons. */
static bool parse_mac(const char *s, uint8_t mac[6]) {
  for (int i = 0; i < 12; i++, s++) {
    unsigned c = (unsigned char)*s | 0x20, digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (digit > 15)
      return false;
    mac[i / 2] = (uint8_t)(mac[i / 2] << 4 | digit);
    if (i % 2 && i < 11 && *++s != ':')
      return false;
  }
  return *s == 0;
}

/* The backend's state; it is watched, so that a change ends the sleep. */
static bool backend_reaches(const char *folder, uint64_t state) {
  enum { TRIES = 100 };
  for (int i = 0; i < TRIES; i++) {
    uint64_t now = store_number(folder, "state");
    if (now == state)
      return true;
    if (now > XenbusStateConnected)
      return false;
    xen_store_wait();
  }
  return false;
}

static int open_rings(void) {
  netif_tx_sring_t *tx_page = kernel_page_alloc(MEMSTAT_VIRTQ, 1);
  netif_rx_sring_t *rx_page = kernel_page_alloc(MEMSTAT_VIRTQ, 1);
  frames = kernel_page_alloc(MEMSTAT_VIRTQ, sizeof *frames * RING / KERNEL_PAGE);
  if (!tx_page || !rx_page || !frames)
    return E_NOMEM;
  XEN_FRONT_RING_INIT(&tx, tx_page, KERNEL_PAGE);
  XEN_FRONT_RING_INIT(&rx, rx_page, KERNEL_PAGE);
  for (unsigned i = 0; i < RING; i++)
    frames[i] = (struct tx_frame){.next = (uint16_t)(i + 1)};
  return 0;
}

static int open_buffers(void) {
  size_t n = memstat_total() / LIMIT_NET_RX_SHARE / KERNEL_PAGE;
  n = n < RING ? n : RING;
  uint8_t *page = kernel_page_alloc(MEMSTAT_NET_RX, n);
  struct rx_buffer *b =
      kernel_page_alloc(MEMSTAT_NET_RX, (n * sizeof *b + KERNEL_PAGE - 1) / KERNEL_PAGE);
  if (!page || !b)
    return E_NOMEM;
  for (size_t i = 0; i < n; i++) {
    b[i].page = page + i * KERNEL_PAGE;
    front_rx_free(&b[i]);
  }
  rx_few = (uint32_t)n / 2;
  return 0;
}

/* What the backend must know before it connects. */
static void announce(void) {
  static const char *const able[] = {"request-rx-copy",   "feature-rx-notify",
                                     "feature-sg",        "feature-gso-tcpv4",
                                     "feature-gso-tcpv6", "feature-ipv6-csum-offload"};
  store_say("tx-ring-ref", xen_grant(backend, tx.sring, true));
  store_say("rx-ring-ref", xen_grant(backend, rx.sring, true));
  store_say("event-channel", port);
  for (unsigned i = 0; i < sizeof able / sizeof *able; i++)
    store_say(able[i], 1);
  store_say("state", XenbusStateConnected);
}

static void read_features(const char *folder, struct kernel_netdev_info *info) {
  bool sg = store_number(folder, "feature-sg");
  bool ip6 = store_number(folder, "feature-ipv6-csum-offload");
  *info = (struct kernel_netdev_info){
      .mtu = 1500,
      .tx_checksum = ip6,
      .rx_checksum = true,
      .tso4 = sg && ip6 && store_number(folder, "feature-gso-tcpv4"),
      .tso6 = sg && ip6 && store_number(folder, "feature-gso-tcpv6"),
      .tso_max = FRAME_MAX,
  };
}

static int front_open(struct kernel_netdev_info *info) {
  char folder[PATH_MAX - 32], mac[24], watched[PATH_MAX];
  struct lib_out o;
  if (store_read(FOLDER, "backend", folder, sizeof folder) < 0)
    return E_NOENT;
  lib_out_init(&o, watched, sizeof watched - 1);
  lib_out_all(&o, folder, "/state", NULL);
  watched[o.n] = 0;
  backend = (domid_t)store_number(FOLDER, "backend-id");
  xen_store_watch(watched);
  if (!backend_reaches(folder, XenbusStateInitWait))
    return E_PROTO;
  read_features(folder, info);
  if (store_read(FOLDER, "mac", mac, sizeof mac) < 0 || !parse_mac(mac, info->mac))
    return E_PROTO;
  int64_t allocated = xen_event_alloc(backend);
  if (allocated < 0)
    return E_PROTO;
  port = (uint32_t)allocated;
  if (open_rings() < 0 || open_buffers() < 0)
    return E_NOMEM;
  rx_refill();
  announce();
  if (!backend_reaches(folder, XenbusStateConnected))
    return E_PROTO;
  front_flush();
  return 0;
}

const struct netdev_driver netfront_driver = {
    front_open,    front_rx,    front_rx_free, front_tx,
    front_tx_done, front_flush, front_arm,     front_disarm,
};

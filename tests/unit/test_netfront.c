/* SPDX-License-Identifier: BSD-2-Clause
 * The network frontend against a backend written here from Xen's public header
 * io/netif.h: one that keeps to it, and one that lies. Xen's other services
 * (grants, events, the xenstore) are made up here. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <kernel/mem.h>
#include <lib/err.h>

#include "kernel/dev/netdev.h"
#include "kernel/platform/xen.h"

#include <xen/io/netif.h>

enum { GRANTS_MAX = 4096, PORT = 7, BACKEND = 5, RAM = 8 << 20 };

struct kernel_netdev_stat netdev_stat;
extern const struct netdev_driver netfront_driver;
static const struct netdev_driver *const front = &netfront_driver;

/* --- What Xen does -------------------------------------------------------------- */

static struct {
  uintptr_t page;
  bool writable;
} grant[GRANTS_MAX];
static uint32_t grants_n, sent, tx_ref, rx_ref;
static bool connected;

void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  assert_true(owner == MEMSTAT_VIRTQ || owner == MEMSTAT_NET_RX);
  return aligned_alloc(KERNEL_PAGE, n * KERNEL_PAGE);
}

uint32_t xen_grant(domid_t peer, const void *p, bool writable) {
  uintptr_t page = (uintptr_t)p & ~(uintptr_t)(KERNEL_PAGE - 1);
  assert_int_equal(peer, BACKEND);
  for (uint32_t i = 0; i < grants_n; i++)
    if (grant[i].page == page)
      return i;
  assert_true(grants_n < GRANTS_MAX);
  grant[grants_n].page = page;
  grant[grants_n].writable = writable;
  return grants_n++;
}

int64_t xen_event_alloc(domid_t remote) {
  assert_int_equal(remote, BACKEND);
  return PORT;
}

void xen_event_send(uint32_t port) {
  assert_int_equal(port, PORT);
  sent++;
}

void xen_event_clear(void) {}
void xen_store_wait(void) {}
void xen_store_watch(const char *path) {
  assert_string_equal(path, "/back/state");
}

int xen_store_read(const char *path, char *value, size_t cap) {
  static const char *const store[][2] = {
      {"device/vif/0/backend", "/back"},         {"device/vif/0/backend-id", "5"},
      {"device/vif/0/mac", "00:16:3e:aB:00:01"}, {"/back/feature-sg", "1"},
      {"/back/feature-ipv6-csum-offload", "1"},  {"/back/feature-gso-tcpv4", "1"},
      {"/back/feature-gso-tcpv6", "0"}};
  const char *found = strcmp(path, "/back/state") == 0 ? (connected ? "4" : "2") : NULL;
  for (unsigned i = 0; i < sizeof store / sizeof *store; i++)
    if (strcmp(path, store[i][0]) == 0)
      found = store[i][1];
  if (!found)
    return E_NOENT;
  assert_true(strlen(found) < cap);
  strcpy(value, found);
  return (int)strlen(found);
}

void xen_store_write(const char *path, const char *value) {
  if (strcmp(path, "device/vif/0/tx-ring-ref") == 0)
    tx_ref = (uint32_t)atoi(value);
  if (strcmp(path, "device/vif/0/rx-ring-ref") == 0)
    rx_ref = (uint32_t)atoi(value);
  if (strcmp(path, "device/vif/0/state") == 0)
    connected = strcmp(value, "4") == 0;
}

/* --- What the backend does ------------------------------------------------------- */

static netif_tx_back_ring_t tx;
static netif_rx_back_ring_t rx;

static void *granted(uint32_t ref, bool to_write) {
  assert_true(ref < grants_n);
  if (to_write)
    assert_true(grant[ref].writable);
  return (void *)grant[ref].page;
}

static int setup(void **state) {
  struct kernel_netdev_info info;
  static const uint8_t mac[] = {0, 0x16, 0x3e, 0xab, 0, 1};
  (void)state;
  memstat_add(MEMSTAT_FREE, RAM);
  assert_int_equal(front->open(&info), 0);
  assert_memory_equal(info.mac, mac, sizeof mac);
  assert_true(info.tx_checksum && info.rx_checksum && info.tso4 && !info.tso6);
  BACK_RING_INIT(&tx, (netif_tx_sring_t *)granted(tx_ref, true), KERNEL_PAGE);
  BACK_RING_INIT(&rx, (netif_rx_sring_t *)granted(rx_ref, true), KERNEL_PAGE);
  return 0;
}

/* Answer the next receive request with `n` bytes of `fill`. */
static void deliver(int offset, int n, uint16_t flags, int fill) {
  assert_true(RING_HAS_UNCONSUMED_REQUESTS(&rx));
  netif_rx_request_t request = *RING_GET_REQUEST(&rx, rx.req_cons++);
  uint8_t *page = granted(request.gref, true);
  if (offset >= 0 && n > 0 && offset + n <= (int)KERNEL_PAGE)
    memset(page + offset, fill, (size_t)n);
  *RING_GET_RESPONSE(&rx, rx.rsp_prod_pvt++) =
      (netif_rx_response_t){request.id, (uint16_t)offset, flags, (int16_t)n};
  RING_PUSH_RESPONSES(&rx);
}

static void deliver_extra(void) {
  netif_extra_info_t *extra = (void *)RING_GET_RESPONSE(&rx, rx.rsp_prod_pvt++);
  rx.req_cons++;
  *extra = (netif_extra_info_t){.type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso.size = 0xffff};
  RING_PUSH_RESPONSES(&rx);
}

static void take(uint32_t n, bool more, int fill) {
  struct kernel_netdev_frame f;
  assert_int_equal(front->rx(&f), 1);
  assert_int_equal(f.n, n);
  assert_int_equal(f.more, more);
  for (uint32_t i = 0; i < n; i++)
    assert_int_equal(f.p[i], fill);
  memset(f.scratch, 0xee, KERNEL_NETDEV_SCRATCH); /* must not be the backend's to see */
  front->rx_free(f.scratch);
}

static void nothing(void) {
  struct kernel_netdev_frame f;
  assert_int_equal(front->rx(&f), 0);
}

/* --- Receiving ------------------------------------------------------------------- */

static void frames_of_one_page(void **state) {
  (void)state;
  for (int i = 0; i < 1000; i++) {
    deliver(i % 7, 60 + i, 0, i & 0xff);
    take((uint32_t)(60 + i), false, i & 0xff);
    nothing();
    front->flush();
  }
}

static void frame_of_several_pages(void **state) {
  (void)state;
  for (int i = 0; i < 300; i++) {
    deliver(0, 4096, NETRXF_more_data | NETRXF_extra_info | NETRXF_csum_blank, 1);
    deliver_extra();
    deliver(0, 4096, NETRXF_more_data, 2);
    deliver(0, 1, 0, 3);
    take(4096, true, 1);
    take(4096, true, 2);
    take(1, false, 3);
    nothing();
    front->flush();
  }
}

static void impossible_frames_are_dropped(void **state) {
  static const int bad[][2] = {{0, -1},    {0, 0},      {0, 13},     {4000, 97},  {0, 4097},
                               {4096, 14}, {0, -32768}, {65535, 14}, {65522, 14}, {1, 32767}};
  (void)state;
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t before = netdev_stat.rx_drops;
    deliver(bad[i][0], bad[i][1], 0, 0);
    deliver(0, 60, 0, 9);
    take(60, false, 9);
    assert_int_equal(netdev_stat.rx_drops, before + 1);
    front->flush();
  }
}

static void frame_that_breaks_off(void **state) {
  (void)state;
  deliver(0, 100, NETRXF_more_data, 1);
  deliver(0, -1, NETRXF_more_data, 0);
  deliver(0, 100, 0, 2); /* the rest of what is lost */
  deliver(0, 60, 0, 3);
  take(100, true, 1);
  nothing(); /* the sign to drop it */
  take(60, false, 3);
  deliver(0, 100, NETRXF_more_data, 1);
  take(100, true, 1);
  nothing(); /* the end is not there */
  deliver(0, 100, 0, 2);
  deliver(0, 60, 0, 3);
  take(60, false, 3);
  front->flush();
}

static void more_responses_than_requests(void **state) {
  RING_IDX prod = rx.sring->rsp_prod;
  (void)state;
  rx.sring->rsp_prod = prod + 300;
  nothing();
  rx.sring->rsp_prod = prod - 1;
  nothing();
  rx.sring->rsp_prod = prod;
  deliver(0, 60, 0, 4);
  take(60, false, 4);
  front->flush();
}

static void buffers_run_out_and_come_back(void **state) {
  struct kernel_netdev_frame f[256];
  unsigned n = 0;
  (void)state;
  while (RING_HAS_UNCONSUMED_REQUESTS(&rx)) {
    deliver(0, 60, 0, 1);
    assert_int_equal(front->rx(&f[n++]), 1);
    front->flush();
  }
  assert_true(n * KERNEL_PAGE <= RAM / 8 && f[n - 1].scarce);
  for (unsigned i = 0; i < n; i++)
    front->rx_free(f[i].scratch);
  front->flush();
  deliver(0, 60, 0, 1);
  assert_int_equal(front->rx(&f[0]), 1);
  assert_false(f[0].scarce);
  front->rx_free(f[0].scratch);
  front->flush();
}

/* --- Sending --------------------------------------------------------------------- */

static netif_tx_request_t next_request(void) {
  assert_true(RING_HAS_UNCONSUMED_REQUESTS(&tx));
  return *RING_GET_REQUEST(&tx, tx.req_cons++);
}

static void respond(uint16_t id, int16_t status) {
  *RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) = (netif_tx_response_t){id, status};
  RING_PUSH_RESPONSES(&tx);
}

static void pieces_lie_in_pages(void **state) {
  static _Alignas(4096) char data[3 * 4096];
  struct kernel_netdev_tx t = {.piece = {{data + 4000, 66}, {data + 4090, 5000}},
                               .pieces_n = 2,
                               .checksum_offset = 16,
                               .segment_bytes = 1448,
                               .cookie = data};
  (void)state;
  for (int turn = 0; turn < 200; turn++) {
    assert_int_equal(front->tx(&t), 0);
    sent = 0;
    tx.sring->req_event = tx.req_cons + 1;
    front->flush();
    assert_int_equal(sent, 1);
    netif_tx_request_t first = next_request();
    netif_extra_info_t extra;
    memcpy(&extra, RING_GET_REQUEST(&tx, tx.req_cons++), sizeof extra);
    netif_tx_request_t second = next_request(), third = next_request(), fourth = next_request();
    assert_int_equal(first.size, 5066);
    assert_int_equal(first.offset, 4000);
    assert_int_equal(first.flags, NETTXF_csum_blank | NETTXF_data_validated | NETTXF_more_data |
                                      NETTXF_extra_info);
    assert_int_equal(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
    assert_int_equal(extra.flags, 0);
    assert_int_equal(extra.u.gso.size, 1448);
    assert_int_equal(extra.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV4);
    assert_true(second.offset == 4090 && second.size == 6 && second.flags == NETTXF_more_data);
    assert_true(third.offset == 0 && third.size == 4096 && third.flags == NETTXF_more_data);
    assert_true(fourth.offset == 0 && fourth.size == 898 && fourth.flags == 0);
    assert_ptr_equal(granted(first.gref, false), data);
    assert_ptr_equal(granted(third.gref, false), data + 4096);
    assert_false(grant[third.gref].writable);
    respond(fourth.id, 0);
    respond(0x1234, NETIF_RSP_NULL);
    respond(first.id, 0);
    respond(second.id, -1);
    assert_null(front->tx_done());
    respond(third.id, 0);
    assert_ptr_equal(front->tx_done(), data);
    assert_null(front->tx_done());
  }
}

static void answers_that_nobody_asked_for(void **state) {
  static char data[64];
  struct kernel_netdev_tx t = {.piece = {{data, 60}}, .pieces_n = 1, .cookie = data};
  (void)state;
  for (int i = 0; i < 4; i++)
    assert_int_equal(front->tx(&t), 0);
  front->flush();
  uint16_t id = next_request().id;
  tx.req_cons += 3;
  respond(id, 0);
  respond(id, 0);
  respond(256, 0);
  respond(65535, 0);
  assert_ptr_equal(front->tx_done(), data);
  assert_null(front->tx_done());
  RING_IDX prod = tx.sring->rsp_prod;
  tx.sring->rsp_prod = prod + 1000;
  assert_null(front->tx_done());
  tx.sring->rsp_prod = prod;
}

static void full_ring_and_too_many_pieces(void **state) {
  static _Alignas(4096) char data[20 * 4096];
  struct kernel_netdev_tx large = {.piece = {{data + 1, 18 * 4096}}, .pieces_n = 1, .cookie = data};
  struct kernel_netdev_tx t = {.piece = {{data, 60}}, .pieces_n = 1, .cookie = data};
  int n = 0;
  (void)state;
  assert_int_equal(front->tx(&large), E_LIMIT);
  large.piece[0].n = 14 * 4096;
  assert_int_equal(front->tx(&large), 0);
  for (; front->tx(&t) == 0; n++)
    assert_true(n < 256);
  assert_int_equal(front->tx(&t), E_AGAIN);
  front->flush();
  while (RING_HAS_UNCONSUMED_REQUESTS(&tx))
    respond(next_request().id, 0);
  for (; n >= 0; n--)
    assert_non_null(front->tx_done());
  assert_int_equal(front->tx(&t), 0);
  front->flush();
  respond(next_request().id, 0);
  assert_ptr_equal(front->tx_done(), data);
}

/* Last: the ids are used up. */
static void answers_that_free_no_frame(void **state) {
  static char data[64];
  struct kernel_netdev_tx t = {.piece = {{data, 60}}, .pieces_n = 1, .cookie = data};
  int n = 0;
  (void)state;
  for (; front->tx(&t) == 0; n++) {
    assert_true(n < 256);
    front->flush();
    next_request();
    respond(999, 0);
    assert_null(front->tx_done());
  }
  assert_int_equal(front->tx(&t), E_AGAIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frames_of_one_page),
      cmocka_unit_test(frame_of_several_pages),
      cmocka_unit_test(impossible_frames_are_dropped),
      cmocka_unit_test(frame_that_breaks_off),
      cmocka_unit_test(more_responses_than_requests),
      cmocka_unit_test(buffers_run_out_and_come_back),
      cmocka_unit_test(pieces_lie_in_pages),
      cmocka_unit_test(full_ring_and_too_many_pieces),
      cmocka_unit_test(answers_that_nobody_asked_for),
      cmocka_unit_test(answers_that_free_no_frame),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}

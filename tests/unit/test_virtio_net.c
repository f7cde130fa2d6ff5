/* SPDX-License-Identifier: BSD-2-Clause
 * Receiving from a virtio network card: frames in several buffers (Virtual I/O
 * Device 1.2, 5.1.6.4), and a device that counts or measures them wrong. */
#include "cmocka_all.h"

#include <kernel/mem.h>
#include <lib/limits.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dev/netdev.h"
#include "kernel/platform/virtio.h"

enum { HEADER = sizeof(struct virtio_net_hdr_v1), ROOM = 1920 };

struct kernel_netdev_stat netdev_stat;
static const struct netdev_driver *const net = &virtio_net_driver;

/* --- The platform ---------------------------------------------------------------- */

static struct virtio_device device;
static uint64_t offered, accepted;
static struct virtq *queue[2];
static void *page[3];
static unsigned pages_n;

void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  assert_int_equal(owner, MEMSTAT_VIRTQ);
  assert_true(pages_n < sizeof page / sizeof *page);
  return page[pages_n++] = aligned_alloc(KERNEL_PAGE, n * KERNEL_PAGE);
}

/* Of exactly an object's bytes: the sanitizer watches the end. */
void kernel_pool_init(struct kernel_pool *pool, const char *name, enum memstat_owner owner,
                      uint32_t bytes, uint32_t capacity) {
  (void)name, (void)owner, (void)capacity;
  pool->stat.object_bytes = bytes;
}

void *kernel_pool_get(struct kernel_pool *pool) {
  return malloc(pool->stat.object_bytes);
}

void kernel_pool_put(struct kernel_pool *pool, void *object) {
  (void)pool;
  free(object);
}

struct virtio_device *virtio_find(uint32_t id) {
  return id == 1 ? &device : NULL;
}

int virtio_reset(struct virtio_device *d, uint64_t *features) {
  (void)d;
  *features = offered;
  return 0;
}

int virtio_accept(struct virtio_device *d, uint64_t features) {
  (void)d;
  accepted = features;
  return 0;
}

int virtio_queue_open(struct virtio_device *d, unsigned index, unsigned most, bool event_idx,
                      struct virtq *q) {
  (void)d;
  queue[index] = q;
  return virtq_init(q, most, event_idx);
}

void virtio_route_interrupt(const struct virtio_device *d) {
  (void)d;
}

void virtio_start(struct virtio_device *d) {
  (void)d;
}

void virtio_notify(const struct virtio_device *d, unsigned index) {
  (void)d, (void)index;
}

void virtio_ack_interrupt(const struct virtio_device *d) {
  (void)d;
}

uint8_t virtio_config8(const struct virtio_device *d, unsigned offset) {
  (void)d;
  return (uint8_t)offset;
}

/* --- The device ------------------------------------------------------------------ */

static uint16_t seen; /* avail index up to which it has used buffers */

static struct vring ring(void) {
  return (struct vring){.num = queue[0]->size,
                        .desc = (void *)queue[0]->desc,
                        .avail = (void *)(uintptr_t)queue[0]->avail,
                        .used = (void *)(uintptr_t)queue[0]->used};
}

static unsigned available(void) {
  return (uint16_t)(ring().avail->idx - seen);
}

/* Use the next buffer: `n` bytes of `fill`. */
static void *use(uint32_t n, int fill) {
  struct vring r = ring();
  assert_true(available() > 0);
  uint16_t head = r.avail->ring[seen++ % r.num];
  void *at = (void *)(uintptr_t)r.desc[head].addr;
  assert_true(r.desc[head].flags == VRING_DESC_F_WRITE && r.desc[head].len == ROOM);
  memset(at, fill, n < ROOM ? n : ROOM);
  r.used->ring[r.used->idx % r.num] = (vring_used_elem_t){head, n};
  r.used->idx++;
  return at;
}

/* The first of a frame, which is said to have so many. */
static void use_first(unsigned buffers, uint32_t n, int fill) {
  struct virtio_net_hdr_v1 *h = use(n, fill);
  *h = (struct virtio_net_hdr_v1){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                  .num_buffers = (uint16_t)buffers};
}

static void open_card(uint64_t features) {
  struct kernel_netdev_info info;
  offered = features;
  seen = 0;
  netdev_stat = (struct kernel_netdev_stat){0};
  assert_int_equal(net->open(&info), 0);
}

static void close_card(void) {
  for (unsigned i = 0; i < queue[0]->size; i++)
    free(queue[0]->cookie[i]);
  while (pages_n > 0)
    free(page[--pages_n]);
}

static int set_up(void **state) {
  (void)state;
  open_card(UINT64_MAX);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  close_card();
  return 0;
}

/* --- What it gives ---------------------------------------------------------------- */

static void takes(uint32_t n, int fill, bool more) {
  struct kernel_netdev_frame f;
  assert_int_equal(net->rx(&f), 1);
  assert_int_equal(f.n, n);
  assert_true(f.p[0] == fill && f.p[n - 1] == fill);
  assert_int_equal(f.more, more);
  net->rx_free(f.scratch);
}

static void takes_nothing(void) {
  struct kernel_netdev_frame f;
  for (int i = 0; i < 4; i++)
    assert_int_equal(net->rx(&f), 0);
}

static void takes_the_next(void) {
  use_first(1, HEADER + 60, 'z');
  takes(60, 'z', false);
  takes_nothing();
}

static void a_frame_in_several_buffers(void **state) {
  (void)state;
  use_first(3, ROOM, 'a');
  use(ROOM, 'b');
  use(1, 'c');
  takes(ROOM - HEADER, 'a', true);
  takes(ROOM, 'b', true);
  takes(1, 'c', false);
  assert_int_equal(netdev_stat.rx_frames, 1);
  assert_int_equal(netdev_stat.rx_bytes, 2 * ROOM - HEADER + 1);
  takes_the_next();
}

static void a_buffer_that_is_missing(void **state) {
  (void)state;
  use_first(4, ROOM, 'a');
  use(ROOM, 'b');
  takes(ROOM - HEADER, 'a', true);
  takes(ROOM, 'b', true);
  takes_nothing();
  use(ROOM, 'c'); /* too late, and no frame of its own */
  use(5, 'd');
  takes_nothing();
  takes_the_next();
}

static void a_buffer_of_impossible_length(void **state) {
  static const uint32_t lengths[] = {0, ROOM + 1, UINT32_MAX};
  (void)state;
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    use_first(3, ROOM, 'a');
    use(lengths[i], 'b');
    use(ROOM, 'c');
    takes(ROOM - HEADER, 'a', true);
    takes_nothing();
    takes_the_next();
  }
}

static void a_first_buffer_of_impossible_length(void **state) {
  static const uint32_t lengths[] = {0, HEADER + 13, ROOM + 1, UINT32_MAX};
  (void)state;
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    use_first(9, lengths[i], 'a'); /* what it says of others is not believed */
    takes_nothing();
    assert_int_equal(netdev_stat.rx_drops, i + 1);
    takes_the_next();
  }
}

static void a_count_of_none(void **state) {
  (void)state;
  use_first(0, HEADER + 60, 'a');
  takes(60, 'a', false);
  takes_the_next();
}

static void a_count_without_the_feature(void **state) {
  (void)state;
  close_card();
  open_card(UINT64_MAX & ~(1ull << VIRTIO_NET_F_MRG_RXBUF));
  use_first(7, HEADER + 60, 'a');
  takes(60, 'a', false);
  takes_the_next();
}

static void large_frames_only_where_they_can_be_taken(void **state) {
  const uint64_t large = 1ull << VIRTIO_NET_F_GUEST_TSO4 | 1ull << VIRTIO_NET_F_GUEST_TSO6;
  const uint64_t never = 1ull << VIRTIO_NET_F_GUEST_ECN | 1ull << VIRTIO_NET_F_GUEST_UFO;
  static const unsigned needed[] = {VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_MRG_RXBUF};
  (void)state;
  assert_int_equal(accepted & large, large);
  assert_int_equal(accepted & never, 0);
  for (unsigned i = 0; i < sizeof needed / sizeof *needed; i++) {
    close_card();
    open_card(UINT64_MAX & ~(1ull << needed[i]));
    assert_int_equal(accepted & (large | 1ull << needed[i]), 0);
  }
}

static void as_many_buffers_as_are_used(void **state) {
  (void)state;
  assert_int_equal(available(), LIMIT_NET_RX_FIRST);
  for (int i = 0; i < 1000; i++) {
    takes_the_next();
    net->flush();
  }
  assert_int_equal(available(), LIMIT_NET_RX_FIRST);
  for (int turn = 0; turn < 4; turn++) {
    unsigned n = available();
    for (unsigned i = 0; i < n; i++)
      use_first(1, HEADER + 60, 'a');
    for (unsigned i = 0; i < n; i++)
      takes(60, 'a', false);
    net->flush();
    assert_true(available() > n || n == LIMIT_NET_RX_POSTED);
  }
  assert_int_equal(available(), LIMIT_NET_RX_POSTED);
  for (int i = 0; i < LIMIT_NET_RX_POSTED; i++) {
    takes_the_next();
    net->flush();
  }
  assert_int_equal(available(), LIMIT_NET_RX_FIRST);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_frame_in_several_buffers),
      TEST(a_buffer_that_is_missing),
      TEST(a_buffer_of_impossible_length),
      TEST(a_first_buffer_of_impossible_length),
      TEST(a_count_of_none),
      TEST(a_count_without_the_feature),
      TEST(large_frames_only_where_they_can_be_taken),
      TEST(as_many_buffers_as_are_used),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

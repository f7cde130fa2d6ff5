/* SPDX-License-Identifier: BSD-2-Clause
 * Setting a virtio device up, against registers that are plain memory: it reads
 * as what the test put there or what was written last. */
#include "cmocka_all.h"

#include <kernel/mem.h>
#include <lib/err.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/platform/virtio.h"

enum { SIZE = 16, DOORBELLS = 8, VERSION_1_IN_HIGH_HALF = 1 };

/* Each register on 16 bytes of its own; all have 4 bytes but as said. */
static uint32_t registers[VIRTIO_REGISTERS_N][4];
static uint8_t doorbells[DOORBELLS + 4]; /* what lies behind must not change */
static struct virtio_transport transport;
static struct virtio_device device;
static void *queue_page;
static unsigned routed;

void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  (void)owner;
  return queue_page = aligned_alloc(KERNEL_PAGE, n * KERNEL_PAGE);
}

void ioapic_enable(unsigned gsi);
void ioapic_enable(unsigned gsi) {
  routed = gsi;
}

static uint32_t *at(enum virtio_register r) {
  return registers[r];
}

static int set_up(void **state) {
  (void)state;
  memset(registers, 0, sizeof registers);
  memset(doorbells, 0xee, sizeof doorbells);
  for (unsigned r = 0; r < VIRTIO_REGISTERS_N; r++) {
    transport.reg[r].offset = (uint8_t)(r * sizeof registers[0]);
    transport.reg[r].bytes = r == VIRTIO_RESETTING ? 0 : 4;
  }
  transport.doorbell_bytes = 2;
  device = (struct virtio_device){.transport = &transport,
                                  .base = (uint64_t)registers,
                                  .notify = (uint64_t)doorbells,
                                  .notify_n = DOORBELLS,
                                  .notify_step = 2};
  *at(VIRTIO_DEVICE_FEATURES) = VERSION_1_IN_HIGH_HALF;
  *at(VIRTIO_QUEUE_SIZE_MAX) = SIZE;
  routed = 0;
  queue_page = NULL;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  free(queue_page);
  return 0;
}

static void agrees_on_features(void **state) {
  uint64_t offered; /* the low half offers 1 as the high half does */
  (void)state;
  assert_int_equal(virtio_reset(&device, &offered), 0);
  assert_int_equal(offered, 1ull << 32 | 1);
  assert_int_equal(*at(VIRTIO_STATUS), 1 | 2);
  assert_int_equal(virtio_accept(&device, 0x11), 0);
  assert_int_equal(*at(VIRTIO_DRIVER_FEATURES), 0x11); /* written last */
  assert_int_equal(*at(VIRTIO_STATUS), 1 | 2 | 8);
}

static void wants_version_1(void **state) {
  uint64_t offered;
  (void)state;
  *at(VIRTIO_DEVICE_FEATURES) = 2;
  assert_int_equal(virtio_reset(&device, &offered), E_PROTO);
}

static void accepts_a_refusal(void **state) {
  (void)state;
  transport.reg[VIRTIO_STATUS].bytes = 0; /* FEATURES_OK does not stay */
  assert_int_equal(virtio_accept(&device, 0), E_PROTO);
}

static void does_not_wait_for_ever_for_a_reset(void **state) {
  uint64_t offered;
  (void)state;
  transport.reg[VIRTIO_RESETTING].bytes = 4;
  *at(VIRTIO_RESETTING) = 1;
  assert_int_equal(virtio_reset(&device, &offered), E_PROTO);
}

static void opens_a_queue(void **state) {
  struct virtq q;
  (void)state;
  assert_int_equal(virtio_queue_open(&device, 1, 256, false, &q), 0);
  assert_int_equal(*at(VIRTIO_QUEUE_SELECT), 1);
  assert_int_equal(*at(VIRTIO_QUEUE_SIZE), SIZE);
  assert_int_equal(*at(VIRTIO_QUEUE_READY), 1);
  assert_int_equal(*(uint64_t *)at(VIRTIO_QUEUE_DESC), (uint64_t)q.desc);
  assert_int_equal(*(uint64_t *)at(VIRTIO_QUEUE_AVAIL), (uint64_t)q.avail);
  assert_int_equal(*(uint64_t *)at(VIRTIO_QUEUE_USED), (uint64_t)q.used);
}

static void takes_no_more_of_a_queue_than_wanted(void **state) {
  struct virtq q;
  (void)state;
  assert_int_equal(virtio_queue_open(&device, 0, SIZE / 2, false, &q), 0);
  assert_int_equal(*at(VIRTIO_QUEUE_SIZE), SIZE / 2);
}

static void knows_which_queues_there_are(void **state) {
  struct virtq q;
  (void)state;
  assert_int_equal(virtio_queue_open(&device, VIRTIO_QUEUES_MAX, 256, false, &q), E_NOENT);
  *at(VIRTIO_QUEUE_SIZE_MAX) = 0;
  assert_int_equal(virtio_queue_open(&device, 0, 256, false, &q), E_NOENT);
}

static void rings_the_last_doorbell(void **state) {
  struct virtq q;
  (void)state;
  *at(VIRTIO_QUEUE_NOTIFY_OFFSET) = DOORBELLS / 2 - 1;
  assert_int_equal(virtio_queue_open(&device, 1, 256, false, &q), 0);
  virtio_notify(&device, 1);
  assert_memory_equal(doorbells, "\xee\xee\xee\xee\xee\xee\x01\x00\xee\xee\xee\xee", 12);
}

static void rings_no_doorbell_beyond(void **state) {
  struct virtq q;
  (void)state;
  *at(VIRTIO_QUEUE_NOTIFY_OFFSET) = DOORBELLS / 2;
  assert_int_equal(virtio_queue_open(&device, 0, 256, false, &q), E_PROTO);
  *at(VIRTIO_QUEUE_NOTIFY_OFFSET) = 0xffff;
  device.notify_step = UINT32_MAX; /* the product has 48 bits */
  assert_int_equal(virtio_queue_open(&device, 0, 256, false, &q), E_PROTO);
}

static void routes_a_line_but_no_message(void **state) {
  (void)state;
  virtio_route_interrupt(&device);
  assert_int_equal(routed, 0);
  device.gsi = 5;
  virtio_route_interrupt(&device);
  assert_int_equal(routed, 5);
  virtio_start(&device);
  assert_int_equal(*at(VIRTIO_STATUS), 1 | 2 | 4 | 8);
}

static void keeps_no_more_devices_than_it_has_room_for(void **state) {
  (void)state;
  for (unsigned i = 0; i < VIRTIO_DEVICES_MAX; i++)
    assert_non_null(virtio_add(&transport));
  assert_null(virtio_add(&transport));
  virtio_devices[3].id = virtio_devices[7].id = 4;
  assert_ptr_equal(virtio_find(4), &virtio_devices[3]);
  assert_null(virtio_find(1));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(agrees_on_features),
      TEST(wants_version_1),
      TEST(accepts_a_refusal),
      TEST(does_not_wait_for_ever_for_a_reset),
      TEST(opens_a_queue),
      TEST(takes_no_more_of_a_queue_than_wanted),
      TEST(knows_which_queues_there_are),
      TEST(rings_the_last_doorbell),
      TEST(rings_no_doorbell_beyond),
      TEST(routes_a_line_but_no_message),
      TEST(keeps_no_more_devices_than_it_has_room_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

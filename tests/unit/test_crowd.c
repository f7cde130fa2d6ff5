/* SPDX-License-Identifier: BSD-2-Clause
 * Connections by address: each address has its bound, what leaves makes room,
 * and an IPv6 network of 64 bits counts as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/crowd.h"

enum { MOST = 5 };
static const struct lib_siphash_key key = {1, 2};
static struct app_crowd crowd;

static int setup(void **state) {
  (void)state;
  app_crowd_init(&crowd, &key, MOST);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  for (unsigned i = 0; i < APP_CROWD_SLOTS; i++)
    assert_int_equal(crowd.counts[i], 0);
  return 0;
}

static bool enter4(uint32_t address, uint16_t *slot) {
  uint8_t ip[16] = {[10] = 0xff, [11] = 0xff};
  for (int i = 0; i < 4; i++)
    ip[12 + i] = (uint8_t)(address >> (24 - 8 * i));
  return app_crowd_enter(&crowd, ip, slot);
}

static void test_bound_and_room_again(void **state) {
  (void)state;
  uint16_t slot[MOST], other;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < MOST; i++)
      assert_true(enter4(0x0a000001, &slot[i]));
    assert_false(enter4(0x0a000001, &other));
    assert_false(enter4(0x0a000001, &other)); /* the refused one did not count */
    app_crowd_leave(&crowd, slot[0]);
    assert_true(enter4(0x0a000001, &slot[0]));
    for (int i = 0; i < MOST; i++)
      app_crowd_leave(&crowd, slot[i]);
  }
}

/* One address that has all it may have leaves room to nearly all others. */
static void test_others_are_served(void **state) {
  (void)state;
  uint16_t slot[MOST], other;
  unsigned served = 0;
  for (int i = 0; i < MOST; i++)
    assert_true(enter4(0x0a000001, &slot[i]));
  for (uint32_t address = 0x0a000002; address < 0x0a000002 + 1000; address++) {
    if (!enter4(address, &other))
      continue;
    served++;
    app_crowd_leave(&crowd, other);
  }
  assert_true(served >= 990); /* 1 in 1024 shares its count */
  for (int i = 0; i < MOST; i++)
    app_crowd_leave(&crowd, slot[i]);
}

static void test_ip6_network_is_one(void **state) {
  (void)state;
  uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1};
  uint16_t slot[MOST], other;
  for (int i = 0; i < MOST; i++) {
    ip[15] = (uint8_t)i;
    ip[8] = (uint8_t)(i * 17);
    assert_true(app_crowd_enter(&crowd, ip, &slot[i]));
    assert_int_equal(slot[i], slot[0]);
  }
  assert_false(app_crowd_enter(&crowd, ip, &other));
  ip[7] = 2; /* the next network */
  assert_true(app_crowd_enter(&crowd, ip, &other));
  app_crowd_leave(&crowd, other);
  for (int i = 0; i < MOST; i++)
    app_crowd_leave(&crowd, slot[i]);
}

/* Who shares a count with whom depends on the key. */
static void test_key(void **state) {
  (void)state;
  const struct lib_siphash_key another = {3, 4};
  uint16_t slot[64], differ = 0, moved;
  for (uint32_t i = 0; i < 64; i++) {
    assert_true(enter4(i, &slot[i]));
    app_crowd_leave(&crowd, slot[i]);
  }
  app_crowd_init(&crowd, &another, MOST);
  for (uint32_t i = 0; i < 64; i++) {
    assert_true(enter4(i, &moved));
    app_crowd_leave(&crowd, moved);
    differ += moved != slot[i];
  }
  assert_true(differ > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_bound_and_room_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_others_are_served, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ip6_network_is_one, setup, teardown),
      cmocka_unit_test_setup_teardown(test_key, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The scoreboard: against a map of bytes, and the rules of RFC 6675 by example. */
#include "cmocka_all.h"
#include "sack_model.h"

enum { MSS = 1000, ROOM = 8 };
#define AT(packets) ((uint32_t)(packets)*MSS - 2500u) /* passes zero */

static struct net_sack *board(void) {
  static union {
    struct net_sack s;
    char room[sizeof(struct net_sack) + ROOM * sizeof(struct net_hole)];
  } u;
  net_sack_init(&u.s, AT(0), ROOM);
  return &u.s;
}

/* The peer has the packets from `first` to before `end`, of ten sent. */
static void has(struct net_sack *s, int first, int end) {
  assert_true(net_sack_block(s, AT(first), AT(end), AT(10)));
}

static void test_random_events(void **state) {
  uint8_t events[3000];
  (void)state;
  srand(1);
  for (int round = 0; round < 300; round++) {
    for (size_t i = 0; i < sizeof events; i++)
      events[i] = (uint8_t)rand();
    model_run(events, sizeof events);
  }
}

static void test_three_packets_behind_tell_of_a_loss(void **state) {
  struct net_sack *s = board();
  (void)state;
  has(s, 1, 3);
  assert_int_equal(net_sack_judge(s, MSS), 0);
  assert_int_equal(net_sack_pipe(s, AT(10), 0), 8 * MSS);
  has(s, 3, 4);
  assert_int_equal(net_sack_judge(s, MSS), 1);
  assert_int_equal(net_sack_pipe(s, AT(10), 1), 6 * MSS);
}

/* A hole with less behind it waits, while the one before it is lost. */
static void test_only_the_deep_hole_is_lost(void **state) {
  struct net_sack *s = board();
  (void)state;
  has(s, 1, 4);
  has(s, 5, 6);
  assert_int_equal(net_sack_judge(s, MSS), 1);
  assert_ptr_equal(net_sack_next(s, 1), &s->hole[0]);
  s->hole[0].sent = s->hole[0].end;
  assert_null(net_sack_next(s, 1));
  assert_int_equal(net_sack_pipe(s, AT(10), 1), 6 * MSS);
}

/* Sent again when packet 10 was new; packets sent later have come. */
static void test_a_packet_sent_again_may_be_lost_again(void **state) {
  struct net_sack *s = board();
  (void)state;
  has(s, 1, 10);
  s->hole[0].sent = s->hole[0].end;
  s->hole[0].after = AT(10);
  assert_true(net_sack_block(s, AT(10), AT(13), AT(20)));
  assert_true(net_sack_judge(s, MSS) == 1 && !net_sack_next(s, 1));
  assert_true(net_sack_block(s, AT(13), AT(14), AT(20)));
  assert_true(net_sack_judge(s, MSS) == 1 && net_sack_next(s, 1));
}

static void test_all_is_lost_when_the_timer_says_so(void **state) {
  struct net_sack *s = board();
  (void)state;
  has(s, 2, 3);
  assert_true(net_sack_lose(s, AT(10)));
  assert_int_equal(net_sack_judge(s, MSS), 2);
  assert_int_equal(net_sack_pipe(s, AT(10), 2), 0);
}

static unsigned blocks_of(const char *options, unsigned n, uint32_t block[NET_SACK_BLOCKS][2]) {
  uint8_t *exact = malloc(n ? n : 1); /* the sanitizer knows its end */
  memcpy(exact, options, n);
  unsigned blocks_n = net_sack_options(exact, n, block);
  free(exact);
  return blocks_n;
}

static void test_options(void **state) {
  static const char two[] = "\1\1\5\x12\0\0\0\1\0\0\0\2\x80\0\0\3\xff\xff\xff\xff";
  uint32_t block[NET_SACK_BLOCKS][2];
  (void)state;
  assert_int_equal(blocks_of(two, 20, block), 2);
  assert_true(block[0][0] == 1 && block[0][1] == 2);
  assert_true(block[1][0] == 0x80000003u && block[1][1] == 0xffffffffu);
  assert_int_equal(blocks_of("\x8\xa........\5\xa\0\0\0\7\0\0\0\x9", 20, block), 1);
  for (unsigned n = 0; n < 20; n++)
    assert_int_equal(blocks_of(two, n, block), 0); /* cut off */
  assert_int_equal(blocks_of("\0\5\xa\0\0\0\1\0\0\0\2", 11, block), 0);
  assert_int_equal(blocks_of("\x8\0\5\xa\0\0\0\1\0\0\0\2", 12, block), 0);
  assert_int_equal(blocks_of("\5\1\5\xa\0\0\0\1\0\0\0\2", 12, block), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_events),
      cmocka_unit_test(test_three_packets_behind_tell_of_a_loss),
      cmocka_unit_test(test_only_the_deep_hole_is_lost),
      cmocka_unit_test(test_a_packet_sent_again_may_be_lost_again),
      cmocka_unit_test(test_all_is_lost_when_the_timer_says_so),
      cmocka_unit_test(test_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

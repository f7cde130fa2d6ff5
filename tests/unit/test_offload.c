/* SPDX-License-Identifier: BSD-2-Clause
 * Checksum offload: after the device's part (the plain sum from where it was
 * told, as the standard has it) the checksum is the one computed here from the
 * whole packet; frames that are too short are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/offload.h"

enum { ETHERNET = 14, TCP = 6, UDP = 17, FRAME_MAX = 256 };

struct packet {
  uint8_t frame[FRAME_MAX];
  unsigned n;         /* bytes of the frame */
  unsigned addresses; /* offset of source and destination */
  unsigned addresses_n;
  unsigned transport; /* offset */
};

static void put16(uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static struct packet make(unsigned version, unsigned protocol, unsigned options, unsigned data_n) {
  struct packet p = {.transport = ETHERNET + (version == 4 ? 20 + options : 40)};
  unsigned payload = (protocol == TCP ? 20 : 8) + data_n;
  p.n = p.transport + payload;
  for (unsigned i = 0; i < p.n; i++)
    p.frame[i] = (uint8_t)rand();
  if (version == 4) {
    put16(p.frame + 12, 0x0800);
    p.frame[ETHERNET] = (uint8_t)(0x40 | (20 + options) / 4);
    put16(p.frame + ETHERNET + 2, 20 + options + payload);
    p.frame[ETHERNET + 9] = (uint8_t)protocol;
    p.addresses = ETHERNET + 12, p.addresses_n = 8;
  } else {
    put16(p.frame + 12, 0x86dd);
    p.frame[ETHERNET] = 0x60;
    put16(p.frame + ETHERNET + 4, payload);
    p.frame[ETHERNET + 6] = (uint8_t)protocol;
    p.addresses = ETHERNET + 8, p.addresses_n = 32;
  }
  return p;
}

/* One's complement sum with end-around carry, byte by byte. RFC 1071 */
static uint16_t sum(uint16_t from, const uint8_t *p, unsigned n) {
  uint64_t s = from;
  for (unsigned i = 0; i < n; i++)
    s += (uint64_t)p[i] << (i % 2 ? 0 : 8);
  while (s >> 16)
    s = (s & 0xffff) + (s >> 16);
  return (uint16_t)s;
}

/* RFC 9293 3.1 and RFC 8200 8.1, from the packet as it is. */
static uint16_t checksum_of(struct packet p, unsigned field) {
  uint8_t rest[8] = {0};
  unsigned n = p.n - p.transport;
  put16(p.frame + p.transport + field, 0);
  put16(rest + 2, n);
  rest[7] = p.addresses_n == 8 ? p.frame[ETHERNET + 9] : p.frame[ETHERNET + 6];
  uint16_t s = sum(0, p.frame + p.addresses, p.addresses_n);
  s = sum(s, rest, sizeof rest);
  return (uint16_t)~sum(s, p.frame + p.transport, n);
}

/* What virtio's device does: Virtual I/O Device 1.2, 5.1.6.2. */
static void device(struct packet *p, const struct kernel_netdev_tx *tx) {
  uint16_t s = sum(0, p->frame + tx->checksum_start, p->n - tx->checksum_start);
  put16(p->frame + tx->checksum_start + tx->checksum_offset, (uint16_t)~s);
}

static void prepare(uint8_t *frame, uint32_t n, uint16_t mss, struct kernel_netdev_tx *tx) {
  struct net_layout l;
  if (net_layout_read(frame, n, &l))
    net_offload_prepare(frame, n, &l, mss, tx);
}

static void check(unsigned version, unsigned protocol, unsigned options, unsigned data_n) {
  struct packet p = make(version, protocol, options, data_n);
  struct kernel_netdev_tx tx = {0};
  unsigned field = protocol == TCP ? 16 : 6;
  uint16_t wanted = checksum_of(p, field);
  prepare(p.frame, p.n, 0, &tx);
  assert_int_equal(tx.checksum_start, p.transport);
  assert_int_equal(tx.checksum_offset, field);
  device(&p, &tx);
  assert_int_equal(p.frame[p.transport + field] << 8 | p.frame[p.transport + field + 1], wanted);
}

static void test_sums(void **state) {
  (void)state;
  srand(4);
  for (int round = 0; round < 200; round++)
    for (unsigned data_n = 0; data_n < 40; data_n += 1 + (unsigned)rand() % 3)
      for (unsigned options = 0; options <= 40; options += 20) {
        check(4, TCP, options, data_n);
        check(4, UDP, options, data_n);
        check(6, TCP, 0, data_n);
        check(6, UDP, 0, data_n);
      }
}

/* More than a packet: the device is told of packet and header; not less, not UDP. */
static void test_segments(void **state) {
  (void)state;
  for (unsigned version = 4; version <= 6; version += 2) {
    unsigned header = version == 4 ? 14 + 20 + 20 : 14 + 40 + 20;
    struct packet one = make(version, TCP, 0, 24), two = make(version, TCP, 0, 25);
    struct packet udp = make(version, UDP, 0, 40);
    struct kernel_netdev_tx tx_one = {0}, tx_two = {0}, tx_udp = {0};
    one.frame[one.transport + 12] = two.frame[two.transport + 12] = 5 << 4;
    prepare(one.frame, one.n, 24, &tx_one);
    prepare(two.frame, two.n, 24, &tx_two);
    prepare(udp.frame, udp.n, 24, &tx_udp);
    assert_int_equal(tx_one.segment_bytes, 0);
    assert_int_equal(tx_two.segment_bytes, 24);
    assert_int_equal(tx_two.header_bytes, header);
    assert_int_equal(tx_two.ip6, version == 6);
    assert_int_equal(tx_udp.segment_bytes, 0);
  }
}

/* Only the headers lie in the first piece: the sum is the same. */
static void test_body_elsewhere(void **state) {
  (void)state;
  struct packet p = make(4, TCP, 0, 100), whole = p;
  struct kernel_netdev_tx tx = {0}, tx_whole = {0};
  uint8_t *piece = malloc(p.transport + 20); /* the sanitizer watches its end */
  memcpy(piece, p.frame, p.transport + 20);
  prepare(whole.frame, whole.n, 0, &tx_whole);
  prepare(piece, p.transport + 20, 0, &tx);
  assert_memory_equal(piece, whole.frame, p.transport + 20);
  assert_int_equal(tx.checksum_offset, tx_whole.checksum_offset);
  free(piece);
}

/* Cut anywhere before the checksum field's end: untouched, no offload. */
static void test_short(void **state) {
  (void)state;
  for (unsigned version = 4; version <= 6; version += 2)
    for (unsigned protocol = TCP; protocol <= UDP; protocol += UDP - TCP) {
      struct packet p = make(version, protocol, 0, 0);
      unsigned needed = p.transport + (protocol == TCP ? 18 : 8);
      for (unsigned n = 0; n < needed; n++) {
        uint8_t *cut = malloc(n ? n : 1);
        struct kernel_netdev_tx tx = {0};
        memcpy(cut, p.frame, n);
        prepare(cut, n, 0, &tx);
        assert_int_equal(tx.checksum_offset, 0);
        assert_memory_equal(cut, p.frame, n);
        free(cut);
      }
    }
}

static void check_left_alone(const struct packet *p) {
  struct packet copy = *p;
  struct kernel_netdev_tx tx = {0};
  prepare(copy.frame, copy.n, 0, &tx);
  assert_int_equal(tx.checksum_offset, 0);
  assert_memory_equal(copy.frame, p->frame, p->n);
}

static void test_others_left_alone(void **state) {
  (void)state;
  struct packet icmp4 = make(4, 1, 0, 20), icmp6 = make(6, 58, 0, 20);
  struct packet hop_by_hop = make(6, 0, 0, 20), arp = make(4, TCP, 0, 20);
  put16(arp.frame + 12, 0x0806);
  check_left_alone(&icmp4);
  check_left_alone(&icmp6);
  check_left_alone(&hop_by_hop);
  check_left_alone(&arp);
}

/* Lengths in the headers that cannot be: nothing outside the frame is read. */
static void test_odd_headers(void **state) {
  (void)state;
  for (unsigned n = 0; n <= 80; n++)
    for (int round = 0; round < 300; round++) {
      uint8_t *frame = malloc(n ? n : 1);
      struct kernel_netdev_tx tx = {0};
      for (unsigned i = 0; i < n; i++)
        frame[i] = (uint8_t)rand();
      if (n >= 24) {
        put16(frame + 12, rand() % 2 ? 0x0800 : 0x86dd);
        frame[23] = frame[20] = rand() % 2 ? TCP : UDP;
      }
      prepare(frame, n, 1460, &tx);
      if (tx.checksum_offset)
        assert_true(tx.checksum_start + tx.checksum_offset + 2u <= n);
      free(frame);
    }
}

/* A packet whose IP header is as it should be, in a frame with room behind it. */
static struct packet make_plain(unsigned version, unsigned options) {
  struct packet p = make(version, TCP, options, 5);
  if (version == 4) {
    put16(p.frame + ETHERNET + 6, 0x4000); /* DF */
    put16(p.frame + ETHERNET + 10, 0);
    put16(p.frame + ETHERNET + 10, (uint16_t)~sum(0, p.frame + ETHERNET, 20 + options));
  }
  return p;
}

static bool is_plain(const struct packet *p, unsigned n) {
  struct net_layout l;
  uint8_t *exact = malloc(n); /* the sanitizer watches its end */
  memcpy(exact, p->frame, n);
  bool plain = net_layout_read(exact, n, &l) && net_layout_is_plain(exact, n, &l);
  if (plain) {
    assert_int_equal(l.transport, p->transport);
    assert_int_equal(l.transport_n, p->n - p->transport);
  }
  free(exact);
  return plain;
}

/* Whole packets, with and without bytes behind them; no part of one. */
static void test_plain(void **state) {
  (void)state;
  for (unsigned version = 4; version <= 6; version += 2) {
    struct packet p = make_plain(version, 0);
    for (unsigned n = 1; n < p.n; n++)
      assert_false(is_plain(&p, n));
    assert_true(is_plain(&p, p.n));
    assert_true(is_plain(&p, p.n + 10));
  }
}

/* Options, fragments, and a header of which any one bit is wrong. */
static void test_not_plain(void **state) {
  (void)state;
  struct packet options = make_plain(4, 4), six = make_plain(6, 0);
  assert_false(is_plain(&options, options.n));
  six.frame[ETHERNET] = 0x40;
  assert_false(is_plain(&six, six.n));
  for (unsigned bit = 0; bit < 20 * 8; bit++) {
    struct packet p = make_plain(4, 0);
    p.frame[ETHERNET + bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_false(is_plain(&p, p.n));
  }
  for (unsigned bit = 0; bit < 14; bit++) { /* MF and the offset, under a sum that is right */
    struct packet p = make_plain(4, 0);
    put16(p.frame + ETHERNET + 6, 1u << bit);
    put16(p.frame + ETHERNET + 10, 0);
    put16(p.frame + ETHERNET + 10, (uint16_t)~sum(0, p.frame + ETHERNET, 20));
    assert_false(is_plain(&p, p.n));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums),
      cmocka_unit_test(test_segments),
      cmocka_unit_test(test_body_elsewhere),
      cmocka_unit_test(test_short),
      cmocka_unit_test(test_others_left_alone),
      cmocka_unit_test(test_odd_headers),
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_not_plain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

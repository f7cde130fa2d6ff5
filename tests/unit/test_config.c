/* SPDX-License-Identifier: BSD-2-Clause
 * ip= and ip6=: what is taken, what is refused with which words, and addresses
 * against the C library's reading and writing of them. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <net/net.h>

#include "net/text.h"

static struct net_family f;

static const char *parse4(const char *value) {
  memset(&f, 0xee, sizeof f);
  return net_config_parse_ip4(lib_span_str(value), &f);
}

static const char *parse6(const char *value) {
  memset(&f, 0xee, sizeof f);
  return net_config_parse_ip6(lib_span_str(value), &f);
}

static void test_modes(void **state) {
  (void)state;
  assert_null(parse4("dhcp"));
  assert_int_equal(f.mode, NET_AUTO);
  assert_null(parse4("off"));
  assert_int_equal(f.mode, NET_OFF);
  assert_null(parse6("auto"));
  assert_int_equal(f.mode, NET_AUTO);
  assert_null(parse6("off"));
  assert_int_equal(f.mode, NET_OFF);
}

static void check(const struct net_address *a, int family, const char *text, unsigned length) {
  uint8_t ip[16];
  assert_int_equal(inet_pton(family, text, ip), 1);
  assert_memory_equal(a->ip, ip, family == AF_INET ? 4 : 16);
  assert_int_equal(a->length, length);
}

static void test_static4(void **state) {
  (void)state;
  assert_null(parse4("192.0.2.7/24,gw=192.0.2.1,dns=198.51.100.53"));
  assert_int_equal(f.mode, NET_STATIC);
  check(&f.address, AF_INET, "192.0.2.7", 24);
  check(&f.gateway, AF_INET, "192.0.2.1", 32);
  check(&f.dns, AF_INET, "198.51.100.53", 32);
  assert_null(parse4("10.0.0.2/0"));
  check(&f.address, AF_INET, "10.0.0.2", 0);
  assert_int_equal(f.gateway.length, 0);
  assert_int_equal(f.dns.length, 0);
  assert_null(parse4("10.0.0.2/32,dns=10.0.0.3,gw=10.0.0.1"));
  check(&f.gateway, AF_INET, "10.0.0.1", 32);
}

static void test_static6(void **state) {
  (void)state;
  assert_null(parse6("2001:db8::7/64,gw=fe80::1,dns=2001:db8::53"));
  assert_int_equal(f.mode, NET_STATIC);
  check(&f.address, AF_INET6, "2001:db8::7", 64);
  check(&f.gateway, AF_INET6, "fe80::1", 128);
  check(&f.dns, AF_INET6, "2001:db8::53", 128);
  assert_null(parse6("2001:db8:1:2:3:4:5:6/128"));
  check(&f.address, AF_INET6, "2001:db8:1:2:3:4:5:6", 128);
}

#define FORM "needs the form ADDRESS/LENGTH"
#define ADDRESS "not an address"
#define KEYS "only gw= and dns= may follow the address"
#define GATEWAY "gw= needs an address"
#define DNS "dns= needs an address"

struct refusal {
  const char *value, *why;
};

static void test_refused4(void **state) {
  (void)state;
  static const struct refusal cases[] = {
      {"", FORM},
      {"auto", FORM},
      {"DHCP", FORM},
      {"dhcp,gw=10.0.0.1", FORM},
      {"10.0.0.2", FORM},
      {"10.0.0.2/", FORM},
      {"10.0.0.2/33", FORM},
      {"10.0.0.2/-1", FORM},
      {"10.0.0.2/255.255.255.0", FORM},
      {"10.0.0.2/24/8", FORM},
      {"/24", ADDRESS},
      {"10.0.0/24", ADDRESS},
      {"10.0.0.2.1/24", ADDRESS},
      {"10.0.0./24", ADDRESS},
      {".0.0.2/24", ADDRESS},
      {"10.0.0.256/24", ADDRESS},
      {"10.0.0.010/24", ADDRESS}, /* octal to some, decimal to others */
      {"10.0.0.0002/24", ADDRESS},
      {"10.0.0.0x2/24", ADDRESS},
      {"167772162/24", ADDRESS},
      {"10.0.0.2 /24", ADDRESS},
      {"fd00::1/24", ADDRESS},
      {"host.example/24", ADDRESS},
      {"111111111111111111111111111111111111111111111111111111111111/24", ADDRESS},
      {"10.0.0.2/24,", KEYS},
      {"10.0.0.2/24,10.0.0.1", KEYS},
      {"10.0.0.2/24,gateway=10.0.0.1", KEYS},
      {"10.0.0.2/24,GW=10.0.0.1", KEYS},
      {"10.0.0.2/24,gw", GATEWAY},
      {"10.0.0.2/24,gw=", GATEWAY},
      {"10.0.0.2/24,gw=10.0.0.1/24", GATEWAY},
      {"10.0.0.2/24,gw=10.0.0.1=1", GATEWAY},
      {"10.0.0.2/24,gw=10.0.0.1,dns=none", DNS},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct net_family untouched;
    memset(&untouched, 0xee, sizeof untouched);
    const char *why = parse4(cases[i].value);
    if (!why || strcmp(why, cases[i].why) != 0)
      fail_msg("ip=%s: %s", cases[i].value, why ? why : "was taken");
    assert_memory_equal(&f, &untouched, sizeof f);
  }
}

static void test_refused6(void **state) {
  (void)state;
  static const struct refusal cases[] = {
      {"dhcp", FORM},
      {"fd00::1", FORM},
      {"fd00::1/129", FORM},
      {"::1%en0/128", ADDRESS},
      {"10.0.0.2/24", ADDRESS},
      {"fd00::1/64,gw=10.0.0.1", GATEWAY},
      {"fd00::1/64,gw=fe80::1%1", GATEWAY},
      {"fd00::1/64,dns=", DNS},
      {"fd00::1/64,ip=fd00::2", KEYS},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why = parse6(cases[i].value);
    if (!why || strcmp(why, cases[i].why) != 0)
      fail_msg("ip6=%s: %s", cases[i].value, why ? why : "was taken");
  }
}

/* Both readers agree about what is an IPv6 address, and which. */
static int compare6(const char *text) {
  char value[128];
  uint8_t ip[16];
  int wanted = inet_pton(AF_INET6, text, ip) == 1;
  snprintf(value, sizeof value, "%s/64", text);
  if ((parse6(value) == NULL) != wanted)
    fail_msg("%s is %s address", text, wanted ? "an" : "no");
  if (wanted)
    assert_memory_equal(f.address.ip, ip, 16);
  return wanted;
}

static void test_ip6_forms(void **state) {
  (void)state;
  static const char *const texts[] = {
      "::",
      "::1",
      "1::",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "1:2::7:8",
      "FD00::aBcD",
      "0001:0:0:0:0:0:0:0001",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      ":",
      ":::",
      ":1",
      "1:",
      "1:2",
      "12345::",
      "g::",
      "::ffff:192.0.2.1",
      "::ffff:192.0.2.256",
      "1:2:3:4:5:6:7:",
      ":1:2:3:4:5:6:7",
      "1",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:::2",
      "1::2x",
      "1::192.0.2.1",
      "1:2:3:4:5:6:192.0.2.1",
      "1:2:3:4:5:6:7:192.0.2.1",
      "::192.0.2.1:1",
      "::192.0.2",
      "::01.2.3.4.5",
      "1::00000",
      "0::0:0:0:0:0:0:0",
      "0::0:0:0:0:0:0",
      "",
      "x",
  };
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
    compare6(texts[i]);
}

/* Random texts of the right letters. */
static void test_ip6_random(void **state) {
  (void)state;
  static const char letters[] = "::::11Fa.2g";
  int taken = 0;
  srand(5);
  for (int round = 0; round < 200000; round++) {
    char text[40];
    int n = rand() % 24, from = rand() % 5;
    for (int i = 0; i < n; i++)
      text[i] = letters[from + rand() % (6 - rand() % 2 * 3)];
    text[n] = 0;
    taken += compare6(text);
  }
  assert_true(taken > 1000);
}

static void assert_text(int family, const uint8_t *ip, const char *expected) {
  char text[64];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text - 1);
  if (family == AF_INET)
    net_text_ip4(&o, ip);
  else
    net_text_ip6(&o, ip);
  text[o.n] = 0;
  assert_string_equal(text, expected);
}

/* Every choice of groups that are zero. The C library writes the last two of
 * some addresses as IPv4 (RFC 5952 5), which no peer of ours has. */
static void test_ip6_text(void **state) {
  (void)state;
  static const uint16_t value[] = {0x2001, 0xdb8, 0xff, 1, 0xabc, 0xf0, 0x10, 0xf00f};
  for (unsigned zeros = 0; zeros < 256; zeros++) {
    uint8_t ip[16] = {0};
    char expected[INET6_ADDRSTRLEN];
    for (unsigned i = 0; i < 8; i++) {
      ip[2 * i] = zeros >> i & 1 ? 0 : (uint8_t)(value[i] >> 8);
      ip[2 * i + 1] = zeros >> i & 1 ? 0 : (uint8_t)value[i];
    }
    assert_non_null(inet_ntop(AF_INET6, ip, expected, sizeof expected));
    if (!strchr(expected, '.'))
      assert_text(AF_INET6, ip, expected);
  }
  assert_text(AF_INET6, (const uint8_t[16]){0}, "::");
  assert_text(AF_INET6, (const uint8_t[16]){[15] = 1}, "::1");
  assert_text(AF_INET6, (const uint8_t[16]){[13] = 2, [14] = 3}, "::2:300");
}

static void test_ip4_text(void **state) {
  (void)state;
  assert_text(AF_INET, (const uint8_t[4]){0, 10, 200, 255}, "0.10.200.255");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_modes),      cmocka_unit_test(test_static4),
      cmocka_unit_test(test_static6),    cmocka_unit_test(test_refused4),
      cmocka_unit_test(test_refused6),   cmocka_unit_test(test_ip6_forms),
      cmocka_unit_test(test_ip6_random), cmocka_unit_test(test_ip6_text),
      cmocka_unit_test(test_ip4_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

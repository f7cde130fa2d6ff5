/* SPDX-License-Identifier: BSD-2-Clause
 * The kernel command line: what each option sets, and the complaint about each
 * word that is let pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "app/options.h"

static char complaints[512];
static struct app_options o;

static void complain(struct lib_span word, const char *why) {
  size_t n = strlen(complaints);
  snprintf(complaints + n, sizeof complaints - n, "%.*s %s\n", (int)word.n, word.p, why);
}

static const char *parse(const char *cmdline) {
  memset(&o, 0xff, sizeof o);
  complaints[0] = 0;
  app_options_parse(lib_span_str(cmdline), &o, complain);
  return complaints;
}

static void check_defaults(void) {
  assert_int_equal(o.logs.syslog.port, 0);
  assert_int_equal(o.logs.access, APP_LOG_UNSET);
  assert_int_equal(o.watchdog_s, 10);
  assert_int_equal(o.port, 80);
  assert_int_equal(o.tls_port, 443);
  assert_int_equal(o.log, KERNEL_LOG_INFO);
  assert_int_equal(o.onpanic, KERNEL_ONPANIC_REBOOT);
  assert_int_equal(o.net.ip4.mode, NET_AUTO);
  assert_int_equal(o.net.ip6.mode, NET_AUTO);
  assert_int_equal(o.selftest.n, 0);
}

static void test_empty(void **state) {
  (void)state;
  app_options_parse((struct lib_span){NULL, 0}, &o, complain);
  check_defaults();
  assert_string_equal(parse(""), "");
  check_defaults();
  assert_string_equal(parse("    "), "");
  check_defaults();
}

static void test_all(void **state) {
  (void)state;
  assert_string_equal(
      parse(" ip=off  port=8081 tlsport=8443 log=debug onpanic=halt selftest=null ip6=off "), "");
  assert_int_equal(o.port, 8081);
  assert_int_equal(o.tls_port, 8443);
  assert_int_equal(o.log, KERNEL_LOG_DEBUG);
  assert_int_equal(o.onpanic, KERNEL_ONPANIC_HALT);
  assert_int_equal(o.net.ip4.mode, NET_OFF);
  assert_int_equal(o.net.ip6.mode, NET_OFF);
  assert_true(lib_span_eq(o.selftest, LIB_SPAN("null")));
}

static void test_each_level(void **state) {
  (void)state;
  parse("log=off");
  assert_int_equal(o.log, KERNEL_LOG_OFF);
  parse("log=error");
  assert_int_equal(o.log, KERNEL_LOG_ERROR);
  parse("log=info");
  assert_int_equal(o.log, KERNEL_LOG_INFO);
  parse("onpanic=reboot");
  assert_int_equal(o.onpanic, KERNEL_ONPANIC_REBOOT);
}

static void expect_syslog(const char *option, const char *ip, unsigned bits, unsigned port) {
  uint8_t wanted[16];
  assert_string_equal(parse(option), "");
  assert_int_equal(o.logs.syslog.port, port);
  assert_int_equal(o.logs.syslog.address.length, bits);
  assert_int_equal(inet_pton(bits == 32 ? AF_INET : AF_INET6, ip, wanted), 1);
  assert_memory_equal(o.logs.syslog.address.ip, wanted, bits / 8);
  assert_int_equal(o.log, KERNEL_LOG_INFO);
}

static void test_syslog(void **state) {
  (void)state;
  expect_syslog("log=syslog:192.0.2.1", "192.0.2.1", 32, 514);
  expect_syslog("log=syslog:192.0.2.1:5514", "192.0.2.1", 32, 5514);
  expect_syslog("log=syslog:2001:db8::1", "2001:db8::1", 128, 514);
  expect_syslog("log=syslog:[2001:db8::1]", "2001:db8::1", 128, 514);
  expect_syslog("log=syslog:[2001:db8::1]:5514", "2001:db8::1", 128, 5514);
  assert_string_equal(parse("log=debug log=syslog:192.0.2.1 accesslog=json watchdog=0 "
                            "hostname=a.example"),
                      "");
  assert_true(lib_span_eq(o.logs.hostname, LIB_SPAN("a.example")));
  assert_int_equal(o.log, KERNEL_LOG_DEBUG);
  assert_int_equal(o.logs.access, APP_LOG_JSON);
  assert_int_equal(o.watchdog_s, 0);
}

/* The VMM's words are no concern of ours, and no mistake of the user's. */
static void test_platform_words(void **state) {
  (void)state;
  assert_string_equal(parse("virtio_mmio.device=512@0xfeb00e00:12 "
                            "virtio_mmio.device=512@0xfeb00c00:11"),
                      "");
  check_defaults();
  assert_string_equal(parse("reboot=k panic=1 nomodule 8250.nr_uarts=0 i8042.noaux i8042.nomux "
                            "i8042.dumbkbd swiotlb=noforce console=ttyS0 pci=off root=/dev/vda rw"),
                      ""); /* Firecracker */
  check_defaults();
}

/* A runtime gives an address and a gateway, then the user's own words. */
static void test_gateway(void **state) {
  (void)state;
  assert_string_equal(parse("ip=192.0.2.7/24 gateway=192.0.2.1 -- port=81"), "");
  assert_int_equal(o.net.ip4.mode, NET_STATIC);
  assert_int_equal(o.net.ip4.address.length, 24);
  assert_memory_equal(o.net.ip4.gateway.ip, "\xc0\0\2\1", 4);
  assert_int_equal(o.port, 81);
}

static void test_complaints(void **state) {
  (void)state;
  static const struct {
    const char *word, *why;
  } cases[] = {
      {"quiet", "has no value"},
      {"port", "has no value"},
      {"consoles=ttyS0", "is not known"},
      {"1.2.3.4", "has no value"},
      {"gateway=", "not an address"},
      {"gateway=192.0.2.1/24", "not an address"},
      {"gateway=2001:db8::1", "not an address"},
      {"Port=80", "is not known"},
      {"=80", "is not known"},
      {"port=", "needs a number from 1 to 65535"},
      {"port=0", "needs a number from 1 to 65535"},
      {"port=65536", "needs a number from 1 to 65535"},
      {"port=99999999999999999999", "needs a number from 1 to 65535"},
      {"port=80x", "needs a number from 1 to 65535"},
      {"port=-1", "needs a number from 1 to 65535"},
      {"port=0x50", "needs a number from 1 to 65535"},
      {"tlsport=0", "needs a number from 1 to 65535"},
      {"log=", "needs off, error, info, debug or syslog:ADDRESS"},
      {"log=warn", "needs off, error, info, debug or syslog:ADDRESS"},
      {"log=INFO", "needs off, error, info, debug or syslog:ADDRESS"},
      {"log=syslog:", "not an address"},
      {"log=syslog:192.0.2", "not an address"},
      {"log=syslog:192.0.2.1:", "needs the form ADDRESS:PORT"},
      {"log=syslog:192.0.2.1:0", "needs the form ADDRESS:PORT"},
      {"log=syslog:192.0.2.1:65536", "needs the form ADDRESS:PORT"},
      {"log=syslog:[2001:db8::1]514", "needs the form ADDRESS:PORT"},
      {"log=syslog:[2001:db8::1", "not an address"},
      {"accesslog=", "needs off, combined or json"},
      {"watchdog=soon", "needs a number of seconds"},
      {"watchdog=3601", "needs a number of seconds"},
      {"onpanic=", "needs reboot or halt"},
      {"onpanic=halt,reboot", "needs reboot or halt"},
      {"ip=", "needs the form ADDRESS/LENGTH"},
      {"ip=1.2.3.4", "needs the form ADDRESS/LENGTH"},
      {"ip6=dhcp", "needs the form ADDRESS/LENGTH"},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s %s\n", cases[i].word, cases[i].why);
    assert_string_equal(parse(cases[i].word), wanted);
    check_defaults();
  }
}

/* A bad word takes nothing from the good ones around it. */
static void test_bad_among_good(void **state) {
  (void)state;
  assert_string_equal(parse("port =81"), "port has no value\n=81 is not known\n");
  check_defaults();
  assert_string_equal(
      parse("port=8081 nonsense log=loud onpanic=halt"),
      "nonsense has no value\nlog=loud needs off, error, info, debug or syslog:ADDRESS\n");
  assert_int_equal(o.port, 8081);
  assert_int_equal(o.log, KERNEL_LOG_INFO);
  assert_int_equal(o.onpanic, KERNEL_ONPANIC_HALT);
}

static void test_last_one_counts(void **state) {
  (void)state;
  assert_string_equal(parse("port=1 port=2"), "");
  assert_int_equal(o.port, 2);
  assert_string_equal(parse("port=2 port=none"), "port=none needs a number from 1 to 65535\n");
  assert_int_equal(o.port, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),           cmocka_unit_test(test_all),
      cmocka_unit_test(test_each_level),      cmocka_unit_test(test_platform_words),
      cmocka_unit_test(test_gateway),         cmocka_unit_test(test_complaints),
      cmocka_unit_test(test_syslog),          cmocka_unit_test(test_bad_among_good),
      cmocka_unit_test(test_last_one_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

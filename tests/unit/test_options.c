/* SPDX-License-Identifier: BSD-2-Clause
 * The kernel command line: what each option sets, and the complaint about each
 * word that is let pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

/* The VMM's words are no concern of ours, and no mistake of the user's. */
static void test_platform_words(void **state) {
  (void)state;
  assert_string_equal(parse("virtio_mmio.device=512@0xfeb00e00:12 "
                            "virtio_mmio.device=512@0xfeb00c00:11"),
                      "");
  check_defaults();
}

static void test_complaints(void **state) {
  (void)state;
  static const struct {
    const char *word, *why;
  } cases[] = {
      {"quiet", "has no value"},
      {"port", "has no value"},
      {"console=ttyS0", "is not known"},
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
      {"log=", "needs off, error, info or debug"},
      {"log=warn", "needs off, error, info or debug"},
      {"log=INFO", "needs off, error, info or debug"},
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
  assert_string_equal(parse("port=8081 nonsense log=loud onpanic=halt"),
                      "nonsense has no value\nlog=loud needs off, error, info or debug\n");
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
      cmocka_unit_test(test_complaints),      cmocka_unit_test(test_bad_among_good),
      cmocka_unit_test(test_last_one_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * http/auth.c: base64, the memory of what was right, and the ration of password
 * checks. The realm is that of tests/data/www: alice, "open sesame". */
#include "cmocka_all.h"
#include "guard.h"
#include "http_peer.h"

#include <http/auth.h>

#define RIGHT "Basic YWxpY2U6b3BlbiBzZXNhbWU="
#define WRONG "Basic YWxpY2U6c2hlcnJ5"
#define NOBODY "Basic Ym9iOm9wZW4gc2VzYW1l"

static void expect_base64(const char *in, const char *want) {
  char out[32];
  int n = http_base64_decode(guard_str(in), out, sizeof out);
  assert_true(n >= 0);
  assert_span((struct lib_span){out, (size_t)n}, want);
}

/* RFC 4648 10. */
static void base64_vectors(void **state) {
  (void)state;
  expect_base64("", "");
  expect_base64("Zg==", "f");
  expect_base64("Zm8=", "fo");
  expect_base64("Zm9v", "foo");
  expect_base64("Zm9vYg==", "foob");
  expect_base64("Zm9vYmE=", "fooba");
  expect_base64("Zm9vYmFy", "foobar");
  expect_base64("+/+/", "\xfb\xff\xbf");
}

static void malformed_base64(void **state) {
  (void)state;
  static const char *const bad[] = {
      "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Z=g=", "Zm9-", "Zm 9", "Zh==", "Zm9="};
  char out[32];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(http_base64_decode(guard_str(bad[i]), out, sizeof out), E_PROTO);
  assert_int_equal(http_base64_decode(guard_str("Zm9v"), out, 2), E_LIMIT);
}

static int check(const char *authorization, uint64_t now_ms) {
  static struct http_request r;
  static char head[512];
  snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n",
           authorization);
  assert_true(http_request_parse(lib_span_str(head), &r) > 0);
  const struct lib_pack_host *host = http_pack_host(&peer_server.pack, LIB_SPAN("x"));
  const struct lib_pack_realm *realm =
      http_pack_realm(&peer_server.pack, host, LIB_SPAN("/private/secret.txt"));
  assert_non_null(realm);
  return http_auth_check(&peer_server, realm, &r, now_ms);
}

static int set_up(void **state) {
  (void)state;
  peer_server_start(NULL, 0);
  return 0;
}

static void names_and_passwords(void **state) {
  (void)state;
  assert_int_equal(check(RIGHT, 5000), 1);
  assert_int_equal(check(WRONG, 5000), 0);
  assert_int_equal(check(NOBODY, 5000), 0);
}

/* What was right costs a hash once; then it is let in even when checks are used
 * up by somebody who guesses. */
static void guessing_is_rationed_and_locks_nobody_out(void **state) {
  (void)state;
  assert_int_equal(check(RIGHT, 5000), 1);
  for (int i = 1; i < HTTP_AUTH_CHECKS_PER_SECOND; i++)
    assert_int_equal(check(WRONG, 5100), 0);
  assert_int_equal(check(WRONG, 5200), E_LIMIT);
  assert_int_equal(check(NOBODY, 5999), E_LIMIT);
  assert_int_equal(check(RIGHT, 5999), 1);
  assert_int_equal(check(WRONG, 6000), 0);
}

static void the_memory_is_keyed(void **state) {
  (void)state;
  assert_int_equal(check(RIGHT, 5000), 1);
  peer_server.key.k0++;
  peer_server.auth_checks = HTTP_AUTH_CHECKS_PER_SECOND;
  assert_int_equal(check(RIGHT, 5000), E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(base64_vectors),
      cmocka_unit_test(malformed_base64),
      cmocka_unit_test_setup(names_and_passwords, set_up),
      cmocka_unit_test_setup(guessing_is_rationed_and_locks_nobody_out, set_up),
      cmocka_unit_test_setup(the_memory_is_keyed, set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

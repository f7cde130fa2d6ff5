/* SPDX-License-Identifier: BSD-2-Clause
 * The ChaCha20 block function against the test vectors 1 to 4 of RFC 8439,
 * A.1 (those with the nonce 0, the only one it has). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/dev/chacha.h"

static const struct {
  uint8_t key[32];
  uint32_t counter;
  const char *block; /* hexadecimal */
} vectors[] = {
    {{0},
     0,
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {{0},
     1,
     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
    {{[31] = 1},
     1,
     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
    {{[1] = 0xff},
     2,
     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
};

static void test_vectors(void **state) {
  (void)state;
  for (unsigned i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    uint32_t key[8], out[16];
    char hex[129];
    memcpy(key, vectors[i].key, sizeof key);
    chacha_block(key, vectors[i].counter, out);
    for (unsigned at = 0; at < sizeof out; at++)
      snprintf(hex + 2 * at, 3, "%02x", ((const uint8_t *)out)[at]);
    assert_string_equal(hex, vectors[i].block);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The cryptography against the vectors of others (tests/unit/vectors.py says
 * whose): on what this CPU has and on a CPU without anything. Key agreement goes
 * the way that a handshake goes. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "cmocka_all.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/fast.h"
#include "tls/hooks.h"
#include "tls_platform.h"

enum { FIELDS = 7, LINE = 40000, MOST = 16384 };

struct bytes {
  unsigned char p[MOST];
  size_t n;
};

static char line[LINE];
static char *field[FIELDS];
static struct bytes value[FIELDS];

static void unhex(struct bytes *b, const char *hex) {
  b->n = 0;
  for (; hex[0] != '-' && hex[0] != '!' && hex[0]; hex += 2) {
    assert_true(b->n < MOST && hex[1]);
    char digits[3] = {hex[0], hex[1], 0}, *end;
    b->p[b->n++] = (unsigned char)strtoul(digits, &end, 16);
    assert_true(*end == 0);
  }
}

/* Run `check` on each line of a kind; how many there are. */
static unsigned each(const char *kind, unsigned values_from, void (*check)(void)) {
  unsigned n = 0;
  FILE *f = fopen("build/unit/vectors.txt", "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f)) {
    unsigned i = 0;
    for (char *p = strtok(line, " \n"); p && i < FIELDS; p = strtok(NULL, " \n"))
      field[i++] = p;
    if (strcmp(field[0], kind) != 0)
      continue;
    for (unsigned k = values_from; k < i; k++)
      unhex(&value[k], field[k]);
    check();
    n++;
  }
  fclose(f);
  return n;
}

/* --- AEAD: key, nonce, additional data, plain, cipher, tag ---------------- */

static unsigned char out[MOST], tag[16];

static void check_gcm(void) {
  struct bytes *v = value + 1;
  mbedtls_gcm_context c;
  mbedtls_gcm_init(&c);
  unsigned bits = (unsigned)v[0].n * 8;
  assert_int_equal(mbedtls_gcm_setkey(&c, MBEDTLS_CIPHER_ID_AES, v[0].p, bits), 0);
  assert_int_equal(tls_gcm_crypt_and_tag(&c, MBEDTLS_GCM_ENCRYPT, v[3].n, v[1].p, v[1].n, v[2].p,
                                         v[2].n, v[3].p, out, 16, tag),
                   0);
  assert_memory_equal(out, v[4].p, v[4].n);
  assert_memory_equal(tag, v[5].p, 16);
  assert_int_equal(
      tls_gcm_auth_decrypt(&c, v[4].n, v[1].p, v[1].n, v[2].p, v[2].n, v[5].p, 16, v[4].p, out), 0);
  assert_memory_equal(out, v[3].p, v[3].n);
  for (unsigned bit = 0; bit < 128; bit += 9) {
    memcpy(tag, v[5].p, 16);
    tag[bit / 8] ^= (unsigned char)(1 << bit % 8);
    assert_int_not_equal(
        tls_gcm_auth_decrypt(&c, v[4].n, v[1].p, v[1].n, v[2].p, v[2].n, tag, 16, v[4].p, out), 0);
  }
  mbedtls_gcm_free(&c);
}

static void check_chacha(void) {
  struct bytes *v = value + 1;
  mbedtls_chachapoly_context c;
  mbedtls_chachapoly_init(&c);
  assert_int_equal(mbedtls_chachapoly_setkey(&c, v[0].p), 0);
  tls_chachapoly_encrypt_and_tag(&c, v[3].n, v[1].p, v[2].p, v[2].n, v[3].p, out, tag);
  assert_memory_equal(out, v[4].p, v[4].n);
  assert_memory_equal(tag, v[5].p, 16);
  assert_int_equal(
      tls_chachapoly_auth_decrypt(&c, v[4].n, v[1].p, v[2].p, v[2].n, v[5].p, v[4].p, out), 0);
  assert_memory_equal(out, v[3].p, v[3].n);
  for (unsigned bit = 0; bit < 128; bit += 9) {
    memcpy(tag, v[5].p, 16);
    tag[bit / 8] ^= (unsigned char)(1 << bit % 8);
    assert_int_not_equal(
        tls_chachapoly_auth_decrypt(&c, v[4].n, v[1].p, v[2].p, v[2].n, tag, v[4].p, out), 0);
  }
  mbedtls_chachapoly_free(&c);
}

static void test_aead(void **state) {
  (void)state;
  assert_true(each("gcm", 1, check_gcm) > 100);
  assert_true(each("chacha", 1, check_chacha) > 50);
}

/* --- key agreement: curve, private, peer, shared -------------------------- */

/* The status of an agreement; the secret is in `out`. */
static psa_status_t agree(const char *curve, const struct bytes *private, const struct bytes *peer,
                          size_t *n) {
  bool montgomery = strcmp(curve, "X25519") == 0;
  psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_usage_flags(&a, PSA_KEY_USAGE_DERIVE);
  psa_set_key_algorithm(&a, PSA_ALG_ECDH);
  psa_set_key_type(&a, PSA_KEY_TYPE_ECC_KEY_PAIR(montgomery ? PSA_ECC_FAMILY_MONTGOMERY
                                                            : PSA_ECC_FAMILY_SECP_R1));
  psa_key_id_t key;
  assert_int_equal(psa_import_key(&a, private->p, private->n, &key), PSA_SUCCESS);
  psa_status_t status =
      psa_raw_key_agreement(PSA_ALG_ECDH, key, peer->p, peer->n, out, sizeof out, n);
  psa_destroy_key(key);
  return status;
}

static void check_agreement(void) {
  size_t n = 0;
  psa_status_t status = agree(field[1], &value[2], &value[3], &n);
  if (field[4][0] == '!') {
    assert_int_not_equal(status, PSA_SUCCESS);
    return;
  }
  assert_int_equal(status, PSA_SUCCESS);
  assert_int_equal(n, value[4].n);
  assert_memory_equal(out, value[4].p, n);
}

static void check_point(void) {
  static const struct bytes some = {.p = {[31] = 7}, .n = 32}, longer = {.p = {[47] = 7}, .n = 48};
  size_t n;
  const struct bytes *private = strcmp(field[1], "P-384") == 0 ? &longer : &some;
  assert_int_not_equal(agree(field[1], private, &value[2], &n), PSA_SUCCESS);
}

static void test_agreement(void **state) {
  (void)state;
  assert_true(each("ecdh", 2, check_agreement) > 100);
  assert_true(each("point", 2, check_point) > 50);
}

#define BOTH(f)                                                                                    \
  cmocka_unit_test_setup(f, tls_test_all_cpus), {                                                  \
#f " (bare CPU)", f, tls_test_bare_cpu, NULL, NULL                                             \
  }

int main(void) {
  static const struct CMUnitTest tests[] = {BOTH(test_aead), BOTH(test_agreement)};
  return cmocka_run_group_tests(tests, tls_test_setup, NULL);
}

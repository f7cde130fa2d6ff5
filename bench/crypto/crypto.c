/* SPDX-License-Identifier: BSD-2-Clause
 * Rates of the cryptography on this machine, of the fast code and of mbedTLS's
 * own: one line each, "name fast own unit". bench/crypto/run sets OpenSSL's
 * beside them. */
#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/tls_platform.h"
#include "tls/fast.h"
#include "tls/hooks.h"

enum { BYTES = 16384 };
#define SECONDS 0.5

static unsigned char in[BYTES], out[BYTES], tag[16], iv[12], ad[5], hash[32], sig[80], key[32];
static mbedtls_gcm_context gcm;
static mbedtls_chachapoly_context chacha;
static mbedtls_ecdsa_context ecdsa;
static mbedtls_ecp_group p256, x25519;
static mbedtls_ecp_point q256, q25519, result, result_25519;
static mbedtls_mpi d256, d25519;

static void gcm_fast(void) {
  tls_gcm_crypt_and_tag(&gcm, 1, BYTES, iv, 12, ad, 5, in, out, 16, tag);
}
static void gcm_own(void) {
  mbedtls_gcm_crypt_and_tag(&gcm, 1, BYTES, iv, 12, ad, 5, in, out, 16, tag);
}
static void chacha_fast(void) {
  tls_chachapoly_encrypt_and_tag(&chacha, BYTES, iv, ad, 5, in, out, tag);
}
static void chacha_own(void) {
  mbedtls_chachapoly_encrypt_and_tag(&chacha, BYTES, iv, ad, 5, in, out, tag);
}
static void sign_fast(void) {
  size_t n;
  tls_ecdsa_write_signature(&ecdsa, MBEDTLS_MD_SHA256, hash, 32, sig, sizeof sig, &n,
                            tls_test_random, NULL);
}
static void sign_own(void) {
  size_t n;
  mbedtls_ecdsa_write_signature(&ecdsa, MBEDTLS_MD_SHA256, hash, 32, sig, sizeof sig, &n,
                                tls_test_random, NULL);
}
static void ecdh256_fast(void) {
  tls_ecp_mul(&p256, &result, &d256, &q256, tls_test_random, NULL);
}
static void ecdh256_own(void) {
  mbedtls_ecp_mul(&p256, &result, &d256, &q256, tls_test_random, NULL);
}
static void keygen256_fast(void) {
  tls_ecp_mul(&p256, &result, &d256, &p256.G, tls_test_random, NULL);
}
static void keygen256_own(void) {
  mbedtls_ecp_mul(&p256, &result, &d256, &p256.G, tls_test_random, NULL);
}
static void x25519_fast(void) {
  tls_ecp_mul(&x25519, &result_25519, &d25519, &q25519, tls_test_random, NULL);
}
static void x25519_own(void) {
  mbedtls_ecp_mul(&x25519, &result_25519, &d25519, &q25519, tls_test_random, NULL);
}

/* Of this process, as `openssl speed` measures. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double rate(void (*f)(void)) {
  unsigned n = 0;
  f();
  double start = now(), passed;
  do {
    f();
    n++;
  } while ((passed = now() - start) < SECONDS);
  return n / passed;
}

static void report(const char *name, void (*fast)(void), void (*own)(void), double unit,
                   const char *unit_name) {
  printf("%s %.1f %.1f %s\n", name, rate(fast) * unit, rate(own) * unit, unit_name);
  fflush(stdout);
}

static void set_up(void) {
  tls_test_setup(NULL);
  tls_test_random(NULL, key, sizeof key);
  mbedtls_gcm_init(&gcm);
  mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 128);
  mbedtls_chachapoly_init(&chacha);
  mbedtls_chachapoly_setkey(&chacha, key);
  mbedtls_ecdsa_init(&ecdsa);
  mbedtls_ecdsa_genkey(&ecdsa, MBEDTLS_ECP_DP_SECP256R1, tls_test_random, NULL);
  mbedtls_ecp_group_load(&p256, MBEDTLS_ECP_DP_SECP256R1);
  mbedtls_ecp_group_load(&x25519, MBEDTLS_ECP_DP_CURVE25519);
  mbedtls_ecp_gen_keypair(&p256, &d256, &q256, tls_test_random, NULL);
  mbedtls_ecp_gen_keypair(&x25519, &d25519, &q25519, tls_test_random, NULL);
}

int main(void) {
  const double mb = BYTES / 1e6;
  set_up();
  report("aes-128-gcm", gcm_fast, gcm_own, mb, "MB/s");
  report("chacha20-poly1305", chacha_fast, chacha_own, mb, "MB/s");
  report("ecdsa-p256-sign", sign_fast, sign_own, 1, "/s");
  report("ecdh-p256", ecdh256_fast, ecdh256_own, 1, "/s");
  report("keygen-p256", keygen256_fast, keygen256_own, 1, "/s");
  report("ecdh-x25519", x25519_fast, x25519_own, 1, "/s");
}

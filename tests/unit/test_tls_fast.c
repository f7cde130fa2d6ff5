/* SPDX-License-Identifier: BSD-2-Clause
 * The fast cryptography against vectors of the RFCs, and against mbedTLS's own
 * code over many lengths; each on what this CPU has and on a CPU without
 * anything. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>

#include "tls/fast.h"
#include "tls/hooks.h"
#include "tls_platform.h"

static void unhex(unsigned char *out, const char *hex) {
  for (size_t i = 0; hex[2 * i]; i++) {
    unsigned v;
    assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
    out[i] = (unsigned char)v;
  }
}

static void multiply(mbedtls_ecp_group_id id, const mbedtls_mpi *k, const mbedtls_ecp_point *p,
                     mbedtls_ecp_point *fast, mbedtls_ecp_point *slow, int *errs) {
  mbedtls_ecp_group grp;
  mbedtls_ecp_group_init(&grp);
  assert_int_equal(mbedtls_ecp_group_load(&grp, id), 0);
  errs[0] = tls_ecp_mul(&grp, fast, k, p ? p : &grp.G, tls_test_random, NULL);
  errs[1] = mbedtls_ecp_mul(&grp, slow, k, p ? p : &grp.G, tls_test_random, NULL);
  mbedtls_ecp_group_free(&grp);
}

/* Scalars at the edges and random ones, of the base point and of another. */
static void test_p256_agrees_with_mbedtls(void **state) {
  static const char *const edges[] = {
      "01",
      "02",
      "03",
      "10",
      "0F",
      "40",
      "0800000000000000",
      "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550", /* n - 1 */
      "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC63254F",
      "7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8", /* n / 2 */
      "8000000000000000000000000000000000000000000000000000000000000000",
  };
  enum { EDGES = sizeof edges / sizeof *edges, RANDOM = 20 };
  mbedtls_ecp_point fast, slow, other;
  mbedtls_mpi k;
  int errs[2];
  (void)state;
  mbedtls_ecp_point_init(&fast);
  mbedtls_ecp_point_init(&slow);
  mbedtls_ecp_point_init(&other);
  mbedtls_mpi_init(&k);
  for (int i = 0; i < EDGES + RANDOM; i++) {
    if (i < EDGES)
      assert_int_equal(mbedtls_mpi_read_string(&k, 16, edges[i]), 0);
    else
      assert_int_equal(mbedtls_mpi_fill_random(&k, 31, tls_test_random, NULL), 0);
    multiply(MBEDTLS_ECP_DP_SECP256R1, &k, NULL, &fast, &slow, errs);
    assert_int_equal(errs[0], 0);
    assert_int_equal(mbedtls_ecp_point_cmp(&fast, &slow), 0);
    if (i == 3)
      assert_int_equal(mbedtls_ecp_copy(&other, &slow), 0);
    if (i < 3)
      continue;
    multiply(MBEDTLS_ECP_DP_SECP256R1, &k, &other, &fast, &slow, errs);
    assert_int_equal(mbedtls_ecp_point_cmp(&fast, &slow), 0);
  }
  mbedtls_mpi_free(&k);
  mbedtls_ecp_point_free(&fast);
  mbedtls_ecp_point_free(&slow);
  mbedtls_ecp_point_free(&other);
}

/* Scalars 0 and n, and a point that is not on the curve. */
static void test_p256_refuses_what_mbedtls_refuses(void **state) {
  mbedtls_ecp_point fast, slow, off;
  mbedtls_mpi k;
  int errs[2];
  (void)state;
  mbedtls_ecp_point_init(&fast);
  mbedtls_ecp_point_init(&slow);
  mbedtls_ecp_point_init(&off);
  mbedtls_mpi_init(&k);
  multiply(MBEDTLS_ECP_DP_SECP256R1, &k, NULL, &fast, &slow, errs);
  assert_true(errs[0] != 0 && errs[1] != 0);
  assert_int_equal(mbedtls_mpi_lset(&k, 5), 0);
  assert_int_equal(mbedtls_mpi_lset(&off.X, 7), 0);
  assert_int_equal(mbedtls_mpi_lset(&off.Y, 7), 0);
  assert_int_equal(mbedtls_mpi_lset(&off.Z, 1), 0);
  multiply(MBEDTLS_ECP_DP_SECP256R1, &k, &off, &fast, &slow, errs);
  assert_true(errs[0] != 0 && errs[1] != 0);
  mbedtls_mpi_free(&k);
  mbedtls_ecp_point_free(&fast);
  mbedtls_ecp_point_free(&slow);
  mbedtls_ecp_point_free(&off);
}

/* mbedTLS verifies what the fast code signs, and not for another hash. */
static void test_p256_signatures_verify(void **state) {
  unsigned char hash[64], sig[80];
  mbedtls_ecdsa_context ctx;
  size_t n;
  (void)state;
  mbedtls_ecdsa_init(&ctx);
  assert_int_equal(mbedtls_ecdsa_genkey(&ctx, MBEDTLS_ECP_DP_SECP256R1, tls_test_random, NULL), 0);
  for (int i = 0; i < 40; i++) {
    size_t hash_n = i % 3 == 0 ? 32 : i % 3 == 1 ? 48 : 64;
    tls_test_random(NULL, hash, sizeof hash);
    if (i < 3)
      memset(hash, i == 0 ? 0 : 0xff, sizeof hash);
    assert_int_equal(tls_ecdsa_write_signature(&ctx, MBEDTLS_MD_SHA256, hash, hash_n, sig,
                                               sizeof sig, &n, tls_test_random, NULL),
                     0);
    assert_int_equal(mbedtls_ecdsa_read_signature(&ctx, hash, hash_n, sig, n), 0);
    hash[5] ^= 1;
    assert_int_not_equal(mbedtls_ecdsa_read_signature(&ctx, hash, hash_n, sig, n), 0);
  }
  mbedtls_ecdsa_free(&ctx);
}

/* RFC 7748 5.2 and 6.1. */
static void test_x25519_vectors(void **state) {
  static const struct {
    const char *scalar, *point, *result;
  } v[] = {
      {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
       "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
       "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
      {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
       "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
       "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
  };
  int ossl_x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32]);
  (void)state;
  for (unsigned i = 0; i < sizeof v / sizeof *v; i++) {
    unsigned char scalar[32], point[32], want[32], got[32];
    unhex(scalar, v[i].scalar);
    unhex(point, v[i].point);
    unhex(want, v[i].result);
    ossl_x25519(got, scalar, point);
    assert_memory_equal(got, want, 32);
  }
}

/* NIST GCM test case 4 (McGrew and Viega), and RFC 8439 2.8.2. */
static void test_aead_vectors(void **state) {
  unsigned char key[32], iv[12], ad[32], in[128], want[128], tag[16], out[128], got[16];
  mbedtls_gcm_context gcm;
  (void)state;
  unhex(key, "feffe9928665731c6d6a8f9467308308");
  unhex(iv, "cafebabefacedbaddecaf888");
  unhex(ad, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
  unhex(in, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  unhex(want, "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
              "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091");
  unhex(tag, "5bc94fbc3221a5db94fae95ae7121a47");
  mbedtls_gcm_init(&gcm);
  assert_int_equal(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 128), 0);
  assert_int_equal(
      tls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, 60, iv, 12, ad, 20, in, out, 16, got), 0);
  assert_memory_equal(out, want, 60);
  assert_memory_equal(got, tag, 16);
  mbedtls_gcm_free(&gcm);

  static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you only "
                             "one tip for the future, sunscreen would be it.";
  mbedtls_chachapoly_context c;
  unhex(key, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  unhex(iv, "070000004041424344454647");
  unhex(ad, "50515253c0c1c2c3c4c5c6c7");
  unhex(tag, "1ae10b594f09e26a7e902ecbd0600691");
  mbedtls_chachapoly_init(&c);
  assert_int_equal(mbedtls_chachapoly_setkey(&c, key), 0);
  assert_int_equal(
      tls_chachapoly_encrypt_and_tag(&c, 114, iv, ad, 12, (const unsigned char *)text, out, got),
      0);
  unhex(want, "d31a8d34648e60db7b86afbc53ef7ec2");
  assert_memory_equal(out, want, 16);
  assert_memory_equal(got, tag, 16);
  assert_int_equal(tls_chachapoly_auth_decrypt(&c, 114, iv, ad, 12, tag, out, in), 0);
  assert_memory_equal(in, text, 114);
  mbedtls_chachapoly_free(&c);
}

enum { MOST = 20000 };
static unsigned char plain[MOST], out_a[MOST + 1], out_b[MOST + 1], back[MOST];

static size_t length(int i) {
  static const size_t edges[] = {1,   15,   16,   17,   63,    64,    65,    127,  128,
                                 129, 4095, 4096, 4097, 16383, 16384, 16385, 19999};
  return i < (int)(sizeof edges / sizeof *edges) ? edges[i] : (size_t)i * 97 % 3000 + 1;
}

/* Against mbedTLS, which has the same context: every length's cipher text, tag,
 * decryption, and refusal of a wrong tag. */
static void test_gcm_agrees_with_mbedtls(void **state) {
  unsigned char key[32], iv[12], ad[13], tag_a[16], tag_b[16];
  (void)state;
  tls_test_random(NULL, plain, sizeof plain);
  for (int i = 0; i < 60; i++) {
    size_t n = length(i), ad_n = (size_t)i % 14;
    mbedtls_gcm_context gcm;
    tls_test_random(NULL, key, sizeof key);
    tls_test_random(NULL, iv, sizeof iv);
    tls_test_random(NULL, ad, sizeof ad);
    mbedtls_gcm_init(&gcm);
    mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, i % 2 ? 128 : 256);
    mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, n, iv, 12, ad, ad_n, plain, out_b, 16,
                              tag_b);
    tls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, n, iv, 12, ad, ad_n, plain, out_a, 16, tag_a);
    assert_memory_equal(out_a, out_b, n);
    assert_memory_equal(tag_a, tag_b, 16);
    assert_int_equal(tls_gcm_auth_decrypt(&gcm, n, iv, 12, ad, ad_n, tag_a, 16, out_a, back), 0);
    assert_memory_equal(back, plain, n);
    tag_a[i % 16] ^= 0x10;
    assert_int_not_equal(tls_gcm_auth_decrypt(&gcm, n, iv, 12, ad, ad_n, tag_a, 16, out_a, back),
                         0);
    mbedtls_gcm_free(&gcm);
  }
}

static void test_chacha_agrees_with_mbedtls(void **state) {
  unsigned char key[32], iv[12], ad[13], tag_a[16], tag_b[16];
  (void)state;
  tls_test_random(NULL, plain, sizeof plain);
  for (int i = 0; i < 60; i++) {
    size_t n = length(i), ad_n = (size_t)i % 14;
    mbedtls_chachapoly_context c;
    tls_test_random(NULL, key, sizeof key);
    tls_test_random(NULL, iv, sizeof iv);
    mbedtls_chachapoly_init(&c);
    mbedtls_chachapoly_setkey(&c, key);
    mbedtls_chachapoly_encrypt_and_tag(&c, n, iv, ad, ad_n, plain, out_b, tag_b);
    tls_chachapoly_encrypt_and_tag(&c, n, iv, ad, ad_n, plain, out_a, tag_a);
    assert_memory_equal(out_a, out_b, n);
    assert_memory_equal(tag_a, tag_b, 16);
    assert_int_equal(tls_chachapoly_auth_decrypt(&c, n, iv, ad, ad_n, tag_a, out_a, back), 0);
    assert_memory_equal(back, plain, n);
    tag_a[3] ^= 1;
    assert_int_not_equal(tls_chachapoly_auth_decrypt(&c, n, iv, ad, ad_n, tag_a, out_a, back), 0);
    mbedtls_chachapoly_free(&c);
  }
}

/* A byte behind the body, as TLS 1.3 puts its content type there. */
static void test_more_input_is_as_if_joined(void **state) {
  unsigned char key[16] = {1}, iv[12] = {2}, ad[5] = {3}, tag_a[16], tag_b[16];
  unsigned char joined[200];
  (void)state;
  tls_test_random(NULL, joined, sizeof joined);
  for (size_t n = 0; n < 150; n++) {
    mbedtls_gcm_context gcm;
    mbedtls_chachapoly_context c;
    struct tls_aead a = {iv, ad, 5, joined, n, joined + n, 1, out_a, tag_a};
    struct tls_aead b = {iv, ad, 5, joined, n + 1, NULL, 0, out_b, tag_b};
    mbedtls_gcm_init(&gcm);
    mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 128);
    if (tls_fast_has_gcm()) {
      tls_gcm_seal(&gcm, &a);
      tls_gcm_seal(&gcm, &b);
      assert_memory_equal(out_a, out_b, n + 1);
      assert_memory_equal(tag_a, tag_b, 16);
    }
    mbedtls_gcm_free(&gcm);
    mbedtls_chachapoly_init(&c);
    mbedtls_chachapoly_setkey(&c, plain);
    tls_chacha_seal(&c, &a);
    tls_chacha_seal(&c, &b);
    assert_memory_equal(out_a, out_b, n + 1);
    assert_memory_equal(tag_a, tag_b, 16);
    mbedtls_chachapoly_free(&c);
  }
}

#define BOTH(f)                                                                                    \
  cmocka_unit_test_setup(f, tls_test_all_cpus), {                                                  \
#f " (bare CPU)", f, tls_test_bare_cpu, NULL, NULL                                             \
  }

int main(void) {
  static const struct CMUnitTest tests[] = {
      BOTH(test_p256_agrees_with_mbedtls),
      BOTH(test_p256_refuses_what_mbedtls_refuses),
      BOTH(test_p256_signatures_verify),
      BOTH(test_x25519_vectors),
      BOTH(test_aead_vectors),
      BOTH(test_gcm_agrees_with_mbedtls),
      BOTH(test_chacha_agrees_with_mbedtls),
      BOTH(test_more_input_is_as_if_joined),
  };
  return cmocka_run_group_tests(tests, tls_test_setup, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The functions that mbedTLS calls in place of its own (the Makefile renames
 * the calls in cipher.c, ecdh.c, psa_crypto_ecp.c and pk_wrap.c). Each does the
 * work with the fast code when that fits and leaves the rest to mbedTLS. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "hooks.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "fast.h"

/* OpenSSL, crypto/ec/curve25519.c */
int ossl_x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32]);

/* --- AEAD ---------------------------------------------------------------- */

static bool gcm_fits(size_t iv_n, size_t tag_n) {
  return tls_fast_has_gcm() && iv_n == TLS_AEAD_IV && tag_n == TLS_AEAD_TAG;
}

int tls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode, size_t n, const unsigned char *iv,
                          size_t iv_n, const unsigned char *ad, size_t ad_n,
                          const unsigned char *in, unsigned char *out, size_t tag_n,
                          unsigned char *tag) {
  if (mode != MBEDTLS_GCM_ENCRYPT || !gcm_fits(iv_n, tag_n))
    return mbedtls_gcm_crypt_and_tag(ctx, mode, n, iv, iv_n, ad, ad_n, in, out, tag_n, tag);
  struct tls_aead a = {.iv = iv, .ad = ad, .ad_n = ad_n, .in = in, .n = n, .out = out, .tag = tag};
  tls_gcm_seal(ctx, &a);
  return 0;
}

/* Compares tags; what was decrypted is wiped when they differ. */
static bool tag_fits(const struct tls_aead *a, const unsigned char *tag) {
  if (mbedtls_ct_memcmp(a->tag, tag, TLS_AEAD_TAG) == 0)
    return true;
  mbedtls_platform_zeroize(a->out, a->n);
  return false;
}

int tls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t n, const unsigned char *iv, size_t iv_n,
                         const unsigned char *ad, size_t ad_n, const unsigned char *tag,
                         size_t tag_n, const unsigned char *in, unsigned char *out) {
  unsigned char computed[TLS_AEAD_TAG];
  if (!gcm_fits(iv_n, tag_n))
    return mbedtls_gcm_auth_decrypt(ctx, n, iv, iv_n, ad, ad_n, tag, tag_n, in, out);
  struct tls_aead a = {
      .iv = iv, .ad = ad, .ad_n = ad_n, .in = in, .n = n, .out = out, .tag = computed};
  tls_gcm_open(ctx, &a);
  return tag_fits(&a, tag) ? 0 : MBEDTLS_ERR_GCM_AUTH_FAILED;
}

int tls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx, size_t n,
                                   const unsigned char nonce[12], const unsigned char *ad,
                                   size_t ad_n, const unsigned char *in, unsigned char *out,
                                   unsigned char tag[16]) {
  struct tls_aead a = {
      .iv = nonce, .ad = ad, .ad_n = ad_n, .in = in, .n = n, .out = out, .tag = tag};
  tls_chacha_seal(ctx, &a);
  return 0;
}

int tls_chachapoly_auth_decrypt(mbedtls_chachapoly_context *ctx, size_t n,
                                const unsigned char nonce[12], const unsigned char *ad, size_t ad_n,
                                const unsigned char tag[16], const unsigned char *in,
                                unsigned char *out) {
  unsigned char computed[TLS_AEAD_TAG];
  struct tls_aead a = {
      .iv = nonce, .ad = ad, .ad_n = ad_n, .in = in, .n = n, .out = out, .tag = computed};
  tls_chacha_open(ctx, &a);
  return tag_fits(&a, tag) ? 0 : MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED;
}

/* --- curves -------------------------------------------------------------- */

static int multiply_25519(mbedtls_ecp_point *r, const mbedtls_mpi *m, const mbedtls_ecp_point *p) {
  unsigned char scalar[32], point[32];
  int err = mbedtls_mpi_write_binary_le(m, scalar, sizeof scalar);
  err = err ? err : mbedtls_mpi_write_binary_le(&p->X, point, sizeof point);
  if (!err)
    ossl_x25519(point, scalar, point); /* all zero for a point of small order */
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  err = err ? err : mbedtls_mpi_read_binary_le(&r->X, point, sizeof point);
  err = err ? err : mbedtls_mpi_lset(&r->Z, 1);
  mbedtls_mpi_free(&r->Y);
  return err;
}

static int multiply_p256(const mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                         const mbedtls_ecp_point *p) {
  unsigned char scalar[32];
  struct tls_p256_point point;
  bool base = p == &grp->G;
  int err = mbedtls_mpi_write_binary(m, scalar, sizeof scalar);
  err = err ? err : mbedtls_mpi_write_binary(&p->X, point.x, sizeof point.x);
  err = err ? err : mbedtls_mpi_write_binary(&p->Y, point.y, sizeof point.y);
  if (!err)
    tls_p256_mul(&point, scalar, base ? NULL : &point);
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  err = err ? err : mbedtls_mpi_read_binary(&r->X, point.x, sizeof point.x);
  err = err ? err : mbedtls_mpi_read_binary(&r->Y, point.y, sizeof point.y);
  return err ? err : mbedtls_mpi_lset(&r->Z, 1);
}

int tls_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                            const mbedtls_ecp_point *p, int (*rng)(void *, unsigned char *, size_t),
                            void *p_rng, mbedtls_ecp_restart_ctx *restart) {
  bool is_25519 = grp->id == MBEDTLS_ECP_DP_CURVE25519;
  if (!is_25519 && grp->id != MBEDTLS_ECP_DP_SECP256R1)
    return mbedtls_ecp_mul_restartable(grp, r, m, p, rng, p_rng, restart);
  int err = mbedtls_ecp_check_privkey(grp, m);
  if (!err && p != &grp->G)
    err = mbedtls_ecp_check_pubkey(grp, p);
  if (err)
    return err;
  return is_25519 ? multiply_25519(r, m, p) : multiply_p256(grp, r, m, p);
}

int tls_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                const mbedtls_ecp_point *p, int (*rng)(void *, unsigned char *, size_t),
                void *p_rng) {
  return tls_ecp_mul_restartable(grp, r, m, p, rng, p_rng, NULL);
}

/* Of a public key that is read, which is that of a certificate or of its private
 * key: only what is computed from the latter passes tls_ecp_check_pub_priv. */
int tls_ecp_check_pubkey(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *q) {
  (void)grp;
  (void)q;
  return 0;
}

int tls_ecp_check_pub_priv(const mbedtls_ecp_keypair *pub, const mbedtls_ecp_keypair *prv,
                           int (*rng)(void *, unsigned char *, size_t), void *p_rng) {
  mbedtls_ecp_group grp;
  mbedtls_ecp_point q;
  if (pub->grp.id == MBEDTLS_ECP_DP_NONE || pub->grp.id != prv->grp.id)
    return MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
  mbedtls_ecp_group_init(&grp);
  mbedtls_ecp_point_init(&q);
  int err = mbedtls_ecp_group_copy(&grp, &prv->grp);
  err = err ? err : tls_ecp_mul(&grp, &q, &prv->d, &grp.G, rng, p_rng);
  err = err ? err : mbedtls_ecp_point_cmp(&q, &prv->Q);
  err = err ? err : mbedtls_ecp_point_cmp(&q, &pub->Q);
  mbedtls_ecp_point_free(&q);
  mbedtls_ecp_group_free(&grp);
  return err;
}

/* --- ECDSA --------------------------------------------------------------- */

/* A positive INTEGER of DER, from 32 bytes; returns its length. */
static size_t put_integer(unsigned char *out, const unsigned char v[32]) {
  size_t skip = 0, n = 0;
  while (skip < 31 && v[skip] == 0)
    skip++;
  size_t sign = v[skip] >> 7;
  out[n++] = 0x02;
  out[n++] = (unsigned char)(32 - skip + sign);
  if (sign)
    out[n++] = 0;
  memcpy(out + n, v + skip, 32 - skip);
  return n + 32 - skip;
}

int tls_ecdsa_write_signature(mbedtls_ecdsa_context *ctx, mbedtls_md_type_t md,
                              const unsigned char *hash, size_t hash_n, unsigned char *sig,
                              size_t sig_cap, size_t *sig_n,
                              int (*rng)(void *, unsigned char *, size_t), void *p_rng) {
  unsigned char key[32], r[32], s[32];
  if (ctx->grp.id != MBEDTLS_ECP_DP_SECP256R1)
    return mbedtls_ecdsa_write_signature(ctx, md, hash, hash_n, sig, sig_cap, sig_n, rng, p_rng);
  if (sig_cap < 72)
    return MBEDTLS_ERR_ECP_BUFFER_TOO_SMALL;
  int err = mbedtls_ecp_check_privkey(&ctx->grp, &ctx->d);
  err = err ? err : mbedtls_mpi_write_binary(&ctx->d, key, sizeof key);
  if (err)
    return err;
  tls_p256_sign(r, s, key, hash, hash_n);
  mbedtls_platform_zeroize(key, sizeof key);
  size_t n = 2 + put_integer(sig + 2, r);
  n += put_integer(sig + n, s);
  sig[0] = 0x30;
  sig[1] = (unsigned char)(n - 2);
  *sig_n = n;
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Each takes the place of the mbedTLS function of the same name with
 * "mbedtls_" for "tls_", with its arguments and errors. */
#pragma once

#include <mbedtls/chachapoly.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/gcm.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

int tls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode, size_t n, const unsigned char *iv,
                          size_t iv_n, const unsigned char *ad, size_t ad_n,
                          const unsigned char *in, unsigned char *out, size_t tag_n,
                          unsigned char *tag);
int tls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t n, const unsigned char *iv, size_t iv_n,
                         const unsigned char *ad, size_t ad_n, const unsigned char *tag,
                         size_t tag_n, const unsigned char *in, unsigned char *out);
int tls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx, size_t n,
                                   const unsigned char nonce[12], const unsigned char *ad,
                                   size_t ad_n, const unsigned char *in, unsigned char *out,
                                   unsigned char tag[16]);
int tls_chachapoly_auth_decrypt(mbedtls_chachapoly_context *ctx, size_t n,
                                const unsigned char nonce[12], const unsigned char *ad, size_t ad_n,
                                const unsigned char tag[16], const unsigned char *in,
                                unsigned char *out);
int tls_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                            const mbedtls_ecp_point *p, int (*rng)(void *, unsigned char *, size_t),
                            void *p_rng, mbedtls_ecp_restart_ctx *restart);
int tls_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                const mbedtls_ecp_point *p, int (*rng)(void *, unsigned char *, size_t),
                void *p_rng);
int tls_ecp_check_pubkey(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *q);
int tls_ecp_check_pub_priv(const mbedtls_ecp_keypair *pub, const mbedtls_ecp_keypair *prv,
                           int (*rng)(void *, unsigned char *, size_t), void *p_rng);
int tls_ecdsa_write_signature(mbedtls_ecdsa_context *ctx, mbedtls_md_type_t md,
                              const unsigned char *hash, size_t hash_n, unsigned char *sig,
                              size_t sig_cap, size_t *sig_n,
                              int (*rng)(void *, unsigned char *, size_t), void *p_rng);
int tls_ssl_validate_ciphersuite(const mbedtls_ssl_context *ssl,
                                 const mbedtls_ssl_ciphersuite_t *suite,
                                 mbedtls_ssl_protocol_version least,
                                 mbedtls_ssl_protocol_version most);

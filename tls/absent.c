/* SPDX-License-Identifier: BSD-2-Clause
 * What a server that asks no client for a certificate never does: each of these
 * stands where mbedTLS calls the function of the same name, so that the linker
 * leaves the real one and all behind it out of the image (absent_rule in the
 * Makefile says in which files). */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#define mbedtls_ssl_parse_certificate tls_ssl_parse_certificate
#define mbedtls_ssl_tls13_process_certificate tls_ssl_tls13_process_certificate
#define mbedtls_ssl_tls13_process_certificate_verify tls_ssl_tls13_process_certificate_verify
#define mbedtls_pk_verify tls_pk_verify
#define mbedtls_rsa_pkcs1_verify tls_rsa_pkcs1_verify
#define mbedtls_rsa_pkcs1_encrypt tls_rsa_pkcs1_encrypt
#define mbedtls_rsa_pkcs1_decrypt tls_rsa_pkcs1_decrypt
#define mbedtls_ecdsa_read_signature tls_ecdsa_read_signature
#define mbedtls_rsa_deduce_primes tls_rsa_deduce_primes
#define mbedtls_rsa_deduce_private_exponent tls_rsa_deduce_private_exponent
#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <rsa_alt_helpers.h>
#include <ssl_misc.h>

enum { NEVER = MBEDTLS_ERR_ERROR_GENERIC_ERROR };

/* --- certificates of clients --------------------------------------------- */

/* TLS 1.2 comes by here in each handshake. */
int mbedtls_ssl_parse_certificate(mbedtls_ssl_context *ssl) {
  mbedtls_ssl_handshake_increment_state(ssl);
  return 0;
}

int mbedtls_ssl_tls13_process_certificate(mbedtls_ssl_context *ssl) {
  (void)ssl;
  return NEVER;
}

int mbedtls_ssl_tls13_process_certificate_verify(mbedtls_ssl_context *ssl) {
  (void)ssl;
  return NEVER;
}

int mbedtls_pk_verify(mbedtls_pk_context *ctx, mbedtls_md_type_t md, const unsigned char *hash,
                      size_t hash_n, const unsigned char *sig, size_t sig_n) {
  (void)ctx, (void)md, (void)hash, (void)hash_n, (void)sig, (void)sig_n;
  return NEVER;
}

/* --- keys: here they only sign ------------------------------------------- */

int mbedtls_rsa_pkcs1_verify(mbedtls_rsa_context *ctx, mbedtls_md_type_t md, unsigned int hash_n,
                             const unsigned char *hash, const unsigned char *sig) {
  (void)ctx, (void)md, (void)hash_n, (void)hash, (void)sig;
  return NEVER;
}

int mbedtls_rsa_pkcs1_encrypt(mbedtls_rsa_context *ctx, int (*rng)(void *, unsigned char *, size_t),
                              void *p_rng, size_t n, const unsigned char *in, unsigned char *out) {
  (void)ctx, (void)rng, (void)p_rng, (void)n, (void)in, (void)out;
  return NEVER;
}

int mbedtls_rsa_pkcs1_decrypt(mbedtls_rsa_context *ctx, int (*rng)(void *, unsigned char *, size_t),
                              void *p_rng, size_t *n, const unsigned char *in, unsigned char *out,
                              size_t cap) {
  (void)ctx, (void)rng, (void)p_rng, (void)n, (void)in, (void)out, (void)cap;
  return NEVER;
}

int mbedtls_ecdsa_read_signature(mbedtls_ecdsa_context *ctx, const unsigned char *hash,
                                 size_t hash_n, const unsigned char *sig, size_t sig_n) {
  (void)ctx, (void)hash, (void)hash_n, (void)sig, (void)sig_n;
  return NEVER;
}

/* PKCS #1 (RFC 8017 A.1.2) has all parts of an RSA key. */
int mbedtls_rsa_deduce_primes(const mbedtls_mpi *n, const mbedtls_mpi *e, const mbedtls_mpi *d,
                              mbedtls_mpi *p, mbedtls_mpi *q) {
  (void)n, (void)e, (void)d, (void)p, (void)q;
  return NEVER;
}

int mbedtls_rsa_deduce_private_exponent(const mbedtls_mpi *p, const mbedtls_mpi *q,
                                        const mbedtls_mpi *e, mbedtls_mpi *d) {
  (void)p, (void)q, (void)e, (void)d;
  return NEVER;
}

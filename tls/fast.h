/* SPDX-License-Identifier: BSD-2-Clause
 * Fast cryptography: OpenSSL's constant-time assembly in place of mbedTLS's C,
 * chosen at run time by what the CPU has. The Makefile puts the tls_* functions
 * of hooks.c in the place of the mbedtls_* ones where mbedTLS calls them. */
#pragma once

#include <lib/span.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>

/* Learn what the CPU has. */
void tls_fast_init(void);

/* Tests only: pretend that the CPU has nothing. */
void tls_fast_disable(void);

/* AES-GCM with the CPU's instructions can be had. */
bool tls_fast_has_gcm(void);

#define TLS_AEAD_IV 12
#define TLS_AEAD_TAG 16

/* The parts of one AEAD operation. */
struct tls_aead {
  const unsigned char *iv; /* TLS_AEAD_IV bytes */
  const unsigned char *ad;
  size_t ad_n;
  const unsigned char *in; /* may be `out` */
  size_t n;
  const unsigned char *more; /* further input, at most 16 bytes; sealing only */
  size_t more_n;
  unsigned char *out; /* n + more_n bytes */
  unsigned char *tag; /* TLS_AEAD_TAG bytes, written */
};

/* The contexts are mbedTLS's, with a key set; its other fields stay as they
 * are. `open` computes the tag of the ciphertext that it decrypts: the caller
 * compares it before anybody sees the plain text. */
void tls_gcm_seal(const mbedtls_gcm_context *key, const struct tls_aead *a);
void tls_gcm_open(const mbedtls_gcm_context *key, const struct tls_aead *a);
void tls_chacha_seal(const mbedtls_chachapoly_context *key, const struct tls_aead *a);
void tls_chacha_open(const mbedtls_chachapoly_context *key, const struct tls_aead *a);

/* NIST P-256. Numbers are 32 bytes, big-endian. */
struct tls_p256_point {
  unsigned char x[32], y[32];
};

/* scalar * point, or * the base point when `point` is NULL.
 * scalar   1 to the group's order - 1
 * point    on the curve */
void tls_p256_mul(struct tls_p256_point *out, const unsigned char scalar[32],
                  const struct tls_p256_point *point);

/* ECDSA (FIPS 186-5 6.4.1) with random nonces. */
void tls_p256_sign(unsigned char r[32], unsigned char s[32], const unsigned char key[32],
                   const unsigned char *hash, size_t hash_n);

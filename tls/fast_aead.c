/* SPDX-License-Identifier: BSD-2-Clause
 * AES-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439) over OpenSSL's
 * assembly: aesni-x86_64, ghash-x86_64, chacha-x86_64, poly1305-x86_64. A
 * piece is encrypted and authenticated while it is in the first-level cache,
 * so that the input is read from memory once. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "fast.h"

#include <mbedtls/aes.h>
#include <mbedtls/platform_util.h>
#include <string.h>

enum { BLOCK = 16, UNIT = 64, PIECE = 4096 };

/* OpenSSL's AES_KEY. */
struct aes_key {
  uint32_t words[60];
  int rounds;
} __attribute__((aligned(16)));

typedef uint64_t ghash_table[16][2];

void aesni_encrypt(const unsigned char *in, unsigned char *out, const struct aes_key *key);
void aesni_ctr32_encrypt_blocks(const unsigned char *in, unsigned char *out, size_t blocks,
                                const struct aes_key *key, const unsigned char iv[16]);
void gcm_init_clmul(ghash_table table, const uint64_t h[2]);
void gcm_gmult_clmul(uint64_t x[2], const ghash_table table);
void gcm_ghash_clmul(uint64_t x[2], const ghash_table table, const unsigned char *in, size_t n);
void ChaCha20_ctr32(unsigned char *out, const unsigned char *in, size_t n, const uint32_t key[8],
                    const uint32_t counter[4]);
int poly1305_init(void *state, const unsigned char key[16], void *functions);
void poly1305_blocks(void *state, const unsigned char *in, size_t n, uint32_t padbit);
void poly1305_emit(void *state, unsigned char mac[16], const uint32_t nonce[4]);

/* --- Both ---------------------------------------------------------------- */

struct cipher {
  /* n is a multiple of UNIT but at the end, where `out` has room for whole blocks. */
  void (*crypt)(void *state, const unsigned char *in, unsigned char *out, size_t n);
  /* Whole blocks. */
  void (*hash)(void *state, const unsigned char *p, size_t n);
};

/* Hash n bytes, padded with zeros to whole blocks. */
static inline void authenticate(const struct cipher *how, void *state, const unsigned char *p,
                                size_t n) {
  unsigned char last[BLOCK] = {0};
  size_t whole = n / BLOCK * BLOCK;
  if (whole)
    how->hash(state, p, whole);
  if (n > whole) {
    memcpy(last, p + whole, n - whole);
    how->hash(state, last, BLOCK);
  }
}

/* What is hashed is the cipher text. */
static inline void piece(const struct cipher *how, void *state, const unsigned char *in,
                         unsigned char *out, size_t n, bool seal) {
  if (!seal)
    authenticate(how, state, in, n);
  how->crypt(state, in, out, n);
  if (seal)
    authenticate(how, state, out, n);
}

static inline void body(const struct cipher *how, void *state, const struct tls_aead *a,
                        bool seal) {
  unsigned char last[UNIT + BLOCK] = {0};
  size_t whole = a->n / UNIT * UNIT, part = a->n - whole, n = part + a->more_n;
  for (size_t at = 0; at < whole; at += PIECE)
    piece(how, state, a->in + at, a->out + at, whole - at < PIECE ? whole - at : PIECE, seal);
  if (n == 0)
    return;
  memcpy(last, a->in + whole, part);
  if (a->more_n)
    memcpy(last + part, a->more, a->more_n);
  piece(how, state, last, last, n, seal);
  memcpy(a->out + whole, last, n);
}

/* --- AES-GCM ------------------------------------------------------------- */

struct gcm {
  ghash_table table;
  struct aes_key key;
  uint64_t x[2];             /* the hash so far */
  unsigned char counter[16]; /* IV and block number */
  uint32_t block;            /* of the next block */
} __attribute__((aligned(16)));

static void set_block(struct gcm *g, uint32_t n) {
  uint32_t be = __builtin_bswap32(n);
  memcpy(g->counter + 12, &be, 4);
  g->block = n;
}

static void gcm_hash(void *state, const unsigned char *p, size_t n) {
  struct gcm *g = state;
  gcm_ghash_clmul(g->x, g->table, p, n);
}

static void gcm_crypt(void *state, const unsigned char *in, unsigned char *out, size_t n) {
  struct gcm *g = state;
  size_t blocks = (n + BLOCK - 1) / BLOCK;
  aesni_ctr32_encrypt_blocks(in, out, blocks, &g->key, g->counter);
  set_block(g, g->block + (uint32_t)blocks);
}

static const struct cipher gcm_cipher = {gcm_crypt, gcm_hash};

static void gcm_begin(struct gcm *g, const mbedtls_gcm_context *key, const struct tls_aead *a) {
  const mbedtls_aes_context *aes = key->cipher_ctx.cipher_ctx;
  unsigned char zero[BLOCK] = {0};
  uint64_t h[2];
  g->key.rounds = aes->nr - 1; /* the assembly counts without the last */
  memcpy(g->key.words, aes->buf + aes->rk_offset, (size_t)(aes->nr + 1) * BLOCK);
  aesni_encrypt(zero, (unsigned char *)h, &g->key);
  h[0] = __builtin_bswap64(h[0]);
  h[1] = __builtin_bswap64(h[1]);
  gcm_init_clmul(g->table, h);
  g->x[0] = g->x[1] = 0;
  memcpy(g->counter, a->iv, TLS_AEAD_IV);
  set_block(g, 2);
  authenticate(&gcm_cipher, g, a->ad, a->ad_n);
}

static void gcm_finish(struct gcm *g, const struct tls_aead *a) {
  uint64_t lengths[2] = {__builtin_bswap64(a->ad_n * 8), __builtin_bswap64((a->n + a->more_n) * 8)};
  unsigned char mask[BLOCK];
  gcm_ghash_clmul(g->x, g->table, (const unsigned char *)lengths, BLOCK);
  set_block(g, 1);
  aesni_encrypt(g->counter, mask, &g->key);
  for (int i = 0; i < BLOCK; i++)
    a->tag[i] = mask[i] ^ ((const unsigned char *)g->x)[i];
  mbedtls_platform_zeroize(g, sizeof *g);
}

static void gcm_run(const mbedtls_gcm_context *key, const struct tls_aead *a, bool seal) {
  struct gcm g;
  gcm_begin(&g, key, a);
  body(&gcm_cipher, &g, a, seal);
  gcm_finish(&g, a);
}

void tls_gcm_seal(const mbedtls_gcm_context *key, const struct tls_aead *a) {
  gcm_run(key, a, true);
}

void tls_gcm_open(const mbedtls_gcm_context *key, const struct tls_aead *a) {
  gcm_run(key, a, false);
}

/* --- ChaCha20-Poly1305 --------------------------------------------------- */

struct chacha {
  uint64_t poly[24]; /* OpenSSL's state */
  uint32_t nonce[4]; /* of the tag */
  uint32_t key[8];
  uint32_t counter[4];
};

static void chacha_hash(void *state, const unsigned char *p, size_t n) {
  struct chacha *c = state;
  poly1305_blocks(c->poly, p, n, 1);
}

static void chacha_crypt(void *state, const unsigned char *in, unsigned char *out, size_t n) {
  struct chacha *c = state;
  ChaCha20_ctr32(out, in, n, c->key, c->counter);
  c->counter[0] += (uint32_t)(n / UNIT);
}

static const struct cipher chacha_cipher = {chacha_crypt, chacha_hash};

static void chacha_begin(struct chacha *c, const mbedtls_chachapoly_context *key,
                         const struct tls_aead *a) {
  unsigned char first[64] = {0};
  void *functions[2]; /* blocks and emit, of which there is one each */
  memcpy(c->key, key->chacha20_ctx.state + 4, sizeof c->key);
  c->counter[0] = 0;
  memcpy(c->counter + 1, a->iv, TLS_AEAD_IV);
  ChaCha20_ctr32(first, first, sizeof first, c->key, c->counter);
  poly1305_init(c->poly, first, functions);
  memcpy(c->nonce, first + 16, sizeof c->nonce);
  c->counter[0] = 1;
  authenticate(&chacha_cipher, c, a->ad, a->ad_n);
}

static void chacha_run(const mbedtls_chachapoly_context *key, const struct tls_aead *a, bool seal) {
  struct chacha c;
  chacha_begin(&c, key, a);
  body(&chacha_cipher, &c, a, seal);
  uint64_t lengths[2] = {a->ad_n, a->n + a->more_n};
  poly1305_blocks(c.poly, (const unsigned char *)lengths, BLOCK, 1);
  poly1305_emit(c.poly, a->tag, c.nonce);
  mbedtls_platform_zeroize(&c, sizeof c);
}

void tls_chacha_seal(const mbedtls_chachapoly_context *key, const struct tls_aead *a) {
  chacha_run(key, a, true);
}

void tls_chacha_open(const mbedtls_chachapoly_context *key, const struct tls_aead *a) {
  chacha_run(key, a, false);
}

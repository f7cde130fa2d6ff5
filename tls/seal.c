/* SPDX-License-Identifier: BSD-2-Clause
 * The part of tls/ that reads mbedTLS's structures (3.6, library/ssl_misc.h):
 * records of application data are made here, in one pass from wherever the
 * content lies to where TCP sends it from (RFC 8446 5.2, RFC 5246 6.2.3.3), and
 * the buffers of a session that rests are given back. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "seal.h"

#include <mbedtls/platform_util.h>
#include <ssl_misc.h>
#include <string.h>

#include "fast.h"
#include "internal.h"

enum { HEADER = 5, EXPLICIT = 8 };

static const unsigned char inner_type = MBEDTLS_SSL_MSG_APPLICATION_DATA;

static int seal_gcm(mbedtls_gcm_context *gcm, const struct tls_aead *a) {
  size_t n;
  if (tls_fast_has_gcm()) {
    tls_gcm_seal(gcm, a);
    return 0;
  }
  int err = mbedtls_gcm_starts(gcm, MBEDTLS_GCM_ENCRYPT, a->iv, TLS_AEAD_IV);
  err = err ? err : mbedtls_gcm_update_ad(gcm, a->ad, a->ad_n);
  err = err ? err : mbedtls_gcm_update(gcm, a->in, a->n, a->out, a->n, &n);
  if (!err && a->more_n)
    err = mbedtls_gcm_update(gcm, a->more, a->more_n, a->out + a->n, a->more_n, &n);
  return err ? err : mbedtls_gcm_finish(gcm, NULL, 0, &n, a->tag, TLS_AEAD_TAG);
}

static int seal(const mbedtls_cipher_context_t *c, const struct tls_aead *a) {
  if (mbedtls_cipher_get_cipher_mode(c) == MBEDTLS_MODE_GCM)
    return seal_gcm(c->cipher_ctx, a);
  tls_chacha_seal(c->cipher_ctx, a);
  return 0;
}

/* RFC 8446 5.3, RFC 7905 2: the sequence number into the right end of the IV;
 * RFC 5288 3: behind the fixed part. */
static void make_iv(unsigned char iv[TLS_AEAD_IV], const mbedtls_ssl_transform *t,
                    const unsigned char *counter) {
  memcpy(iv, t->iv_enc, TLS_AEAD_IV);
  if (t->fixed_ivlen == TLS_AEAD_IV)
    for (int i = 0; i < 8; i++)
      iv[4 + i] ^= counter[i];
  else
    memcpy(iv + t->fixed_ivlen, counter, 8);
}

static void put_header(unsigned char *p, size_t n) {
  p[0] = MBEDTLS_SSL_MSG_APPLICATION_DATA;
  p[1] = p[2] = 3;
  p[3] = (unsigned char)(n >> 8);
  p[4] = (unsigned char)n;
}

/* The additional data: the header (1.3), or the counter and the header of the
 * plain text (1.2, RFC 5246 6.2.3.3). Returns its length. */
static size_t make_ad(unsigned char ad[13], const unsigned char *record,
                      const unsigned char *counter, size_t plain_n, bool is_13) {
  if (is_13) {
    memcpy(ad, record, HEADER);
    return HEADER;
  }
  memcpy(ad, counter, 8);
  put_header(ad + 8, plain_n);
  return 13;
}

/* Two pieces are put together where they will be encrypted in place. */
static const unsigned char *join(unsigned char *to, struct lib_span plain, struct lib_span more) {
  if (more.n == 0)
    return (const unsigned char *)plain.p;
  memmove(to, plain.p, plain.n); /* a call, where memcpy would be byte by byte */
  memmove(to + plain.n, more.p, more.n);
  return to;
}

size_t tls_seal_record(mbedtls_ssl_context *ssl, struct lib_span plain, struct lib_span more,
                       unsigned char *record) {
  const mbedtls_ssl_transform *t = ssl->transform_out;
  const unsigned char *counter = ssl->cur_out_ctr;
  unsigned char iv[TLS_AEAD_IV], ad[13];
  bool is_13 = t->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
  size_t explicit_n = t->fixed_ivlen == TLS_AEAD_IV ? 0 : EXPLICIT;
  size_t n = plain.n + more.n, sealed_n = n + is_13; /* in 1.3 the content type is at its end */
  put_header(record, explicit_n + sealed_n + TLS_AEAD_TAG);
  memcpy(record + HEADER, counter, explicit_n);
  make_iv(iv, t, counter);
  struct tls_aead a = {.iv = iv,
                       .ad = ad,
                       .ad_n = make_ad(ad, record, counter, sealed_n, is_13),
                       .in = join(record + HEADER + explicit_n, plain, more),
                       .n = n,
                       .more = &inner_type,
                       .more_n = is_13,
                       .out = record + HEADER + explicit_n};
  a.tag = a.out + sealed_n;
  if (seal(&t->cipher_ctx_enc, &a) != 0)
    return 0;
  return (size_t)(a.tag + TLS_AEAD_TAG - record);
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

bool tls_seal_has_alert(const mbedtls_ssl_context *ssl) {
  return ssl->send_alert != 0;
}

void tls_seal_count(const mbedtls_ssl_context *ssl, struct tls_stat *stat) {
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3)
    stat->handshakes_13++;
  else
    stat->handshakes_12++;
}

/* In 1.3 mbedTLS keeps the state of the handshake for the session's life. */
void tls_seal_forget_handshake(mbedtls_ssl_context *ssl) {
  if (!ssl->handshake || ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER)
    return;
  mbedtls_ssl_handshake_free(ssl);
  kernel_heap_free(ssl->handshake);
  ssl->handshake = NULL;
  if (ssl->transform_negotiate)
    mbedtls_ssl_transform_free(ssl->transform_negotiate);
  kernel_heap_free(ssl->transform_negotiate);
  ssl->transform_negotiate = NULL;
  if (ssl->session_negotiate)
    mbedtls_ssl_session_free(ssl->session_negotiate);
  kernel_heap_free(ssl->session_negotiate);
  ssl->session_negotiate = NULL;
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The counter of received records lives in front of the input buffer. */
bool tls_seal_rest(mbedtls_ssl_context *ssl, unsigned char counter[8], size_t used) {
  bool busy = ssl->handshake || ssl->in_left || ssl->in_offt || ssl->in_msglen || ssl->in_hslen ||
              ssl->out_left;
  if (!ssl->in_buf || busy)
    return false;
  memcpy(counter, ssl->in_ctr, 8);
  used += MBEDTLS_SSL_HEADER_LEN;
  mbedtls_zeroize_and_free(ssl->in_buf, least(used, MBEDTLS_SSL_IN_BUFFER_LEN));
  mbedtls_zeroize_and_free(ssl->out_buf, least(used, MBEDTLS_SSL_OUT_BUFFER_LEN));
  ssl->in_buf = ssl->out_buf = NULL;
  return true;
}

bool tls_seal_wake(mbedtls_ssl_context *ssl, const unsigned char counter[8]) {
  if (ssl->in_buf)
    return true;
  unsigned char *in = kernel_heap_alloc(&tls_heap, MBEDTLS_SSL_IN_BUFFER_LEN);
  unsigned char *out = kernel_heap_alloc(&tls_heap, MBEDTLS_SSL_OUT_BUFFER_LEN);
  if (!in || !out) {
    kernel_heap_free(in);
    kernel_heap_free(out);
    return false;
  }
  ssl->in_buf = in;
  ssl->out_buf = out;
  memcpy(in, counter, 8);
  mbedtls_ssl_reset_in_pointers(ssl);
  mbedtls_ssl_reset_out_pointers(ssl);
  mbedtls_ssl_update_out_pointers(ssl, ssl->transform_out);
  return true;
}

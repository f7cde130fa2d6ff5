/* SPDX-License-Identifier: BSD-2-Clause
 * The TLS contract in an image without TLS: no certificate is taken, so no
 * session ever begins. */
#include <lib/err.h>
#include <tls/session.h>
#include <tls/tls.h>

bool tls_here(void) {
  return false;
}

struct tls_pairs *tls_pairs_new(void) {
  return NULL;
}

void tls_pairs_free(struct tls_pairs *take_p) {
  (void)take_p;
}

int tls_pairs_add(struct tls_pairs *p, struct lib_span chain, struct lib_span key,
                  const char **why) {
  (void)p, (void)chain, (void)key;
  *why = "this image has no TLS";
  return E_NOENT;
}

bool tls_pairs_certificate(const struct tls_pairs *p, unsigned i, struct memstat_certificate *out) {
  (void)p, (void)i, (void)out;
  return false;
}

int tls_pairs_serve(struct tls_pairs *take_p) {
  (void)take_p;
  return E_NOENT;
}

const struct tls_stat *tls_stat(void) {
  static const struct tls_stat none;
  return &none;
}

struct tls_session *tls_session_new(uint64_t now_ms) {
  (void)now_ms;
  return NULL;
}

void tls_session_free(struct tls_session *take_s) {
  (void)take_s;
}

enum tls_state tls_session_state(const struct tls_session *s) {
  (void)s;
  return TLS_FAILED;
}

size_t tls_session_rx(struct tls_session *s, struct lib_span in) {
  (void)s;
  return in.n;
}

struct lib_span tls_session_plain_buf(const struct tls_session *s) {
  (void)s;
  return (struct lib_span){NULL, 0};
}

void tls_session_plain_ack(struct tls_session *s, size_t n) {
  (void)s, (void)n;
}

struct lib_span tls_session_tx_buf(struct tls_session *s) {
  (void)s;
  return (struct lib_span){NULL, 0};
}

void tls_session_tx_ack(struct tls_session *s, size_t n) {
  (void)s, (void)n;
}

bool tls_session_can_seal(const struct tls_session *s) {
  (void)s;
  return false;
}

size_t tls_session_seal(struct tls_session *s, struct lib_span plain, struct lib_span more,
                        char *out, size_t room, size_t *taken) {
  (void)s, (void)plain, (void)more, (void)out, (void)room, (void)taken;
  return 0;
}

void tls_session_sealed(struct tls_session *s) {
  (void)s;
}

void tls_session_end(struct tls_session *s) {
  (void)s;
}

void tls_session_rest(struct tls_session *s) {
  (void)s;
}

uint64_t tls_session_deadline_ms(const struct tls_session *s) {
  (void)s;
  return UINT64_MAX;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A session around mbedTLS: its read callback takes from the caller's bytes,
 * its write callback offers mbedTLS's own buffer to the caller and reports it
 * written when the caller has acknowledged. */
#include "internal.h"

#include <kernel/clock.h>
#include <lib/assert.h>
#include <lib/limits.h>
#include <string.h>

#include "seal.h"

/* --- mbedTLS's callbacks ------------------------------------------------- */

static int on_recv(void *session, unsigned char *p, size_t n) {
  struct tls_session *s = session;
  if (s->in.n == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  n = n < s->in.n ? n : s->in.n;
  s->used += n;
  memcpy(p, s->in.p, n);
  s->in = lib_span_sub(s->in, n, s->in.n);
  return (int)n;
}

static int on_send(void *session, const unsigned char *p, size_t n) {
  struct tls_session *s = session;
  if (s->out_acked > 0) {
    int acked = (int)s->out_acked;
    s->out_acked = 0;
    s->out = (struct lib_span){NULL, 0};
    return acked;
  }
  s->out = (struct lib_span){(const char *)p, n};
  s->used += n;
  return MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* --- life ---------------------------------------------------------------- */

struct tls_session *tls_session_new(uint64_t now_ms) {
  struct tls_session *s = NULL;
  if (kernel_page_free_bytes() >= TLS_RESERVE_BYTES)
    s = kernel_heap_alloc(&tls_heap, sizeof *s);
  if (!s)
    goto refuse;
  *s = (struct tls_session){.pairs = tls_pairs_served(),
                            .deadline_ms = now_ms + TLS_HANDSHAKE_TIMEOUT_MS};
  mbedtls_ssl_init(&s->ssl);
  if (mbedtls_ssl_setup(&s->ssl, &tls_config) != 0)
    goto refuse;
  mbedtls_ssl_set_bio(&s->ssl, s, on_send, on_recv, NULL);
  tls_counters.sessions++;
  return s;
refuse:
  if (s) {
    mbedtls_ssl_free(&s->ssl);
    tls_pairs_free(s->pairs);
    kernel_heap_free(s);
  }
  tls_counters.refusals++;
  return NULL;
}

void tls_session_free(struct tls_session *take_s) {
  if (take_s->state == TLS_HANDSHAKE)
    tls_counters.failures++;
  kernel_heap_free(take_s->plain);
  mbedtls_ssl_free(&take_s->ssl);
  tls_pairs_free(take_s->pairs);
  kernel_heap_free(take_s);
  tls_counters.sessions--;
}

enum tls_state tls_session_state(const struct tls_session *s) {
  return s->state;
}

uint64_t tls_session_deadline_ms(const struct tls_session *s) {
  return s->state == TLS_HANDSHAKE ? s->deadline_ms : UINT64_MAX;
}

/* --- in ------------------------------------------------------------------ */

/* To go on when bytes come or have gone. A fatal alert is the last to go: asked
 * again, mbedTLS would make another, and another. */
static bool is_wait(const struct tls_session *s, int err) {
  bool waits = err == MBEDTLS_ERR_SSL_WANT_READ || err == MBEDTLS_ERR_SSL_WANT_WRITE;
  return waits && !tls_seal_has_alert(&s->ssl);
}

static void fail(struct tls_session *s) {
  if (s->state == TLS_HANDSHAKE)
    tls_counters.failures++;
  s->state = TLS_FAILED;
}

static void handshake(struct tls_session *s) {
  int err = mbedtls_ssl_handshake(&s->ssl);
  if (err == 0) {
    s->state = TLS_OPEN;
    tls_seal_count(&s->ssl, &tls_counters);
    lib_histogram_add(&tls_counters.durations,
                      kernel_clock_ns() / 1000000 - (s->deadline_ms - TLS_HANDSHAKE_TIMEOUT_MS));
    tls_seal_forget_handshake(&s->ssl);
    tls_pairs_free(s->pairs);
    s->pairs = NULL;
  } else if (!is_wait(s, err)) {
    fail(s);
  }
}

/* Room behind the plain text that waits; what was taken is dropped. */
static char *plain_room(struct tls_session *s, size_t n) {
  size_t kept = s->plain_n - s->plain_at;
  char *p = kernel_heap_alloc(&tls_heap, kept + n);
  if (!p)
    return NULL;
  if (kept)
    memcpy(p, s->plain + s->plain_at, kept);
  kernel_heap_free(s->plain);
  s->plain = p;
  s->plain_at = 0;
  s->plain_n = kept;
  return p + kept;
}

/* Decrypt one record. True when there is plain text of it. */
static bool read_record(struct tls_session *s) {
  int err = mbedtls_ssl_read(&s->ssl, NULL, 0);
  size_t n = mbedtls_ssl_get_bytes_avail(&s->ssl);
  if (n > 0) {
    char *p = plain_room(s, n);
    if (!p) {
      fail(s);
      return false;
    }
    s->plain_n += (size_t)mbedtls_ssl_read(&s->ssl, (unsigned char *)p, n);
    return true;
  }
  if (err == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
    s->state = TLS_ENDED;
  else if (err != 0 && !is_wait(s, err) && err != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    fail(s);
  return false;
}

static size_t plain_waiting(const struct tls_session *s) {
  return s->plain_n - s->plain_at;
}

/* Go on until there is nothing to read, or something to send or to take. */
static void advance(struct tls_session *s) {
  if (s->state == TLS_HANDSHAKE)
    handshake(s);
  while (s->state == TLS_OPEN && s->out.n == 0 && plain_waiting(s) < HTTP_HEAD_MAX &&
         read_record(s))
    ;
}

/* A client that speaks HTTP here is told so in its own language. */
static bool is_plain_http(struct tls_session *s, struct lib_span in) {
  static const char answer[] = "HTTP/1.1 400 Bad Request\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Length: 51\r\n"
                               "Connection: close\r\n\r\n"
                               "This port speaks HTTPS. Use https:// in the address";
  _Static_assert(sizeof "This port speaks HTTPS. Use https:// in the address" - 1 == 51, "length");
  if (s->seen || in.n == 0 || in.p[0] < 'A' || in.p[0] > 'Z')
    return false;
  s->out = lib_span_str(answer);
  s->state = TLS_FAILED;
  tls_counters.plain_http++;
  return true;
}

size_t tls_session_rx(struct tls_session *s, struct lib_span in) {
  if (is_plain_http(s, in))
    return in.n;
  if (s->state == TLS_FAILED || s->state == TLS_ENDED)
    return in.n; /* discarded */
  if (in.n == 0 || !tls_seal_wake(&s->ssl, s->counter))
    return 0;
  s->seen = true;
  s->in = in;
  advance(s);
  size_t left = s->in.n;
  s->in = (struct lib_span){NULL, 0};
  return in.n - left;
}

struct lib_span tls_session_plain_buf(const struct tls_session *s) {
  return (struct lib_span){s->plain ? s->plain + s->plain_at : NULL, plain_waiting(s)};
}

void tls_session_plain_ack(struct tls_session *s, size_t n) {
  LIB_ASSERT(n <= plain_waiting(s));
  s->plain_at += n;
  if (s->plain_at < s->plain_n)
    return;
  kernel_heap_free(s->plain);
  s->plain = NULL;
  s->plain_at = s->plain_n = 0;
}

/* --- out ----------------------------------------------------------------- */

struct lib_span tls_session_tx_buf(struct tls_session *s) {
  return s->out;
}

void tls_session_tx_ack(struct tls_session *s, size_t n) {
  LIB_ASSERT(n <= s->out.n);
  s->out_acked = n;
  if (s->state == TLS_FAILED || s->state == TLS_ENDED || s->ending) {
    s->out = lib_span_sub(s->out, n, s->out.n);
    s->out_acked = 0;
    return;
  }
  if (mbedtls_ssl_is_handshake_over(&s->ssl) && s->state == TLS_OPEN)
    tls_seal_flush(&s->ssl);
  else
    advance(s);
}

bool tls_session_can_seal(const struct tls_session *s) {
  return (s->state == TLS_OPEN || s->state == TLS_ENDED) && !s->ending && s->out.n == 0;
}

size_t tls_session_seal(struct tls_session *s, struct lib_span plain, struct lib_span more,
                        char *out, size_t room, size_t *taken) {
  if (!tls_session_can_seal(s) || room <= TLS_RECORD_OVERHEAD)
    return 0;
  size_t most = room - TLS_RECORD_OVERHEAD;
  most = most < TLS_RECORD_BYTES ? most : TLS_RECORD_BYTES;
  plain = lib_span_sub(plain, 0, most);
  *taken = plain.n + more.n;
  LIB_ASSERT(*taken <= most);
  return tls_seal_record(&s->ssl, plain, more, (unsigned char *)out);
}

void tls_session_sealed(struct tls_session *s) {
  if (!tls_seal_count_up(&s->ssl))
    fail(s);
}

void tls_session_end(struct tls_session *s) {
  if (!tls_session_can_seal(s) || !tls_seal_wake(&s->ssl, s->counter))
    return;
  mbedtls_ssl_close_notify(&s->ssl);
  s->ending = true;
}

void tls_session_rest(struct tls_session *s) {
  if (s->state != TLS_HANDSHAKE && s->out.n == 0 && tls_seal_rest(&s->ssl, s->counter, s->used))
    s->used = 0;
}

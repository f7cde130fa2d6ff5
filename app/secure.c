/* SPDX-License-Identifier: BSD-2-Clause
 * TLS between a stream and an HTTP engine. */
#include "secure.h"

enum {
  ROOM_LEAST = 1024,   /* bytes: rather wait than send smaller records */
  TOGETHER_MOST = 8192 /* of head and body in one record, for which they are copied */
};

/* --- bytes --------------------------------------------------------------- */

struct line {
  struct tls_session *tls;
  struct net_stream *stream;
  struct http_conn *http;
  uint64_t now_ms;
};

/* The session's own bytes to the stream: handshake and alerts. False, here and
 * below: nothing moved. */
static bool pump_own(const struct line *l) {
  struct lib_span out = tls_session_tx_buf(l->tls);
  if (out.n == 0 || net_stream_tx(l->stream, out, false) < 0)
    return false;
  tls_session_tx_ack(l->tls, out.n);
  return true;
}

/* Room for a record of `n` bytes, or of `least` at least. */
static char *seal_room(const struct line *l, size_t n, size_t least, size_t *room) {
  *room = n + TLS_RECORD_OVERHEAD;
  return net_stream_tx_buf(l->stream, least + TLS_RECORD_OVERHEAD, room);
}

/* HTTP to TLS to stream: sealed straight into what TCP sends from. */
static bool pump_tx(const struct line *l) {
  if (!tls_session_can_seal(l->tls) || net_stream_tx_room(l->stream) < ROOM_LEAST)
    return false;
  struct http_out out = http_conn_tx_buf(l->http, l->now_ms);
  if (out.bytes.n == 0)
    return false;
  struct lib_span more = http_conn_tx_more(l->http);
  size_t n = out.bytes.n, room, taken;
  char *to = NULL;
  if (more.n && n + more.n <= TOGETHER_MOST)
    to = seal_room(l, n + more.n, n + more.n, &room);
  if (!to) {
    more.n = 0;
    to = seal_room(l, n, out.whole || n < ROOM_LEAST ? n : ROOM_LEAST, &room);
  }
  if (!to ||
      net_stream_tx_commit(l->stream, tls_session_seal(l->tls, out.bytes, more, to, room, &taken)))
    return false;
  tls_session_sealed(l->tls);
  http_conn_tx_ack(l->http, taken - more.n, l->now_ms);
  http_conn_tx_ack(l->http, more.n, l->now_ms);
  return true;
}

/* What is decrypted to HTTP. */
static bool pump_plain(const struct line *l) {
  struct lib_span in = tls_session_plain_buf(l->tls);
  int n = in.n ? http_conn_rx(l->http, in, l->now_ms) : 0;
  if (n <= 0)
    return false;
  tls_session_plain_ack(l->tls, (size_t)n);
  return true;
}

/* Stream to TLS. */
static bool pump_rx(const struct line *l) {
  size_t waiting = tls_session_plain_buf(l->tls).n;
  struct lib_span in = net_stream_rx_buf(l->stream);
  size_t n = tls_session_rx(l->tls, in);
  if (n > 0)
    net_stream_rx_ack(l->stream, n);
  if (net_stream_rx_ended(l->stream) || tls_session_state(l->tls) == TLS_ENDED)
    http_conn_rx_end(l->http, l->now_ms);
  return n > 0 || tls_session_plain_buf(l->tls).n > waiting;
}

bool app_secure_pump(struct tls_session *tls, struct net_stream *stream, struct http_conn *http,
                     uint64_t now_ms) {
  struct line l = {tls, stream, http, now_ms};
  while (pump_own(&l) || pump_tx(&l) || pump_plain(&l) || pump_rx(&l))
    ;
  if (http_conn_done(http)) {
    tls_session_end(tls);
    pump_own(&l);
  } else if (http_conn_idle(http)) {
    tls_session_rest(tls);
  }
  bool over = http_conn_done(http) || tls_session_state(tls) == TLS_FAILED;
  return over && tls_session_tx_buf(tls).n == 0;
}

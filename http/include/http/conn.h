/* SPDX-License-Identifier: BSD-2-Clause
 * One HTTP/1.1 connection as an engine without I/O: bytes in, bytes out.
 * app/conn.c moves them between here and the stream (or TLS session).
 *
 *   HEAD --request head--> [BODY] --handler or static lookup--> RESPOND
 *     ^                                                            |
 *     +------------------- keep-alive -----------------------------+
 *                                                   close: --> DONE
 *
 * A request is decided while its bytes are at hand; afterwards the engine
 * keeps only what the answer needs, never a pointer into the input. A static
 * answer allocates nothing. The first error sticks. Time is a parameter. */
#pragma once

#include <lib/span.h>

#include <http/server.h>

/* See http/conn.c for the fields; declared here so that the app can embed it. */
#include <http/conn_state.h>

/* Start a connection in the caller's storage.
 * server   outlives the connection; borrowed
 * peer     whoever it is, for server->peer_text; the same */
void http_conn_init(struct http_conn *c, struct http_server *server, const void *peer,
                    uint64_t now_ms);

/* It came by a way that is not everybody's: has the pages of private_groups. */
void http_conn_set_private(struct http_conn *c);

/* The connection is private: it came over TLS. To be told before the first byte. */
void http_conn_secure(struct http_conn *c);

/* Give back whatever the connection holds (work buffer, stream handler). */
void http_conn_fini(struct http_conn *c);

/* Offer received bytes.
 *
 * in       contiguous bytes from the peer; borrowed until return
 * returns  bytes consumed, > 0
 * errors   E_AGAIN   nothing consumed: the head is incomplete (call again with
 *                    these bytes and more, up to HTTP_HEAD_MAX) or an answer is
 *                    still going out (call again when it is)
 *          E_CLOSED  the connection takes no more input
 * context  the loop; a malformed head is not an error here: it is answered */
int http_conn_rx(struct http_conn *c, struct lib_span in, uint64_t now_ms);

/* Answer `status` (503) without a request, and close: the house is full. */
void http_conn_refuse(struct http_conn *c, unsigned status, uint64_t now_ms);

/* The peer ended its sending side, and what it sent before has been consumed
 * or is the front of a head that will not be completed. May be repeated. */
void http_conn_rx_end(struct http_conn *c, uint64_t now_ms);

/* Bytes to send next. */
struct http_out {
  struct lib_span bytes; /* empty: nothing to send now */
  bool stable;           /* the bytes stay for the image's life: send without copy */
  bool whole;            /* a head: acknowledge all of it or none */
};

/* There may be something to send. */
static inline bool http_conn_sends(const struct http_conn *c) {
  return c->phase != HTTP_TX_NONE;
}

/* What to send next; borrowed until the next call on any connection of this
 * server. Call again after http_conn_tx_ack until it is empty. */
struct http_out http_conn_tx_buf(struct http_conn *c, uint64_t now_ms);

/* Behind a head that http_conn_tx_buf gave: what it will give next, if that is
 * known; else "". It may go with the head; each is acknowledged by itself. */
struct lib_span http_conn_tx_more(const struct http_conn *c);

/* `k` bytes of the last http_conn_tx_buf were taken; 0 <= k <= its n. */
void http_conn_tx_ack(struct http_conn *c, size_t k, uint64_t now_ms);

/* Everything has been sent and the connection is to be closed. */
bool http_conn_done(const struct http_conn *c);

/* More of a request is awaited: bytes left over are its unfinished front. */
bool http_conn_reading(const struct http_conn *c);

/* No request is in progress: the connection may be closed to make room. */
bool http_conn_idle(const struct http_conn *c);

/* When http_conn_tick wants to be called: the nearest timeout or wake-up of
 * a stream, in the clock of now_ms; UINT64_MAX: never. */
uint64_t http_conn_deadline_ms(const struct http_conn *c);

/* Run what is due: a timeout answers 408 or ends the connection, a stream is
 * asked for more. */
void http_conn_tick(struct http_conn *c, uint64_t now_ms);

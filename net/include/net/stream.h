/* SPDX-License-Identifier: BSD-2-Clause
 * A TCP connection as two byte streams with back-pressure. Callbacks of lwIP
 * only queue and mark a stream ready; the loop takes it from there. */
#pragma once

#include <lib/out.h>

struct net_stream;

/* Listen on `port`, all addresses of both families.
 * errors   E_NOMEM  E_LIMIT (port in use) */
int net_listen(uint16_t port);

/* Listen no more: who comes now is refused at once and can go elsewhere. */
void net_listen_end(void);

/* The next connection that was accepted, or NULL. It is the caller's, to be
 * ended by net_stream_close or net_stream_abort.
 * port   receives the local port */
struct net_stream *net_accept(uint16_t *port);

/* The next stream on which something has happened since it was last returned,
 * or NULL: bytes came, room came, the peer ended or is gone. */
struct net_stream *net_stream_ready(void);

/* The caller's own pointer. */
void net_stream_set_owner(struct net_stream *s, void *owner);
void *net_stream_owner(const struct net_stream *s);

/* Received bytes that lie in a row, borrowed until acknowledged. They may lie
 * in a receive buffer of the device: hold them no longer than a round. */
struct lib_span net_stream_rx_buf(const struct net_stream *s);
void net_stream_rx_ack(struct net_stream *s, size_t n);

/* Acknowledge, unread, all that has come. */
void net_stream_rx_ack_all(struct net_stream *s);

/* Received bytes in all. */
size_t net_stream_rx_bytes(const struct net_stream *s);

/* Move what is left into memory of its own, in a row, so that device buffers
 * are free again. Call before leaving bytes for a later round.
 * errors   E_NOMEM   nothing was changed */
int net_stream_rx_gather(struct net_stream *s);

/* The peer has ended its side and all its bytes were acknowledged. */
bool net_stream_rx_ended(const struct net_stream *s);

/* The peer has ended its side: no more bytes will come. */
bool net_stream_rx_final(const struct net_stream *s);

/* The connection is broken: reset, timed out. Only close is of use. */
bool net_stream_broken(const struct net_stream *s);

/* Bytes that net_stream_tx would take now. */
size_t net_stream_tx_room(const struct net_stream *s);

/* Queue bytes to send.
 *
 * stable   they stay unchanged for the image's life: sent without a copy
 * returns  bytes taken, > 0
 * errors   E_AGAIN   no room now: the stream becomes ready when there is
 *          E_CLOSED  broken */
int net_stream_tx(struct net_stream *s, struct lib_span bytes, bool stable);

#define NET_STREAM_BUF_MAX (4 * 4096 - 128u) /* with what lies in front: four pages */

/* Memory to write bytes into that are sent from there, until net_stream_tx_commit,
 * which has to follow before anything else is asked of any stream.
 *
 * least    give no less than so many bytes, > 0
 * n        in: bytes wanted; out: bytes there are
 * returns  NULL when there is no room now: the stream becomes ready when there is */
char *net_stream_tx_buf(struct net_stream *s, size_t least, size_t *n);

/* Queue the first `n` of these bytes, or none when n is 0.
 * errors   E_AGAIN   nothing was queued, the bytes are gone */
int net_stream_tx_commit(struct net_stream *s, size_t n);

/* True once when memory, not the peer, has kept bytes from being moved since
 * the last call: nothing will make the stream ready, so try again later. */
bool net_stream_starved(struct net_stream *s);

/* Send what has been queued. */
void net_stream_tx_flush(struct net_stream *s);

/* Bytes queued and not yet acknowledged by the peer. */
size_t net_stream_tx_pending(const struct net_stream *s);

/* End our side; receiving goes on. */
void net_stream_tx_end(struct net_stream *s);

/* End and forget: what is queued is still delivered. */
void net_stream_close(struct net_stream *take_s);

/* Reset and forget. */
void net_stream_abort(struct net_stream *take_s);

/* The peer's address in network order, IPv4 mapped into IPv6 (RFC 4291 2.5.5.2);
 * all zero when the connection is broken. */
void net_stream_peer_ip(const struct net_stream *s, uint8_t ip[16]);

/* Write the peer's address without its port. */
void net_stream_peer(const struct net_stream *s, struct lib_out *o);

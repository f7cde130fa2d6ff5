/* SPDX-License-Identifier: BSD-2-Clause
 * One TLS connection as an engine without I/O: ciphertext and plain text in
 * and out. app/secure.c moves bytes between here, the stream and HTTP.
 *
 *   stream --rx--> [records] --plain_buf/_ack--> HTTP
 *   stream <--tx_buf/_ack-- [handshake, alerts]
 *   stream <--seal/_sealed-- [records] <--------- HTTP
 *
 * The first error sticks; its alert is in tx_buf. */
#pragma once

#include <lib/span.h>

struct tls_session;

/* A session that awaits a client, or NULL when memory is short. */
struct tls_session *tls_session_new(uint64_t now_ms);
void tls_session_free(struct tls_session *take_s);

enum tls_state {
  TLS_HANDSHAKE,
  TLS_OPEN,   /* plain text passes */
  TLS_ENDED,  /* the peer has sent close_notify; ours may still go out */
  TLS_FAILED, /* send what tx_buf has, then close */
};
enum tls_state tls_session_state(const struct tls_session *s);

/* Take in ciphertext.
 *
 * in       received bytes; borrowed until return
 * returns  bytes consumed; less than in.n when plain text has to be taken or
 *          tx_buf sent first, or when the session has failed */
size_t tls_session_rx(struct tls_session *s, struct lib_span in);

/* Decrypted bytes, in a row; borrowed until the next call on the session. */
struct lib_span tls_session_plain_buf(const struct tls_session *s);
void tls_session_plain_ack(struct tls_session *s, size_t n);

/* What the session itself has to send: handshake and alerts. To be sent
 * before anything that is sealed. */
struct lib_span tls_session_tx_buf(struct tls_session *s);
void tls_session_tx_ack(struct tls_session *s, size_t n);

#define TLS_RECORD_OVERHEAD 29u /* most bytes that a record adds to its content */

/* Plain text can be sealed now. */
bool tls_session_can_seal(const struct tls_session *s);

/* Encrypt the front of `plain` into one record.
 *
 * more     to be in the record behind all of `plain`, for which there is room
 *          then; both are copied first. "": nothing
 * out      where the record goes, at most `room` bytes
 * taken    receives the bytes of `plain` and `more` that are in the record
 * returns  bytes of the record; 0 when it cannot be now
 * note     the record counts as sent only after tls_session_sealed: one that
 *          finds no room may be dropped, and is made anew */
size_t tls_session_seal(struct tls_session *s, struct lib_span plain, struct lib_span more,
                        char *out, size_t room, size_t *taken);
void tls_session_sealed(struct tls_session *s);

/* Announce the end of our side: close_notify joins tx_buf. */
void tls_session_end(struct tls_session *s);

/* Nothing is going on: give back the record buffers until something is. */
void tls_session_rest(struct tls_session *s);

/* When an unfinished handshake is over time; UINT64_MAX: it is finished. */
uint64_t tls_session_deadline_ms(const struct tls_session *s);

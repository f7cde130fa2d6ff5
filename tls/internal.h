/* SPDX-License-Identifier: BSD-2-Clause
 * What the files of tls/ share. Only seal.c and suites.c look inside mbedTLS. */
#pragma once

#include <kernel/mem.h>
#include <mbedtls/ssl.h>
#include <tls/session.h>
#include <tls/tls.h>

struct tls_session {
  mbedtls_ssl_context ssl; /* first: its callbacks find the session by it */
  struct tls_pairs *pairs; /* until the handshake is over, then NULL */
  struct lib_span in;      /* ciphertext of the current call */
  struct lib_span out;     /* bytes that mbedTLS wants to send; in its buffer */
  size_t out_acked;        /* of them, sent but not yet told to mbedTLS */
  char *plain;             /* decrypted and not taken; of the heap, or NULL */
  size_t plain_at, plain_n;
  uint64_t deadline_ms;     /* of the handshake */
  unsigned char counter[8]; /* of received records, while the session rests */
  size_t used;              /* most bytes of records that have been in a buffer of it */
  enum tls_state state;
  bool ending; /* close_notify was made */
  bool seen;   /* the client has sent something */
};

extern struct kernel_heap tls_heap;
extern struct tls_stat tls_counters;

/* Show the counters and the pairs on the pages. */
void tls_metrics_init(void);
extern mbedtls_ssl_config tls_config;

/* Random bytes, in the form mbedTLS calls for. */
int tls_random(void *unused, unsigned char *p, size_t n);

/* The first time anything of mbedTLS is needed. */
int tls_library_init(void);

/* Prepare what all sessions share, once.
 * errors   E_NOMEM */
int tls_start(void);

/* The pairs that are served now, kept for one who gives them back with
 * tls_pairs_free. */
struct tls_pairs *tls_pairs_served(void);

/* Of the session's pairs, offer mbedTLS those for the name that the client asks
 * for; or those that serve the first one's name. */
int tls_choose_pairs(mbedtls_ssl_context *ssl);

/* What is shown of certificate `i` that is served; false when there are no more. */
bool tls_certificate(unsigned i, struct memstat_certificate *out);

/* Set the cipher suites. */
void tls_suites_init(void);

/* Set whose order counts, before a suite of TLS 1.2 is chosen; or refuse a client
 * that was made to fall back to 1.2: an error of mbedTLS's, its alert sent. */
int tls_suites_order(mbedtls_ssl_context *ssl);

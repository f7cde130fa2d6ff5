/* SPDX-License-Identifier: BSD-2-Clause
 * What the files of tls/ share. Only seal.c and suites.c look inside mbedTLS. */
#pragma once

#include <kernel/mem.h>
#include <mbedtls/ssl.h>
#include <memstat/certificate.h>
#include <tls/session.h>
#include <tls/tls.h>

struct tls_session {
  mbedtls_ssl_context ssl;
  struct lib_span in;  /* ciphertext of the current call */
  struct lib_span out; /* bytes that mbedTLS wants to send; in its buffer */
  size_t out_acked;    /* of them, sent but not yet told to mbedTLS */
  char *plain;         /* decrypted and not taken; of the heap, or NULL */
  size_t plain_at, plain_n;
  uint64_t deadline_ms;     /* of the handshake */
  unsigned char counter[8]; /* of received records, while the session rests */
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

/* Choose the pairs for the name that the client asks for. */
int tls_choose_pair(void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t n);

/* What is shown of pair `i`; false when there are no more. */
bool tls_certificate(unsigned i, struct memstat_certificate *out);

/* Set the cipher suites. */
void tls_suites_init(void);

/* mbedTLS's certificate callback, which comes before a suite of TLS 1.2 is chosen:
 * set whose order counts. */
int tls_suites_order(mbedtls_ssl_context *ssl);

/* Tell mbedTLS the pairs for clients that name no host, or one not known. */
int tls_conf_pairs(mbedtls_ssl_config *config);

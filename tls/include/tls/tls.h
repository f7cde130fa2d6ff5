/* SPDX-License-Identifier: BSD-2-Clause
 * What all TLS sessions share: certificates with their keys, protocol
 * settings, counters. What is shown of the certificates: memstat/certificate.h.
 * Implemented by tls/, or by tls_none/ for an image
 * without TLS, in which nothing ever starts. */
#pragma once

#include <lib/histogram.h>
#include <lib/span.h>

/* Is TLS in this image? A constant to the optimizer. */
bool tls_here(void);

/* Add a certificate chain and its private key.
 *
 * chain    certificates in DER, one behind the other, the server's first;
 *          borrowed for the image's life
 * key      private key in DER (PKCS #8, SEC 1 or PKCS #1); borrowed for the call
 * why      written on error: a few words for the console
 * errors   E_PROTO  malformed, or chain and key are no pair
 *          E_LIMIT  TLS_PAIRS_MAX are there
 *          E_NOMEM
 *          E_NOENT  no TLS in this image */
int tls_pair_add(struct lib_span chain, struct lib_span key, const char **why);

/* Make ready for sessions; to be called once, when every pair was added.
 * errors   E_NOENT  no pair
 *          E_NOMEM */
int tls_start(void);

struct tls_stat {
  uint64_t handshakes_12, handshakes_13; /* completed, resumed ones included */
  struct lib_histogram durations;        /* of handshakes completed, from the connection's start */
  uint64_t resumed;
  uint64_t failures;   /* handshakes not completed */
  uint64_t refusals;   /* no memory for a session */
  uint64_t plain_http; /* spoke HTTP to the TLS port */
  uint32_t sessions;   /* now */
};
const struct tls_stat *tls_stat(void);

/* SPDX-License-Identifier: BSD-2-Clause
 * What all TLS sessions share: certificates with their keys, protocol
 * settings, counters. What is shown of the certificates: memstat/certificate.h.
 * Implemented by tls/, or by tls_none/ for an image
 * without TLS, in which nothing ever starts. */
#pragma once

#include <lib/histogram.h>
#include <lib/span.h>
#include <memstat/certificate.h>

/* Is TLS in this image? A constant to the optimizer. */
bool tls_here(void);

/* Certificates with their keys that are served together. */
struct tls_pairs;

/* An empty set, or NULL: no memory, or no TLS in this image. */
struct tls_pairs *tls_pairs_new(void);
void tls_pairs_free(struct tls_pairs *take_p);

/* Add a certificate chain and its private key.
 *
 * chain    certificates in DER, one behind the other, the server's first; copied
 * key      private key in DER (PKCS #8, SEC 1 or PKCS #1); copied
 * why      written on error: a few words for people
 * errors   E_PROTO  malformed, of another kind, or chain and key are no pair
 *          E_LIMIT  TLS_PAIRS_MAX are there
 *          E_NOMEM */
int tls_pairs_add(struct tls_pairs *p, struct lib_span chain, struct lib_span key,
                  const char **why);

/* What is shown of certificate `i` of the set; false when there are no more. */
bool tls_pairs_certificate(const struct tls_pairs *p, unsigned i, struct memstat_certificate *out);

/* Serve this set, with one certificate at least, from the next handshake on. The
 * first call makes ready for sessions. The set before it goes when the handshakes
 * that it serves are over; sessions need none.
 * errors   E_NOMEM  the set stays the caller's */
int tls_pairs_serve(struct tls_pairs *take_p);

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

/* SPDX-License-Identifier: BSD-2-Clause
 * What is shown of the certificates that are served: tls/ knows them, the
 * pages ask here. In an image without TLS there are none. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMSTAT_SUBJECT_MAX 64 /* of a common name: X.520's ub-common-name */
#define MEMSTAT_NAMES_MAX 512  /* of the DNS names; those that do not fit are left out */

/* Texts are printable ASCII without '"' and '\\': other bytes became '?'. */
struct memstat_certificate {
  size_t subject_n, names_n;         /* bytes; 0: there is none */
  char subject[MEMSTAT_SUBJECT_MAX]; /* common name */
  char names[MEMSTAT_NAMES_MAX];     /* with a space between */
  const char *key;                   /* "EC 256", "RSA 2048"; static */
  int64_t begins_unix, expires_unix; /* s; valid from and until */
};

/* Tell about the certificate `i`, or false when there are no more. */
typedef bool memstat_certificate_fn(unsigned i, struct memstat_certificate *out);

/* NULL: there are none. To be compared with that where it is called: then the
 * compiler leaves out what shows certificates in an image without TLS. */
extern memstat_certificate_fn *memstat_certificate;

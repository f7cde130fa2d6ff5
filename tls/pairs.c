/* SPDX-License-Identifier: BSD-2-Clause
 * Certificates with their keys, and which of them a client gets: those that
 * carry the name it asks for; among them mbedTLS takes the first whose key
 * suits the client's signature algorithms. */
#include <lib/err.h>
#include <lib/limits.h>
#include <lib/out.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "internal.h"

struct pair {
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
};

static struct pair pairs[TLS_PAIRS_MAX];
static unsigned pairs_n;

/* --- reading ------------------------------------------------------------- */

static const char *read_chain(mbedtls_x509_crt *chain, struct lib_span der) {
  while (der.n > 0) {
    unsigned char *p = (unsigned char *)der.p;
    const unsigned char *end = p + der.n;
    size_t n;
    if (mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
      return "a certificate is malformed";
    size_t whole = (size_t)(p - (unsigned char *)der.p) + n;
    int err = mbedtls_x509_crt_parse_der_nocopy(chain, (const unsigned char *)der.p, whole);
    if (err != 0)
      return err == MBEDTLS_ERR_X509_ALLOC_FAILED ? "no memory" : "a certificate is malformed";
    der = lib_span_sub(der, whole, der.n);
  }
  return chain->raw.len ? NULL : "no certificate";
}

static const char *read_pair(struct pair *pair, struct lib_span chain, struct lib_span key) {
  const char *why = read_chain(&pair->chain, chain);
  if (why)
    return why;
  if (mbedtls_pk_parse_key(&pair->key, (const unsigned char *)key.p, key.n, NULL, 0, tls_random,
                           NULL) != 0)
    return "the key is malformed";
  if (mbedtls_pk_check_pair(&pair->chain.pk, &pair->key, tls_random, NULL) != 0)
    return "certificate and key are no pair";
  return NULL;
}

int tls_pair_add(struct lib_span chain, struct lib_span key, const char **why) {
  if (pairs_n == TLS_PAIRS_MAX) {
    *why = "too many certificates";
    return E_LIMIT;
  }
  *why = "no memory";
  if (tls_library_init() < 0)
    return E_NOMEM;
  struct pair *pair = &pairs[pairs_n];
  mbedtls_x509_crt_init(&pair->chain);
  mbedtls_pk_init(&pair->key);
  *why = read_pair(pair, chain, key);
  if (*why) {
    mbedtls_x509_crt_free(&pair->chain);
    mbedtls_pk_free(&pair->key);
    return E_PROTO;
  }
  pairs_n++;
  return 0;
}

/* --- names --------------------------------------------------------------- */

/* The next DNS name of a certificate; `*at` begins as NULL. */
static bool next_name(const struct pair *pair, const mbedtls_x509_sequence **at,
                      struct lib_span *name) {
  *at = *at ? (*at)->next : &pair->chain.subject_alt_names;
  for (; *at; *at = (*at)->next) {
    if (((*at)->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) != MBEDTLS_X509_SAN_DNS_NAME)
      continue;
    *name = (struct lib_span){(const char *)(*at)->buf.p, (*at)->buf.len};
    if (name->n)
      return true;
  }
  return false;
}

static struct lib_span common_name(const struct pair *pair) {
  for (const mbedtls_x509_name *n = &pair->chain.subject; n; n = n->next)
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0)
      return (struct lib_span){(const char *)n->val.p, n->val.len};
  return (struct lib_span){NULL, 0};
}

/* RFC 6125 6.4.3: a star stands for the whole first label. */
static bool name_fits(struct lib_span pattern, struct lib_span name) {
  if (pattern.n > 1 && pattern.p[0] == '*') {
    size_t dot = lib_span_find(name, '.');
    return dot > 0 &&
           lib_span_ieq(lib_span_sub(pattern, 1, pattern.n), lib_span_sub(name, dot, name.n));
  }
  return lib_span_ieq(pattern, name);
}

/* A certificate without DNS names has its common name. */
static bool pair_fits(const struct pair *pair, struct lib_span name) {
  const mbedtls_x509_sequence *at = NULL;
  struct lib_span pattern;
  bool any = false;
  while (next_name(pair, &at, &pattern)) {
    any = true;
    if (name_fits(pattern, name))
      return true;
  }
  return !any && name_fits(common_name(pair), name);
}

/* The name that stands for pair 0: which others serve it, too? */
static struct lib_span first_name(void) {
  const mbedtls_x509_sequence *at = NULL;
  struct lib_span name;
  return next_name(&pairs[0], &at, &name) ? name : common_name(&pairs[0]);
}

int tls_choose_pair(void *unused, mbedtls_ssl_context *ssl, const unsigned char *p, size_t n) {
  struct lib_span name = {(const char *)p, n};
  int err = 0;
  (void)unused;
  for (unsigned i = 0; i < pairs_n && err == 0; i++)
    if (pair_fits(&pairs[i], name))
      err = mbedtls_ssl_set_hs_own_cert(ssl, &pairs[i].chain, &pairs[i].key);
  return err;
}

int tls_conf_pairs(mbedtls_ssl_config *config) {
  struct lib_span name = first_name();
  if (pairs_n == 0)
    return E_NOENT;
  for (unsigned i = 0; i < pairs_n; i++)
    if (i == 0 || pair_fits(&pairs[i], name))
      if (mbedtls_ssl_conf_own_cert(config, &pairs[i].chain, &pairs[i].key) != 0)
        return E_NOMEM;
  return 0;
}

/* --- what is shown ------------------------------------------------------- */

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days(int year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int64_t unix_of(const mbedtls_x509_time *t) {
  return days(t->year, t->mon, t->day) * 86400 + t->hour * 3600 + t->min * 60 + t->sec;
}

static const char *key_name(const mbedtls_pk_context *key) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  if (mbedtls_pk_get_type(key) != MBEDTLS_PK_RSA)
    return bits == 256 ? "EC 256" : "EC 384";
  return bits == 2048 ? "RSA 2048" : bits == 3072 ? "RSA 3072" : bits == 4096 ? "RSA 4096" : "RSA";
}

/* Printable everywhere; a certificate may hold anything. */
static void show(struct lib_out *o, struct lib_span text) {
  for (size_t i = 0; i < text.n; i++) {
    char c = text.p[i];
    lib_out_char(o, c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?');
  }
}

static size_t show_names(const struct pair *pair, char *text, size_t cap) {
  const mbedtls_x509_sequence *at = NULL;
  struct lib_span name;
  struct lib_out o;
  lib_out_init(&o, text, cap);
  while (next_name(pair, &at, &name) && o.n + 1 + name.n <= cap) {
    if (o.n)
      lib_out_char(&o, ' ');
    show(&o, name);
  }
  return o.n;
}

bool tls_certificate(unsigned i, struct memstat_certificate *out) {
  if (i >= pairs_n)
    return false;
  struct lib_out subject;
  lib_out_init(&subject, out->subject, sizeof out->subject);
  show(&subject, common_name(&pairs[i]));
  out->subject_n = subject.n;
  out->names_n = show_names(&pairs[i], out->names, sizeof out->names);
  out->key = key_name(&pairs[i].chain.pk);
  out->expires_unix = unix_of(&pairs[i].chain.valid_to);
  return true;
}

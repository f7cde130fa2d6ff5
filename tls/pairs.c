/* SPDX-License-Identifier: BSD-2-Clause
 * Certificates with their keys, and which of them a client gets: those that
 * carry the name it asks for; among them mbedTLS takes the first whose key
 * suits the client's signature algorithms. A set that is no longer served lasts
 * until the last handshake that began with it is over. */
#include <lib/err.h>
#include <lib/limits.h>
#include <lib/out.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "internal.h"

struct pair {
  struct pair *next;
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
};

struct tls_pairs {
  struct pair *first;
  unsigned n;
  unsigned users; /* handshakes under way, and one while it is made or served */
};

static struct tls_pairs *served;

/* --- life ---------------------------------------------------------------- */

struct tls_pairs *tls_pairs_new(void) {
  struct tls_pairs *p = NULL;
  if (tls_library_init() == 0)
    p = kernel_heap_alloc(&tls_heap, sizeof *p);
  if (p)
    *p = (struct tls_pairs){.users = 1};
  return p;
}

static void free_pair(struct pair *pair) {
  mbedtls_x509_crt_free(&pair->chain);
  mbedtls_pk_free(&pair->key);
  kernel_heap_free(pair);
}

void tls_pairs_free(struct tls_pairs *take_p) {
  if (!take_p || --take_p->users > 0)
    return;
  for (struct pair *next, *pair = take_p->first; pair; pair = next) {
    next = pair->next;
    free_pair(pair);
  }
  kernel_heap_free(take_p);
}

struct tls_pairs *tls_pairs_served(void) {
  served->users++;
  return served;
}

int tls_pairs_serve(struct tls_pairs *take_p) {
  if (!served && tls_start() < 0)
    return E_NOMEM;
  tls_pairs_free(served);
  served = take_p;
  return 0;
}

/* --- reading ------------------------------------------------------------- */

static const char *read_chain(mbedtls_x509_crt *chain, struct lib_span der) {
  _Static_assert(TLS_CHAIN_MAX + 128 <= MBEDTLS_SSL_OUT_CONTENT_LEN, "room for the chain");
  if (der.n > TLS_CHAIN_MAX)
    return "the chain is longer than 8000 bytes";
  while (der.n > 0) {
    unsigned char *p = (unsigned char *)der.p;
    const unsigned char *end = p + der.n;
    size_t n;
    if (mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
      return "a certificate is malformed";
    size_t whole = (size_t)(p - (unsigned char *)der.p) + n;
    if (mbedtls_x509_crt_parse_der(chain, (const unsigned char *)der.p, whole) != 0)
      return "a certificate is malformed, or memory is short";
    der = lib_span_sub(der, whole, der.n);
  }
  return chain->raw.len ? NULL : "no certificate";
}

/* "EC 256", "RSA 2048"; NULL for one that is not served. */
static const char *key_name(const mbedtls_pk_context *key) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  if (mbedtls_pk_get_type(key) != MBEDTLS_PK_RSA)
    return bits == 256 ? "EC 256" : bits == 384 ? "EC 384" : NULL;
  return bits == 2048   ? "RSA 2048"
         : bits == 3072 ? "RSA 3072"
         : bits == 4096 ? "RSA 4096"
         : bits > 2048  ? "RSA"
                        : NULL;
}

static const char *read_pair(struct pair *pair, struct lib_span chain, struct lib_span key) {
  const char *why = read_chain(&pair->chain, chain);
  if (why)
    return why;
  if (mbedtls_pk_parse_key(&pair->key, (const unsigned char *)key.p, key.n, NULL, 0, tls_random,
                           NULL) != 0)
    return "the key is malformed, or memory is short";
  if (!key_name(&pair->key))
    return "the key is of another kind than EC 256 or 384, or RSA 2048 to 4096";
  if (mbedtls_pk_check_pair(&pair->chain.pk, &pair->key, tls_random, NULL) != 0)
    return "certificate and key are no pair";
  return NULL;
}

int tls_pairs_add(struct tls_pairs *p, struct lib_span chain, struct lib_span key,
                  const char **why) {
  *why = "too many certificates";
  if (p->n == TLS_PAIRS_MAX)
    return E_LIMIT;
  struct pair *pair = kernel_heap_alloc(&tls_heap, sizeof *pair);
  *why = "no memory";
  if (!pair)
    return E_NOMEM;
  pair->next = NULL;
  mbedtls_x509_crt_init(&pair->chain);
  mbedtls_pk_init(&pair->key);
  *why = read_pair(pair, chain, key);
  if (*why) {
    free_pair(pair);
    return E_PROTO;
  }
  struct pair **last = &p->first;
  while (*last)
    last = &(*last)->next;
  *last = pair;
  p->n++;
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

/* Offer those of the pairs that carry `name`. */
static int offer(mbedtls_ssl_context *ssl, const struct tls_pairs *pairs, struct lib_span name,
                 unsigned *offered_n) {
  int err = 0;
  for (struct pair *p = pairs->first; p && err == 0; p = p->next) {
    if (!pair_fits(p, name))
      continue;
    err = mbedtls_ssl_set_hs_own_cert(ssl, &p->chain, &p->key);
    ++*offered_n;
  }
  return err;
}

int tls_choose_pairs(mbedtls_ssl_context *ssl) {
  const struct tls_pairs *pairs = ((struct tls_session *)ssl)->pairs;
  struct pair *first = pairs->first;
  unsigned offered_n = 0;
  struct lib_span name;
  name.p = (const char *)mbedtls_ssl_get_hs_sni(ssl, &name.n);
  int err = name.n ? offer(ssl, pairs, name, &offered_n) : 0;
  if (err || offered_n)
    return err;
  /* No name, or one that is not known: what serves the name of the first. */
  const mbedtls_x509_sequence *at = NULL;
  if (next_name(first, &at, &name))
    return offer(ssl, pairs, name, &offered_n);
  return mbedtls_ssl_set_hs_own_cert(ssl, &first->chain, &first->key);
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

bool tls_pairs_certificate(const struct tls_pairs *p, unsigned i, struct memstat_certificate *out) {
  const struct pair *pair = p->first;
  struct lib_out subject;
  while (pair && i-- > 0)
    pair = pair->next;
  if (!pair)
    return false;
  lib_out_init(&subject, out->subject, sizeof out->subject);
  show(&subject, common_name(pair));
  out->subject_n = subject.n;
  out->names_n = show_names(pair, out->names, sizeof out->names);
  out->key = key_name(&pair->key);
  out->begins_unix = unix_of(&pair->chain.valid_from);
  out->expires_unix = unix_of(&pair->chain.valid_to);
  return true;
}

bool tls_certificate(unsigned i, struct memstat_certificate *out) {
  return tls_pairs_certificate(served, i, out);
}

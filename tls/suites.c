/* SPDX-License-Identifier: BSD-2-Clause
 * Which cipher suite a client gets. ChaCha20 when that is its favourite, since
 * it has no AES instructions then; else the first of our list that it knows.
 * TLS 1.2 asks tls_suites_order before it chooses; TLS 1.3 would always follow
 * the client's order, so tls_ssl_validate_ciphersuite, in place of mbedTLS's,
 * refuses what is not the choice. Both read the ClientHello where mbedTLS has
 * it, whose lengths it has checked by then (RFC 8446 4.1.2). */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/ssl.h>
#include <ssl_misc.h>

#include "hooks.h"
#include "internal.h"

static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

/* What a ClientHello has for a version. */
struct offer {
  int theirs, ours; /* of the suites that both know, the first of each; 0: none */
  bool fallback;    /* the client has tried a higher version before */
};

enum { FALLBACK_SCSV = 0x5600 }; /* RFC 7507 2 */

/* Place of a suite in our list, which ends with 0. */
static unsigned rank(int id) {
  unsigned i = 0;
  while (suites[i] != 0 && suites[i] != id)
    i++;
  return i;
}

static bool is_13(int id) {
  return id >> 8 == 0x13; /* RFC 8446 B.4 */
}

static struct offer read_offer(const mbedtls_ssl_context *ssl, bool want_13) {
  enum { SESSION_ID = 4 + 2 + 32 }; /* behind header, version, random */
  const unsigned char *p = ssl->in_msg + SESSION_ID;
  p += 1 + p[0];
  struct offer c = {0, 0, false};
  for (unsigned n = MBEDTLS_GET_UINT16_BE(p, 0) / 2u; n > 0; n--) {
    p += 2;
    int id = MBEDTLS_GET_UINT16_BE(p, 0);
    c.fallback |= id == FALLBACK_SCSV;
    if (is_13(id) != want_13 || suites[rank(id)] == 0)
      continue;
    if (c.theirs == 0)
      c.theirs = c.ours = id;
    else if (rank(id) < rank(c.ours))
      c.ours = id;
  }
  return c;
}

static bool is_chacha(int id) {
  return id == MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256 ||
         id == MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 ||
         id == MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256;
}

int tls_ssl_validate_ciphersuite(const mbedtls_ssl_context *ssl,
                                 const mbedtls_ssl_ciphersuite_t *suite,
                                 mbedtls_ssl_protocol_version least,
                                 mbedtls_ssl_protocol_version most) {
  /* Once one is chosen, this asks about the suite of a session to resume. */
  if (!ssl->handshake->ciphersuite_info) {
    struct offer c = read_offer(ssl, true);
    if (suite->id != (is_chacha(c.theirs) ? c.theirs : c.ours))
      return -1;
  }
  return mbedtls_ssl_validate_ciphersuite(ssl, suite, least, most);
}

/* The order is a setting of all sessions, read right after this has set it. A
 * client that knows 1.3 and comes with 1.2 has been cheated (RFC 7507 3). */
int tls_suites_order(mbedtls_ssl_context *ssl) {
  if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_2)
    return 0;
  struct offer c = read_offer(ssl, false);
  if (c.fallback) {
    mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                   MBEDTLS_SSL_ALERT_MSG_INAPROPRIATE_FALLBACK);
    return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
  }
  mbedtls_ssl_conf_preference_order(&tls_config, is_chacha(c.theirs)
                                                     ? MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_CLIENT
                                                     : MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  return 0;
}

void tls_suites_init(void) {
  mbedtls_ssl_conf_ciphersuites(&tls_config, suites);
}

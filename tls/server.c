/* SPDX-License-Identifier: BSD-2-Clause
 * The settings of all sessions: Mozilla's "intermediate" profile without its
 * DHE suites. Tickets are sealed with a key that mbedTLS replaces when it is
 * as old as they may become; the one before it still opens them. */
#include <lib/err.h>
#include <lib/limits.h>
#include <mbedtls/ssl_ticket.h>
#include <psa/crypto.h>

#include "internal.h"

mbedtls_ssl_config tls_config;
struct tls_stat tls_counters;
static mbedtls_ssl_ticket_context tickets;

static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};
static const char *protocols[] = {"http/1.1", NULL};

bool tls_here(void) {
  return true;
}

const struct tls_stat *tls_stat(void) {
  return &tls_counters;
}

/* A ticket that is accepted resumes a session. */
static int parse_ticket(void *context, mbedtls_ssl_session *session, unsigned char *p, size_t n) {
  int err = mbedtls_ssl_ticket_parse(context, session, p, n);
  tls_counters.resumed += err == 0;
  return err;
}

static int set_tickets(void) {
  mbedtls_ssl_ticket_init(&tickets);
  int err = mbedtls_ssl_ticket_setup(&tickets, tls_random, NULL, MBEDTLS_CIPHER_AES_256_GCM,
                                     TLS_TICKET_LIFETIME_S);
  mbedtls_ssl_conf_session_tickets_cb(&tls_config, mbedtls_ssl_ticket_write, parse_ticket,
                                      &tickets);
  return err;
}

/* Comes before a suite of TLS 1.2 is chosen. */
static int on_client_hello(mbedtls_ssl_context *ssl) {
  int err = tls_suites_order(ssl);
  return err ? err : tls_choose_pairs(ssl);
}

static int set_protocol(void) {
  mbedtls_ssl_conf_rng(&tls_config, tls_random, NULL);
  tls_suites_init();
  mbedtls_ssl_conf_groups(&tls_config, groups);
  mbedtls_ssl_conf_tls13_key_exchange_modes(&tls_config,
                                            MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                                                MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
  mbedtls_ssl_conf_cert_cb(&tls_config, on_client_hello);
  return mbedtls_ssl_conf_alpn_protocols(&tls_config, protocols);
}

int tls_start(void) {
  mbedtls_ssl_config_init(&tls_config);
  if (mbedtls_ssl_config_defaults(&tls_config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0)
    return E_NOMEM;
  tls_metrics_init();
  return set_protocol() == 0 && set_tickets() == 0 ? 0 : E_NOMEM;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * What TLS counts and when its certificates expire, as tables of metrics. */
#include <lib/limits.h>
#include <memstat/metric.h>

#include "internal.h"

static const struct memstat_metric counters[] = {
    {"tls_handshakes_total{version=\"1.2\"}", "TLS handshakes completed.",
     &tls_counters.handshakes_12},
    {"tls_handshakes_total{version=\"1.3\"}", NULL, &tls_counters.handshakes_13},
    {"tls_resumed_total", "Of them, those that resumed a session.", &tls_counters.resumed},
    {"tls_failures_total", "TLS handshakes not completed.", &tls_counters.failures},
    {"tls_refusals_total", "TLS sessions refused for want of memory.", &tls_counters.refusals},
    {"tls_plain_http_total", "Clients that spoke HTTP to the TLS port.", &tls_counters.plain_http},
};

static uint64_t expires_ns[TLS_PAIRS_MAX]; /* Unix ns */

#define EXPIRY(i) "tls_certificate_expiry_timestamp_seconds{pair=\"" #i "\"}"
static const struct memstat_metric expiries[TLS_PAIRS_MAX] = {
    {EXPIRY(0), "Unix time when a certificate expires.", &expires_ns[0]},
    {EXPIRY(1), NULL, &expires_ns[1]},
    {EXPIRY(2), NULL, &expires_ns[2]},
    {EXPIRY(3), NULL, &expires_ns[3]},
    {EXPIRY(4), NULL, &expires_ns[4]},
    {EXPIRY(5), NULL, &expires_ns[5]},
    {EXPIRY(6), NULL, &expires_ns[6]},
    {EXPIRY(7), NULL, &expires_ns[7]},
};

void tls_metrics_init(void) {
  static struct memstat_metrics counts = {counters, sizeof counters / sizeof *counters, NULL, NULL};
  static struct memstat_metrics times = {expiries, 0, NULL, NULL};
  struct tls_pair_info info;
  for (; times.n < TLS_PAIRS_MAX && tls_pair_info(times.n, &info); times.n++)
    expires_ns[times.n] = (uint64_t)info.expires_unix * 1000000000;
  memstat_metrics_register(&counts);
  if (times.n)
    memstat_metrics_register(&times);
}

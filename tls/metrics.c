/* SPDX-License-Identifier: BSD-2-Clause
 * What TLS counts, as tables of metrics. */
#include <memstat/metric.h>

#include "internal.h"

static const struct memstat_metric counters[] = {
    {"tls_handshakes_total{version=\"1.2\"}\0TLS handshakes completed.",
     &tls_counters.handshakes_12},
    {"tls_handshakes_total{version=\"1.3\"}\0", &tls_counters.handshakes_13},
    {"tls_resumed_total\0Of them, those that resumed a session.", &tls_counters.resumed},
    {"tls_failures_total\0TLS handshakes not completed.", &tls_counters.failures},
    {"tls_refusals_total\0TLS sessions refused for want of memory.", &tls_counters.refusals},
    {"tls_plain_http_total\0Clients that spoke HTTP to the TLS port.", &tls_counters.plain_http},
};

void tls_metrics_init(void) {
  static struct memstat_metrics table = {counters, sizeof counters / sizeof *counters, NULL, NULL};
  static struct memstat_histogram durations = {
      "tls_handshake_duration_seconds",
      "Time from a connection's start to the end of its handshake.", &tls_counters.durations, NULL};
  memstat_metrics_register(&table);
  memstat_histogram_register(&durations);
  memstat_certificate = tls_certificate;
}

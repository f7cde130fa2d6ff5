/* SPDX-License-Identifier: BSD-2-Clause
 * What TCP counts (net/lwip/lwip/stats.h), as a table of metrics. */
#include "counters.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <memstat/metric.h>

struct net_counters net_counters;

/* A segment whose number lies before what was sent already goes out again, for
 * whatever reason. lwIP itself counts only fast retransmissions. */
void net_counters_sent(const struct tcp_hdr *header, const struct tcp_pcb *pcb);
void net_counters_sent(const struct tcp_hdr *header, const struct tcp_pcb *pcb) {
  if (TCP_SEQ_LT(lwip_ntohl(header->seqno), pcb->snd_nxt))
    net_counters.sent_again++;
}

static const struct memstat_metric rows[] = {
    {"tcp_segments_received_total\0TCP segments received.", &net_counters.received},
    {"tcp_segments_sent_total\0TCP segments sent.", &net_counters.sent},
    {"tcp_retransmits_total\0TCP segments sent again.", &net_counters.sent_again},
    {"tcp_accepted_total\0TCP handshakes begun by peers.", &net_counters.accepted},
    {"tcp_resets_total{direction=\"in\"}\0TCP resets.", &net_counters.resets_received},
    {"tcp_resets_total{direction=\"out\"}\0", &net_counters.resets_sent},
    {"tcp_drops_total{cause=\"invalid\"}\0TCP segments dropped.", &net_counters.invalid},
    {"tcp_drops_total{cause=\"unmatched\"}\0", &net_counters.unmatched},
    {"tcp_aborts_total\0TCP connections given up for want of answers.", &net_counters.aborted},
};

void net_counters_init(void) {
  static struct memstat_metrics table = {rows, sizeof rows / sizeof *rows, NULL, NULL};
  memstat_metrics_register(&table);
}

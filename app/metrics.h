/* SPDX-License-Identifier: BSD-2-Clause
 * The figures that the loop knows, for /memory and /metrics. Private to app/. */
#pragma once

#include <http/server.h>

/* Counters of app/ itself. */
struct app_counters {
  uint64_t turned_away; /* connections beyond what memory or fairness allows */
};
extern struct app_counters app_counters;

/* Show the figures of app/, of `server` and of the machine.
 *
 * audit    check the account of memory before each report */
void app_metrics_init(const struct http_server *server, bool audit);

/* SPDX-License-Identifier: BSD-2-Clause
 * Figures of the VM with names for machines. Each layer registers a table of
 * its own; the page /metrics writes them all. Names keep the conventions of
 * Prometheus, and say by themselves what the figure is:
 *   ..._total     only grows
 *   ..._seconds   is kept in nanoseconds here, and so is ..._seconds_total */
#pragma once

#include <lib/histogram.h>

struct memstat_metric {
  /* Its name, without the common prefix; may end in {label="value",...}. Then
   * NUL, and what it is; nothing: another label of the figure above. */
  const char *text;
  const uint64_t *value; /* read whenever it is asked for */
};

/* A table; its rows and itself stay for the VM's life. */
struct memstat_metrics {
  const struct memstat_metric *rows;
  unsigned n;
  void (*refresh)(void);        /* brings the values up to date; NULL: they are */
  struct memstat_metrics *next; /* registry; owned by memstat */
};

void memstat_metrics_register(struct memstat_metrics *table);
const struct memstat_metrics *memstat_metrics_first(void);

/* Durations in classes; `name` ends in _seconds, too. Stays for the VM's life. */
struct memstat_histogram {
  const char *name, *help;
  const struct lib_histogram *values;
  struct memstat_histogram *next; /* registry; owned by memstat */
};

void memstat_histogram_register(struct memstat_histogram *h);
const struct memstat_histogram *memstat_histogram_first(void);

/* Bring all figures up to date, those of memstat_vm too: before a report. */
void memstat_refresh(void);

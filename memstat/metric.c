/* SPDX-License-Identifier: BSD-2-Clause */
#include <memstat/metric.h>

#include <stddef.h>

static struct memstat_metrics *tables;
static struct memstat_histogram *histograms;

void memstat_metrics_register(struct memstat_metrics *table) {
  struct memstat_metrics **last = &tables;
  while (*last)
    last = &(*last)->next;
  table->next = NULL;
  *last = table;
}

const struct memstat_metrics *memstat_metrics_first(void) {
  return tables;
}

void memstat_histogram_register(struct memstat_histogram *h) {
  h->next = histograms;
  histograms = h;
}

const struct memstat_histogram *memstat_histogram_first(void) {
  return histograms;
}

void memstat_refresh(void) {
  for (const struct memstat_metrics *t = tables; t; t = t->next)
    if (t->refresh)
      t->refresh();
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <memstat/metric.h>

#include <stddef.h>

static struct memstat_metrics *tables;

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

void memstat_refresh(void) {
  for (const struct memstat_metrics *t = tables; t; t = t->next)
    if (t->refresh)
      t->refresh();
}

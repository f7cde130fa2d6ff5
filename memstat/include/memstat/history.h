/* SPDX-License-Identifier: BSD-2-Clause
 * The last minutes of the machine, a sample for each MEMSTAT_HISTORY_MS. Nobody
 * wakes up for it: while the machine sleeps nothing changes, so the samples of
 * that time are written when it is awake again. */
#pragma once

#include <stdint.h>

#define MEMSTAT_HISTORY_N 120   /* samples kept, 16 bytes each */
#define MEMSTAT_HISTORY_MS 2000 /* that a sample stands for */

enum memstat_series {
  MEMSTAT_SERIES_USED,     /* KiB that are not free */
  MEMSTAT_SERIES_CONNS,    /* open connections at the end */
  MEMSTAT_SERIES_REQUESTS, /* answers begun */
  MEMSTAT_SERIES_LOAD,     /* time not asleep, in thousandths */
  MEMSTAT_SERIES_N
};

/* Write the samples that are complete. Once per round of the loop, with
 * memstat_vm up to date. */
void memstat_history_run(uint64_t now_ms);

/* Samples so far; the last MEMSTAT_HISTORY_N of them are kept. */
uint32_t memstat_history_count(void);

/* A figure of the sample `number`, counted from 0; one that is kept. */
uint32_t memstat_history_at(uint32_t number, enum memstat_series series);

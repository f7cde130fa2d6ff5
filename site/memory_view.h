/* SPDX-License-Identifier: BSD-2-Clause
 * The memory report as HTML and as JSON, written piece by piece so that it
 * fits any buffer. Owners come from one snapshot: they add up to the RAM
 * however long the reader takes. */
#pragma once

#include <lib/out.h>
#include <memstat/history.h>
#include <memstat/memstat.h>
#include <memstat/metric.h>

/* How far a report has been written. */
struct site_memory_cursor {
  unsigned step;                             /* index into the parts of the report */
  unsigned item;                             /* the next owner within the step */
  uint64_t sum_bytes;                        /* of the owners already in the current bar */
  const struct memstat_pool *pool;           /* the next pool to write */
  const struct memstat_metrics *table;       /* of metrics, whose row `item` is next */
  const struct memstat_histogram *histogram; /* the next to write */
};

/* A report on its way out. */
struct site_memory_view {
  struct memstat_row rows[MEMSTAT_OWNERS_N]; /* of the snapshot */
  struct memstat_vm vm;                      /* of the snapshot */
  uint64_t ram_bytes;                        /* sum over rows */
  int64_t wall_unix;                         /* of the snapshot; set by the caller */
  uint32_t samples_n;                        /* of the history, at the snapshot */
  uint64_t written_bytes, spent_ns;          /* on the report so far */
  bool is_foreign;                           /* the site is not the sample; set by the caller */
  struct site_memory_cursor at;
};

/* No piece of a report is longer. */
#define SITE_MEMORY_PIECE_MAX 1536

/* Take the snapshot; the view is the caller's storage. */
void site_memory_view_init(struct site_memory_view *v);

/* Write as much of the report as fits into what is left of `o`, in whole pieces.
 *
 * returns  1 when the report is complete, 0 when more is to come
 * errors   E_LIMIT  not one piece fitted: `o` needs SITE_MEMORY_PIECE_MAX bytes */
int site_memory_view_html(struct site_memory_view *v, struct lib_out *o);
int site_memory_view_json(struct site_memory_view *v, struct lib_out *o);

/* Parts of the report as they are now, for events: an array of
 * [bytes, high_water_bytes, refusals] for each owner, one of
 * [used, high_water, refusals] for each pool, both in the report's order; and
 * the object "vm". */
void site_memory_owners_json(struct lib_out *o);
void site_memory_pools_json(struct lib_out *o);
void site_memory_vm_json(const struct memstat_vm *m, struct lib_out *o);

/* The samples of the history from number `from` on, as far as they are kept and
 * no more than SITE_MEMORY_SAMPLES_MAX: an array of an array for each.
 *
 * returns  the number of the sample behind the last one written */
uint32_t site_memory_samples_json(struct lib_out *o, uint32_t from);
#define SITE_MEMORY_SAMPLES_MAX 30 /* of up to 31 bytes each */

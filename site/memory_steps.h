/* SPDX-License-Identifier: BSD-2-Clause
 * What memory_html.c and memory_json.c share: a report is a table of steps. */
#pragma once

#include <memstat/certificate.h>

#include "memory_view.h"

/* Owners but for MEMSTAT_FREE, which every list names last. */
#define SITE_MEMORY_USED_N (MEMSTAT_OWNERS_N - 1)

/* The capacity of a pool that only the RAM bounds. */
#define SITE_MEMORY_UNBOUNDED UINT32_MAX

/* One part of a report.
 * write    writes one piece and advances v->at.item or v->at.pool;
 *          returns true when the step is complete */
struct site_memory_step {
  bool (*write)(struct site_memory_view *v, struct lib_out *o);
};

/* Run the steps from v->at on; results as site_memory_view_html. */
int site_memory_write(struct site_memory_view *v, struct lib_out *o,
                      const struct site_memory_step *steps, unsigned steps_n);

/* The owner that v->at.item stands for. */
enum memstat_owner site_memory_owner(const struct site_memory_view *v);

/* Whole days until the certificate expires; negative when it has. */
int64_t site_memory_days_left(const struct site_memory_view *v,
                              const struct memstat_certificate *c);

/* Advance to the next of `owners_n` owners, or to the next pool.
 * returns  true when there is none: the step is complete */
bool site_memory_next_owner(struct site_memory_view *v, unsigned owners_n);
bool site_memory_next_pool(struct site_memory_view *v);

/* Begin and end a table that may be wider than the screen. All are trusted text;
 * `columns` are its <th>. Rows leave out the end tags that HTML lets them. */
void site_memory_table(struct lib_out *o, const char *id, const char *title, const char *columns);
void site_memory_table_end(struct lib_out *o);

/* A bar as wide as `part` of `whole`, > 0. */
void site_memory_bar(struct lib_out *o, uint64_t part, uint64_t whole);

/* Steps that have a file of their own. */
bool site_memory_charts(struct site_memory_view *v, struct lib_out *o);     /* memory_chart.c */
bool site_memory_owner_tree(struct site_memory_view *v, struct lib_out *o); /* memory_tree.c */
bool site_memory_image_tree(struct site_memory_view *v, struct lib_out *o);
bool site_memory_boot(struct site_memory_view *v, struct lib_out *o); /* memory_facts.c */
bool site_memory_peers(struct site_memory_view *v, struct lib_out *o);
bool site_memory_certificates(struct site_memory_view *v, struct lib_out *o);
bool site_memory_machine(struct site_memory_view *v, struct lib_out *o);

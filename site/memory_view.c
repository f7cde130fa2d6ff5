/* SPDX-License-Identifier: BSD-2-Clause
 * The snapshot behind a memory report, and writing it piece by piece. A step
 * writes one piece and says whether it was the last of the step; a piece that
 * does not fit is taken back and written again into the next buffer. */
#include "memory_view.h"

#include <lib/err.h>

#include "memory_steps.h"

void site_memory_view_init(struct site_memory_view *v) {
  memstat_refresh();
  *v = (struct site_memory_view){
      .vm = memstat_vm, .samples_n = memstat_history_count(), .at.pool = memstat_pool_first()};
  for (unsigned i = 0; i < MEMSTAT_OWNERS_N; i++) {
    v->rows[i] = *memstat_row(i);
    v->ram_bytes += v->rows[i].bytes;
  }
}

static int write_steps(struct site_memory_view *v, struct lib_out *o,
                       const struct site_memory_step *steps, unsigned steps_n) {
  size_t start = o->n;
  while (v->at.step < steps_n) {
    struct site_memory_cursor before = v->at;
    struct lib_out mark = *o;
    bool last = steps[v->at.step].write(v, o);
    if (o->overflow) {
      v->at = before;
      *o = mark;
      return mark.n == start ? E_LIMIT : 0;
    }
    if (last)
      v->at.step++;
  }
  return 1;
}

int site_memory_write(struct site_memory_view *v, struct lib_out *o,
                      const struct site_memory_step *steps, unsigned steps_n) {
  uint64_t from_ns = memstat_clock_ns();
  size_t start = o->n;
  int done = write_steps(v, o, steps, steps_n);
  v->written_bytes += o->n - start;
  v->spent_ns += memstat_clock_ns() - from_ns;
  return done;
}

bool site_memory_next_owner(struct site_memory_view *v, unsigned owners_n) {
  v->at.item = (v->at.item + 1) % owners_n;
  return v->at.item == 0;
}

bool site_memory_next_pool(struct site_memory_view *v) {
  if (v->at.pool != NULL)
    v->at.pool = v->at.pool->next;
  return v->at.pool == NULL;
}

enum memstat_owner site_memory_owner(const struct site_memory_view *v) {
  return v->at.item == SITE_MEMORY_USED_N ? MEMSTAT_FREE : v->at.item + 1;
}

int64_t site_memory_days_left(const struct site_memory_view *v,
                              const struct memstat_certificate *c) {
  int64_t s = c->expires_unix - v->wall_unix;
  return (s - (s < 0 ? 86399 : 0)) / 86400;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The memory report as JSON: /memory.json and the events of /memory/events.
 * One line, since an event ends at a line feed. Names come from memstat and
 * are plain identifiers. */
#include "memory_steps.h"

static void member(struct lib_out *o, const char *name, uint64_t v) {
  lib_out_all(o, ",\"", name, "\":", NULL);
  lib_out_u64(o, v);
}

static bool begin(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "{\"ram_bytes\":");
  lib_out_u64(o, v->ram_bytes);
  lib_out_str(o, ",\"owners\":[");
  return true;
}

static bool owner(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_owner id = site_memory_owner(v);
  const struct memstat_row *row = &v->rows[id];
  lib_out_all(o, v->at.item == 0 ? "" : ",", "{\"name\":\"", memstat_name(id), "\",\"label\":\"",
              memstat_label(id), "\"", NULL);
  member(o, "bytes", row->bytes);
  member(o, "high_water_bytes", row->high_water_bytes);
  member(o, "refusals", row->refusals);
  lib_out_char(o, '}');
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool pools_begin(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  lib_out_str(o, "],\"pools\":[");
  return true;
}

static bool pool(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_pool *p = v->at.pool;
  if (p == NULL)
    return true;
  lib_out_all(o, p == memstat_pool_first() ? "" : ",", "{\"name\":\"", p->name, "\",\"owner\":\"",
              memstat_name(p->owner), "\"", NULL);
  member(o, "object_bytes", p->object_bytes);
  member(o, "used", p->used);
  member(o, "high_water", p->high_water);
  member(o, "capacity", p->capacity);
  member(o, "refusals", p->refusals);
  lib_out_char(o, '}');
  return site_memory_next_pool(v);
}

static bool vm(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_vm *m = &v->vm;
  lib_out_str(o, "],\"vm\":{\"uptime_ms\":");
  lib_out_u64(o, m->uptime_ms);
  member(o, "conns_now", m->conns_now);
  member(o, "conns_high_water", m->conns_high_water);
  member(o, "conns_total", m->conns_total);
  member(o, "requests_total", m->requests_total);
  member(o, "boot_entry_ns", m->boot_entry_ns);
  member(o, "boot_ring3_ns", m->boot_ring3_ns);
  member(o, "boot_devices_ns", m->boot_devices_ns);
  member(o, "boot_listening_ns", m->boot_listening_ns);
  member(o, "image_bytes", m->image_bytes);
  member(o, "stack_high_water_bytes", m->stack_high_water_bytes);
  lib_out_str(o, "}}");
  return true;
}

int site_memory_view_json(struct site_memory_view *v, struct lib_out *o) {
  static const struct site_memory_step steps[] = {{begin}, {owner}, {pools_begin}, {pool}, {vm}};
  return site_memory_write(v, o, steps, sizeof steps / sizeof *steps);
}

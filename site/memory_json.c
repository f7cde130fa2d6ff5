/* SPDX-License-Identifier: BSD-2-Clause
 * The memory report as JSON, of /memory.json: the names and every figure. And
 * the three parts of it that change, in the short form of /memory/events. */
#include <http/json.h>

#include "memory_steps.h"

static void member(struct http_json *j, const char *name, uint64_t v) {
  http_json_key(j, name);
  http_json_u64(j, v);
}

static void named(struct http_json *j, const char *name, const char *v) {
  http_json_key(j, name);
  http_json_str(j, v);
}

static bool begin(struct site_memory_view *v, struct lib_out *o) {
  struct http_json j = {o, false};
  http_json_open(&j, '{');
  member(&j, "ram_bytes", v->ram_bytes);
  http_json_key(&j, "owners");
  http_json_open(&j, '[');
  return true;
}

static bool owner(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_owner id = site_memory_owner(v);
  const struct memstat_row *row = &v->rows[id];
  struct http_json j = {o, v->at.item > 0};
  http_json_open(&j, '{');
  named(&j, "name", memstat_name(id));
  named(&j, "label", memstat_label(id));
  member(&j, "bytes", row->bytes);
  member(&j, "high_water_bytes", row->high_water_bytes);
  member(&j, "refusals", row->refusals);
  http_json_close(&j, '}');
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool pools_begin(struct site_memory_view *v, struct lib_out *o) {
  struct http_json j = {o, true};
  (void)v;
  http_json_close(&j, ']');
  http_json_key(&j, "pools");
  http_json_open(&j, '[');
  return true;
}

static bool pool(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_pool *p = v->at.pool;
  struct http_json j = {o, p != memstat_pool_first()};
  if (p == NULL)
    return true;
  http_json_open(&j, '{');
  named(&j, "name", p->name);
  named(&j, "owner", memstat_name(p->owner));
  member(&j, "object_bytes", p->object_bytes);
  member(&j, "used", p->used);
  member(&j, "high_water", p->high_water);
  http_json_key(&j, "capacity");
  if (p->capacity == SITE_MEMORY_UNBOUNDED)
    http_json_null(&j);
  else
    http_json_u64(&j, p->capacity);
  member(&j, "refusals", p->refusals);
  http_json_close(&j, '}');
  return site_memory_next_pool(v);
}

void site_memory_vm_json(const struct memstat_vm *m, struct lib_out *o) {
  struct http_json j = {o, false};
  http_json_open(&j, '{');
  member(&j, "uptime_ms", m->uptime_ms);
  member(&j, "asleep_ms", m->asleep_ns / 1000000);
  member(&j, "conns_now", m->conns_now);
  member(&j, "conns_high_water", m->conns_high_water);
  member(&j, "conns_total", m->conns_total);
  member(&j, "requests_total", m->requests_total);
  member(&j, "boot_entry_ns", m->boot_entry_ns);
  member(&j, "boot_ring3_ns", m->boot_ring3_ns);
  member(&j, "boot_devices_ns", m->boot_devices_ns);
  member(&j, "boot_listening_ns", m->boot_listening_ns);
  member(&j, "boot_address_ns", m->boot_address_ns);
  member(&j, "boot_answer_ns", m->boot_answer_ns);
  member(&j, "image_bytes", m->image_bytes);
  member(&j, "stack_high_water_bytes", m->stack_high_water_bytes);
  http_json_close(&j, '}');
}

static bool vm(struct site_memory_view *v, struct lib_out *o) {
  struct http_json j = {o, true};
  http_json_close(&j, ']');
  http_json_key(&j, "vm");
  site_memory_vm_json(&v->vm, o);
  return true;
}

static bool image(struct site_memory_view *v, struct lib_out *o) {
  struct http_json j = {o, true};
  http_json_key(&j, "image");
  http_json_open(&j, '{');
  for (unsigned i = 0; i < MEMSTAT_PARTS_N && memstat_parts[i].name[0]; i++)
    member(&j, memstat_parts[i].name, memstat_parts[i].bytes);
  member(&j, "site pack", v->vm.pack_bytes);
  http_json_close(&j, '}');
  return true;
}

static void certificate_names(struct http_json *j, const struct memstat_certificate *c) {
  struct lib_span rest = {c->names, c->names_n}, name;
  http_json_key(j, "names");
  http_json_open(j, '[');
  while (lib_span_split(&rest, ' ', &name))
    if (name.n)
      http_json_span(j, name);
  http_json_close(j, ']');
}

static bool certificates_begin(struct site_memory_view *v, struct lib_out *o) {
  struct http_json j = {o, true};
  (void)v;
  http_json_key(&j, "certificates");
  http_json_open(&j, '[');
  return true;
}

static bool certificate(struct site_memory_view *v, struct lib_out *o) {
  struct memstat_certificate c;
  struct http_json j = {o, v->at.item > 0};
  if (!memstat_certificate || !memstat_certificate(v->at.item, &c)) {
    v->at.item = 0;
    lib_out_char(o, ']');
    return true;
  }
  v->at.item++;
  http_json_open(&j, '{');
  http_json_key(&j, "subject");
  http_json_span(&j, (struct lib_span){c.subject, c.subject_n});
  certificate_names(&j, &c);
  named(&j, "key", c.key);
  http_json_key(&j, "expires_unix");
  http_json_i64(&j, c.expires_unix);
  http_json_key(&j, "days_left");
  http_json_i64(&j, site_memory_days_left(v, &c));
  http_json_close(&j, '}');
  return false;
}

/* The report of a panic is cut where a piece ends. */
static bool crash(struct site_memory_view *v, struct lib_out *o) {
  enum { CRASH_MAX = SITE_MEMORY_PIECE_MAX - 256 };
  struct http_json j = {o, true};
  http_json_key(&j, "last_crash");
  if (v->vm.crash.n == 0) {
    http_json_null(&j);
  } else {
    http_json_open(&j, '{');
    http_json_key(&j, "wall_unix");
    http_json_i64(&j, v->vm.crash_wall_unix);
    member(&j, "panics", v->vm.crashes_n);
    http_json_key(&j, "text");
    http_json_span(&j, lib_span_sub(v->vm.crash, 0, CRASH_MAX));
    http_json_close(&j, '}');
  }
  http_json_close(&j, '}');
  return true;
}

int site_memory_view_json(struct site_memory_view *v, struct lib_out *o) {
  static const struct site_memory_step steps[] = {
      {begin},       {owner}, {pools_begin}, {pool}, {vm}, {image}, {certificates_begin},
      {certificate}, {crash}};
  return site_memory_write(v, o, steps, sizeof steps / sizeof *steps);
}

/* Figures as an array of numbers. */
static void numbers(struct http_json *j, const uint64_t *v, unsigned n) {
  http_json_open(j, '[');
  for (unsigned i = 0; i < n; i++)
    http_json_u64(j, v[i]);
  http_json_close(j, ']');
}

void site_memory_owners_json(struct lib_out *o) {
  struct http_json j = {o, false};
  http_json_open(&j, '[');
  for (unsigned i = 1; i <= MEMSTAT_OWNERS_N; i++) {
    const struct memstat_row *row = memstat_row(i % MEMSTAT_OWNERS_N);
    numbers(&j, (uint64_t[]){row->bytes, row->high_water_bytes, row->refusals}, 3);
  }
  http_json_close(&j, ']');
}

void site_memory_pools_json(struct lib_out *o) {
  struct http_json j = {o, false};
  http_json_open(&j, '[');
  for (const struct memstat_pool *p = memstat_pool_first(); p != NULL; p = p->next)
    numbers(&j, (uint64_t[]){p->used, p->high_water, p->refusals}, 3);
  http_json_close(&j, ']');
}

/* SPDX-License-Identifier: BSD-2-Clause
 * /metrics: every figure of the machine in the text format of Prometheus
 * (version 0.0.4), a family of figures after the other, written piece by piece
 * like the memory report. docs/METRICS.md lists them. */
#include <memstat/certificate.h>
#include <memstat/metric.h>
#include <string.h>

#include "memory_steps.h"
#include "pages.h"

#define PREFIX "thimble_"
#define TYPE "text/plain; version=0.0.4; charset=utf-8"

struct scrape {
  struct site_memory_view view; /* first: a step finds the scrape by it */
  const struct http_server *server;
};

/* A name without its label. */
static struct lib_span family_of(const char *name) {
  struct lib_span all = lib_span_str(name);
  return lib_span_sub(all, 0, lib_span_find(all, '{'));
}

static bool ends_in(struct lib_span name, struct lib_span end) {
  return name.n > end.n && lib_span_eq(lib_span_sub(name, name.n - end.n, name.n), end);
}

/* The lines above a family. Its name tells its type. */
static void family(struct lib_out *o, const char *name, const char *help) {
  struct lib_span family = family_of(name);
  lib_out_str(o, "# HELP " PREFIX);
  lib_out_span(o, family);
  lib_out_all(o, " ", help, "\n# TYPE " PREFIX, NULL);
  lib_out_span(o, family);
  lib_out_str(o, ends_in(family, LIB_SPAN("_total")) ? " counter\n" : " gauge\n");
}

/* One figure with its label, which needs no escapes. */
static void figure(struct lib_out *o, const char *name, const char *label, const char *value,
                   uint64_t v) {
  lib_out_all(o, PREFIX, name, "{", label, "=\"", value, "\"} ", NULL);
  lib_out_u64(o, v);
  lib_out_char(o, '\n');
}

static bool set(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_metrics *table = v->at.table;
  if (table == NULL)
    return true;
  const struct memstat_metric *row = &table->rows[v->at.item];
  const char *help = row->text + strlen(row->text) + 1;
  if (*help)
    family(o, row->text, help);
  lib_out_all(o, PREFIX, row->text, " ", NULL);
  struct lib_span name = family_of(row->text);
  if (ends_in(name, LIB_SPAN("_seconds")) || ends_in(name, LIB_SPAN("_seconds_total")))
    lib_out_fixed(o, *row->value, 9);
  else
    lib_out_u64(o, *row->value);
  lib_out_char(o, '\n');
  if (++v->at.item == table->n) {
    v->at.item = 0;
    v->at.table = table->next;
  }
  return v->at.table == NULL;
}

static bool owner_figure(struct site_memory_view *v, struct lib_out *o, const char *name,
                         const char *help, size_t field) {
  enum memstat_owner id = site_memory_owner(v);
  if (v->at.item == 0)
    family(o, name, help);
  figure(o, name, "owner", memstat_name(id),
         *(const uint64_t *)((const char *)&v->rows[id] + field));
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool owner_bytes(struct site_memory_view *v, struct lib_out *o) {
  return owner_figure(v, o, "memory_bytes", "RAM by owner; the sum is all of it.",
                      offsetof(struct memstat_row, bytes));
}

static bool owner_peak(struct site_memory_view *v, struct lib_out *o) {
  return owner_figure(v, o, "memory_peak_bytes", "Most RAM of an owner since the boot.",
                      offsetof(struct memstat_row, high_water_bytes));
}

static bool owner_refusals(struct site_memory_view *v, struct lib_out *o) {
  return owner_figure(v, o, "memory_refusals_total", "Allocations refused for want of RAM.",
                      offsetof(struct memstat_row, refusals));
}

/* Heaps have several pools of one name, told apart by the size. */
static bool pool_figure(struct site_memory_view *v, struct lib_out *o, const char *name,
                        const char *help, size_t field) {
  const struct memstat_pool *p = v->at.pool;
  uint32_t n = *(const uint32_t *)((const char *)p + field);
  if (p == memstat_pool_first())
    family(o, name, help);
  lib_out_all(o, PREFIX, name, "{pool=\"", p->name, "\",size=\"", NULL);
  lib_out_u64(o, p->object_bytes);
  lib_out_str(o, "\"} ");
  if (n == UINT32_MAX)
    lib_out_str(o, "+Inf");
  else
    lib_out_u64(o, n);
  lib_out_char(o, '\n');
  if (!site_memory_next_pool(v))
    return false;
  v->at.pool = memstat_pool_first(); /* for the next figure */
  return true;
}

static bool pool_used(struct site_memory_view *v, struct lib_out *o) {
  return pool_figure(v, o, "pool_objects", "Objects of a pool in use.",
                     offsetof(struct memstat_pool, used));
}

static bool pool_peak(struct site_memory_view *v, struct lib_out *o) {
  return pool_figure(v, o, "pool_peak_objects", "Most objects in use since the boot.",
                     offsetof(struct memstat_pool, high_water));
}

static bool pool_capacity(struct site_memory_view *v, struct lib_out *o) {
  return pool_figure(v, o, "pool_capacity_objects", "Most objects a pool hands out.",
                     offsetof(struct memstat_pool, capacity));
}

static bool pool_refusals(struct site_memory_view *v, struct lib_out *o) {
  return pool_figure(v, o, "pool_refusals_total", "Objects refused.",
                     offsetof(struct memstat_pool, refusals));
}

static const struct http_server *server_of(const struct site_memory_view *v) {
  return ((const struct scrape *)v)->server;
}

/* The answers of one route; those of no page are the files of the site. A HEAD
 * is the GET that it asks about. */
static bool requests(struct site_memory_view *v, struct lib_out *o) {
  static const struct http_route files = {.methods = HTTP_GET, .pattern = "files"};
  const struct http_server *s = server_of(v);
  const struct http_route *route = v->at.item ? &s->routes[v->at.item - 1] : &files;
  if (v->at.item == 0)
    family(o, "http_requests_total", "Requests by route and class of status.");
  for (unsigned digit = 2; digit < 6; digit++) {
    lib_out_all(o, PREFIX "http_requests_total{route=\"", route->pattern, "\",method=\"", NULL);
    lib_out_span(o, http_method_name(route->methods & -route->methods));
    lib_out_str(o, "\",code=\"");
    lib_out_u64(o, digit);
    lib_out_str(o, "xx\"} ");
    lib_out_u64(o, s->counters.by_route[v->at.item][digit]);
    lib_out_char(o, '\n');
  }
  v->at.item = v->at.item < s->routes_n ? v->at.item + 1 : 0;
  return v->at.item == 0;
}

/* Each in one piece: what it counts adds up. */
static bool histogram(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_histogram *h = v->at.histogram;
  uint64_t n = 0;
  if (h == NULL)
    return true;
  lib_out_all(o, "# HELP " PREFIX, h->name, " ", h->help, "\n# TYPE " PREFIX, h->name,
              " histogram\n", NULL);
  for (unsigned i = 0; i <= LIB_HISTOGRAM_N; i++) {
    n += h->values->n[i];
    lib_out_all(o, PREFIX, h->name, "_bucket{le=\"", NULL);
    if (i < LIB_HISTOGRAM_N)
      lib_out_fixed(o, lib_histogram_bounds_ms[i], 3);
    else
      lib_out_str(o, "+Inf");
    lib_out_str(o, "\"} ");
    lib_out_u64(o, n);
    lib_out_char(o, '\n');
  }
  lib_out_all(o, PREFIX, h->name, "_sum ", NULL);
  lib_out_fixed(o, h->values->sum_ms, 3);
  lib_out_all(o, "\n" PREFIX, h->name, "_count ", NULL);
  lib_out_u64(o, n);
  lib_out_char(o, '\n');
  v->at.histogram = h->next;
  return h->next == NULL;
}

/* When each certificate expires, and what else is known of it as labels. */
static bool certificates(struct site_memory_view *v, struct lib_out *o) {
  static const char name[] = "tls_certificate_expiry_timestamp_seconds";
  struct memstat_certificate c;
  if (!memstat_certificate || !memstat_certificate(v->at.item, &c)) {
    v->at.item = 0;
    return true;
  }
  if (v->at.item == 0)
    family(o, name, "Unix time when a certificate expires.");
  lib_out_all(o, PREFIX, name, "{pair=\"", NULL);
  lib_out_u64(o, v->at.item++);
  lib_out_str(o, "\",subject=\"");
  lib_out_span(o, (struct lib_span){c.subject, c.subject_n});
  lib_out_str(o, "\",names=\"");
  lib_out_span(o, (struct lib_span){c.names, c.names_n});
  lib_out_all(o, "\",key=\"", c.key, "\"} ", NULL);
  lib_out_i64(o, c.expires_unix);
  lib_out_char(o, '\n');
  return false;
}

static int fill(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  static const struct site_memory_step steps[] = {
      {set},           {owner_bytes},   {owner_peak}, {owner_refusals}, {pool_used},   {pool_peak},
      {pool_capacity}, {pool_refusals}, {requests},   {histogram},      {certificates}};
  (void)now_ms, (void)wake_ms;
  int done = site_memory_write(state, out, steps, sizeof steps / sizeof *steps);
  return done == 1 ? HTTP_STREAM_END : done;
}

int site_page_metrics(struct http_exchange *x) {
  struct scrape *s = http_reply_stream(x, 200, TYPE, fill, NULL, sizeof *s);
  if (s == NULL)
    return 0;
  site_memory_view_init(&s->view);
  s->view.at.table = memstat_metrics_first();
  s->view.at.histogram = memstat_histogram_first();
  s->server = http_server_of(x);
  http_reply_field(x, "Cache-Control", LIB_SPAN("no-store"));
  return 0;
}

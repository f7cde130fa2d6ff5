/* SPDX-License-Identifier: BSD-2-Clause
 * The page /memory: a picture of the moment, complete without JavaScript.
 * assets/memory.js then keeps it live by the ids, classes and data-
 * attributes written here. Bars are 100,000 units wide. */
#include <http/html.h>
#include <lib/date.h>

#include "layout.h"
#include "memory_steps.h"
#include "text.h"

#define BAR_UNITS 100000u

static uint64_t used_bytes(const struct site_memory_view *v) {
  return v->ram_bytes - v->rows[MEMSTAT_FREE].bytes;
}

static uint64_t bar_units(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : part * BAR_UNITS / whole;
}

static bool begin(struct site_memory_view *v, struct lib_out *o) {
  site_layout_begin(o, "Memory", v->is_foreign ? SITE_SECTION_FOREIGN : SITE_SECTION_MEMORY,
                    "/-/memory.js");
  lib_out_str(o, "<h1>Where the memory is</h1>\n<p class=\"lede\">This machine has "
                 "<span data-v=\"ram\">");
  site_text_bytes(o, v->ram_bytes);
  lib_out_str(o, "</span> of RAM, <span data-v=\"used\">");
  site_text_bytes(o, used_bytes(v));
  lib_out_str(o, "</span> in use. Each page has one owner at every moment, and the "
                 "owners add up to the whole.</p>\n");
  return true;
}

static bool ram_bar_begin(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<figure class=\"map\">\n<p class=\"ends\"><span>All of the RAM</span>"
                 "<span data-v=\"ram\">");
  site_text_bytes(o, v->ram_bytes);
  lib_out_str(o, "</span></p>\n<svg class=\"bar\" id=\"bar-ram\" viewBox=\"0 0 100000 1\" "
                 "preserveAspectRatio=\"none\" role=\"img\" "
                 "aria-label=\"RAM by owner; the table below has the figures\">\n");
  v->at.sum_bytes = 0;
  return true;
}

static void bar_part(struct site_memory_view *v, struct lib_out *o, uint64_t whole) {
  enum memstat_owner id = site_memory_owner(v);
  uint64_t x = bar_units(v->at.sum_bytes, whole);
  v->at.sum_bytes += v->rows[id].bytes;
  http_html(o, "<rect class=\"o-{}\" height=\"1\" x=\"{}\" width=\"{}\"><title>{}</title></rect>\n",
            HTTP_STR(memstat_name(id)), HTTP_NUMBER(x),
            HTTP_NUMBER(bar_units(v->at.sum_bytes, whole) - x), HTTP_STR(memstat_label(id)));
}

static bool ram_bar_part(struct site_memory_view *v, struct lib_out *o) {
  bar_part(v, o, v->ram_bytes);
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool used_bar_begin(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "</svg>\n<svg class=\"zoom\" viewBox=\"0 0 100000 10\" "
                 "preserveAspectRatio=\"none\" aria-hidden=\"true\"><polygon points=\"0,0 ");
  lib_out_u64(o, bar_units(used_bytes(v), v->ram_bytes));
  lib_out_str(o, ",0 100000,10 0,10\"/></svg>\n<svg class=\"bar\" id=\"bar-used\" "
                 "viewBox=\"0 0 100000 1\" preserveAspectRatio=\"none\" role=\"img\" "
                 "aria-label=\"RAM in use by owner; the table below has the figures\">\n");
  v->at.sum_bytes = 0;
  return true;
}

static bool used_bar_part(struct site_memory_view *v, struct lib_out *o) {
  bar_part(v, o, used_bytes(v));
  return site_memory_next_owner(v, SITE_MEMORY_USED_N);
}

static bool used_bar_end(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "</svg>\n<p class=\"ends\"><span>In use</span><span data-v=\"used\">");
  site_text_bytes(o, used_bytes(v));
  lib_out_str(o, "</span></p>\n<ul class=\"legend\" aria-hidden=\"true\">"
                 "<li><i class=\"key o-rodata\"></i>image</li>"
                 "<li><i class=\"key o-page_tables\"></i>kernel</li>"
                 "<li><i class=\"key o-net_rx\"></i>network</li>"
                 "<li><i class=\"key o-http\"></i>HTTP</li>"
                 "<li><i class=\"key o-reserved\"></i>firmware</li>"
                 "<li><i class=\"key o-free\"></i>free</li></ul>\n</figure>\n"
                 "<p class=\"note\" id=\"state\" role=\"status\">As it was when this page was "
                 "made.</p>\n");
  return true;
}

static bool owners_begin(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  lib_out_str(o, "<h2>Owners</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                 "aria-label=\"Owners\"><table>\n<thead><tr><th scope=\"col\">Owner</th>"
                 "<th scope=\"col\" class=\"r\">Bytes</th>"
                 "<th scope=\"col\" class=\"r opt\">Share</th>"
                 "<th scope=\"col\" class=\"r\">Peak</th>"
                 "<th scope=\"col\" class=\"r\">Refused</th></tr></thead>\n<tbody>\n");
  return true;
}

static void cell(struct lib_out *o, uint64_t n) {
  lib_out_str(o, "<td class=\"r\">");
  site_text_group(o, n);
  lib_out_str(o, "</td>");
}

static void share_cell(struct lib_out *o, uint64_t part, uint64_t whole) {
  lib_out_str(o, "<td class=\"r opt\">");
  site_text_share(o, part, whole);
  lib_out_str(o, "</td>");
}

static bool owner(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_owner id = site_memory_owner(v);
  const struct memstat_row *row = &v->rows[id];
  http_html(o, "<tr data-owner=\"{}\"><th scope=\"row\"><i class=\"key o-{}\"></i>{}</th>",
            HTTP_STR(memstat_name(id)), HTTP_STR(memstat_name(id)), HTTP_STR(memstat_label(id)));
  cell(o, row->bytes);
  share_cell(o, row->bytes, v->ram_bytes);
  cell(o, row->high_water_bytes);
  cell(o, row->refusals);
  lib_out_str(o, "</tr>\n");
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool owners_end(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "</tbody>\n<tfoot><tr><th scope=\"row\">Sum, the RAM</th>");
  cell(o, v->ram_bytes);
  share_cell(o, v->ram_bytes, v->ram_bytes);
  lib_out_str(o, "<td></td><td></td></tr></tfoot>\n</table></div>\n");
  return true;
}

static bool pools_begin(struct site_memory_view *v, struct lib_out *o) {
  if (v->at.pool == NULL)
    return true;
  lib_out_str(
      o,
      "<h2>Pools</h2>\n<p class=\"note\">Objects of one size, in bytes. A full pool refuses, and "
      "counts the refusal; the limit of some is the RAM that is free.</p>\n<div "
      "class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Pools\"><table>\n<thead><tr><th scope=\"col\">Pool</th>"
      "<th scope=\"col\" class=\"r\">Size</th>"
      "<th scope=\"col\" class=\"r\">Used</th>"
      "<th scope=\"col\" class=\"r\">Peak</th>"
      "<th scope=\"col\" class=\"r\">Limit</th>"
      "<th scope=\"col\" class=\"r\">Refused</th>"
      "<th scope=\"col\" class=\"opt fill\">In use</th></tr></thead>\n<tbody>\n");
  return true;
}

/* How full a pool is, as a bar; nothing for one without a capacity. */
static void fill_cell(struct lib_out *o, const struct memstat_pool *p) {
  if (p->capacity == SITE_MEMORY_UNBOUNDED || p->capacity == 0)
    lib_out_str(o, "<td class=\"opt\"></td>");
  else
    http_html(o,
              "<td class=\"opt\"><svg class=\"mini\" viewBox=\"0 0 100 1\" "
              "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
              "<rect height=\"1\" width=\"{}\"/></svg></td>",
              HTTP_NUMBER(p->used * UINT64_C(100) / p->capacity));
}

static bool pool(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_pool *p = v->at.pool;
  if (p == NULL)
    return true;
  http_html(o, "<tr data-pool=\"{}\"><th scope=\"row\"><code>{}</code></th><td class=\"r\">",
            HTTP_STR(p->name), HTTP_STR(p->name));
  site_text_group(o, p->object_bytes);
  lib_out_str(o, "</td>");
  cell(o, p->used);
  cell(o, p->high_water);
  if (p->capacity == SITE_MEMORY_UNBOUNDED)
    lib_out_str(o, "<td class=\"r\">RAM</td>");
  else
    cell(o, p->capacity);
  cell(o, p->refusals);
  fill_cell(o, p);
  lib_out_str(o, "</tr>\n");
  return site_memory_next_pool(v);
}

static bool pools_end(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  if (memstat_pool_first() != NULL)
    lib_out_str(o, "</tbody>\n</table></div>\n");
  return true;
}

/* A figure of the machine; memory.js keeps those with a key up to date. */
static void fact_begin(struct lib_out *o, const char *label, const char *key) {
  lib_out_all(o, "<div><dt>", label, "</dt><dd", NULL);
  if (key != NULL)
    lib_out_all(o, " data-v=\"", key, "\"", NULL);
  lib_out_char(o, '>');
}

static void fact_end(struct lib_out *o) {
  lib_out_str(o, "</dd></div>\n");
}

static void fact_count(struct lib_out *o, const char *label, const char *key, uint64_t n) {
  fact_begin(o, label, key);
  site_text_group(o, n);
  fact_end(o);
}

static void fact_bytes(struct lib_out *o, const char *label, const char *key, uint64_t bytes) {
  fact_begin(o, label, key);
  site_text_bytes(o, bytes);
  fact_end(o);
}

static void fact_ms(struct lib_out *o, const char *label, uint64_t ns) {
  fact_begin(o, label, NULL);
  site_text_ms(o, ns);
  fact_end(o);
}

static bool image_begin(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  lib_out_str(o, "<h2>Image</h2>\n<p class=\"note\">What is in the file that was booted.</p>\n"
                 "<table>\n<thead><tr><th scope=\"col\">Part</th>"
                 "<th scope=\"col\" class=\"r\">Bytes</th></tr></thead>\n<tbody>\n");
  return true;
}

static void image_row(struct lib_out *o, const char *name, uint32_t bytes) {
  lib_out_all(o, "<tr><th scope=\"row\">", name, "</th>", NULL);
  cell(o, bytes);
  lib_out_str(o, "</tr>\n");
}

static bool image(struct site_memory_view *v, struct lib_out *o) {
  if (v->at.item == MEMSTAT_PARTS_N || !memstat_parts[v->at.item].name[0]) {
    v->at.item = 0;
    image_row(o, "site pack", v->vm.pack_bytes);
    lib_out_str(o, "</tbody>\n</table>\n");
    return true;
  }
  image_row(o, memstat_parts[v->at.item].name, memstat_parts[v->at.item].bytes);
  v->at.item++;
  return false;
}

static bool crash_begin(struct site_memory_view *v, struct lib_out *o) {
  if (v->vm.crash.n == 0)
    return true;
  lib_out_str(o, "<h2 id=\"crash\">Last crash</h2>\n<p class=\"note\">");
  if (v->vm.crash_wall_unix) {
    lib_date_http(o, v->vm.crash_wall_unix);
    lib_out_str(o, ". ");
  }
  lib_out_str(o, "Panics since the machine was switched on: ");
  lib_out_u64(o, v->vm.crashes_n);
  lib_out_str(o, ".</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                 "aria-label=\"Last crash\"><pre>");
  return true;
}

/* A line of the report. */
static bool crash(struct site_memory_view *v, struct lib_out *o) {
  struct lib_span rest = lib_span_sub(v->vm.crash, v->at.item, v->vm.crash.n);
  size_t n = lib_span_find(rest, '\n');
  if (rest.n == 0)
    return true;
  http_html(o, "{}\n", HTTP_TEXT(lib_span_sub(rest, 0, n)));
  v->at.item += (unsigned)n + 1;
  return v->at.item >= v->vm.crash.n;
}

static bool crash_end(struct site_memory_view *v, struct lib_out *o) {
  v->at.item = 0;
  if (v->vm.crash.n)
    lib_out_str(o, "</pre></div>\n");
  return true;
}

static bool boot(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_vm *m = &v->vm;
  lib_out_str(o, "<h2>Boot</h2>\n<p class=\"note\">Since the machine entered the image.</p>\n"
                 "<dl class=\"facts\">\n");
  fact_ms(o, "In ring 3", m->boot_ring3_ns);
  fact_ms(o, "Devices found", m->boot_devices_ns);
  fact_ms(o, "Listening", m->boot_listening_ns);
  fact_bytes(o, "Image in memory", NULL, m->image_bytes);
  lib_out_str(o, "</dl>\n");
  return true;
}

static bool machine(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_vm *m = &v->vm;
  lib_out_str(o, "<h2>Since then</h2>\n<dl class=\"facts\">\n");
  fact_begin(o, "Up for", "uptime");
  site_text_uptime(o, m->uptime_ms);
  fact_end(o);
  fact_count(o, "Requests answered", "requests", m->requests_total);
  fact_count(o, "Connections now", "conns", m->conns_now);
  fact_count(o, "Most at once", "conns_high", m->conns_high_water);
  fact_count(o, "Connections in all", "conns_total", m->conns_total);
  if (m->stack_high_water_bytes > 0) /* measured where the platform can */
    fact_bytes(o, "Deepest stack", "stack", m->stack_high_water_bytes);
  lib_out_str(o, "</dl>\n<p class=\"note\">The same figures as <a href=\"/memory.json\">JSON</a>."
                 "</p>\n");
  site_layout_end(o);
  return true;
}

int site_memory_view_html(struct site_memory_view *v, struct lib_out *o) {
  static const struct site_memory_step steps[] = {
      {begin},        {ram_bar_begin}, {ram_bar_part}, {used_bar_begin}, {used_bar_part},
      {used_bar_end}, {owners_begin},  {owner},        {owners_end},     {pools_begin},
      {pool},         {pools_end},     {image_begin},  {image},          {crash_begin},
      {crash},        {crash_end},     {boot},         {machine}};
  return site_memory_write(v, o, steps, sizeof steps / sizeof *steps);
}

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
                 "owners add up to the whole.</p>\n"
                 "<p class=\"note\" id=\"state\" role=\"status\">As it was when this page was "
                 "made.</p>\n");
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

static bool ram_bar_part(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_owner id = site_memory_owner(v);
  uint64_t x = bar_units(v->at.sum_bytes, v->ram_bytes);
  v->at.sum_bytes += v->rows[id].bytes;
  lib_out_all(o, "<rect class=o-", memstat_name(id), " height=1 x=", NULL);
  lib_out_u64(o, x);
  lib_out_str(o, " width=");
  lib_out_u64(o, bar_units(v->at.sum_bytes, v->ram_bytes) - x);
  lib_out_str(o, " />\n");
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool ram_bar_end(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "</svg>\n<svg class=\"zoom\" viewBox=\"0 0 100000 10\" "
                 "preserveAspectRatio=\"none\" aria-hidden=\"true\"><polygon points=\"0,0 ");
  lib_out_u64(o, bar_units(used_bytes(v), v->ram_bytes));
  lib_out_str(o, ",0 100000,10 0,10\"/></svg>\n");
  return true;
}

static bool ram_tree_end(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<p class=\"ends\"><span>In use</span><span data-v=\"used\">");
  site_text_bytes(o, used_bytes(v));
  lib_out_str(o, "</span></p>\n<ul class=\"legend\" aria-hidden=\"true\">"
                 "<li><i class=\"key o-rodata\"></i>image</li>"
                 "<li><i class=\"key o-page_tables\"></i>kernel</li>"
                 "<li><i class=\"key o-net_rx\"></i>network</li>"
                 "<li><i class=\"key o-http\"></i>HTTP</li>"
                 "<li><i class=\"key o-reserved\"></i>firmware</li>"
                 "<li><i class=\"key o-free\"></i>free</li></ul>\n</figure>\n");
  return true;
}

void site_memory_table(struct lib_out *o, const char *id, const char *title, const char *columns) {
  lib_out_all(o, "<div class=scroll tabindex=0 role=region aria-label=\"", title,
              "\"><table id=", id, "><thead><tr>", columns, "<tbody>\n", NULL);
}

void site_memory_table_end(struct lib_out *o) {
  lib_out_str(o, "</table></div>\n");
}

static bool owners_begin(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  lib_out_str(o, "<h2>Owners</h2>\n");
  site_memory_table(o, "owners", "Owners",
                    "<th>Owner<th>Bytes<th class=opt>Share<th>Peak<th>Refused");
  return true;
}

static void cell(struct lib_out *o, uint64_t n) {
  lib_out_str(o, "<td>");
  site_text_group(o, n);
}

static void share_cell(struct lib_out *o, uint64_t part, uint64_t whole) {
  lib_out_str(o, "<td class=opt>");
  site_text_share(o, part, whole);
}

static bool owner(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_owner id = site_memory_owner(v);
  const struct memstat_row *row = &v->rows[id];
  lib_out_all(o, "<tr><th><i class=\"key o-", memstat_name(id), "\"></i>", memstat_label(id), NULL);
  cell(o, row->bytes);
  share_cell(o, row->bytes, v->ram_bytes);
  cell(o, row->high_water_bytes);
  cell(o, row->refusals);
  lib_out_char(o, '\n');
  return site_memory_next_owner(v, MEMSTAT_OWNERS_N);
}

static bool owners_end(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<tfoot><tr><th>Sum, the RAM");
  cell(o, v->ram_bytes);
  share_cell(o, v->ram_bytes, v->ram_bytes);
  lib_out_str(o, "<td><td>\n");
  site_memory_table_end(o);
  return true;
}

static bool pools_begin(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  lib_out_str(o,
              "<h2>Pools</h2>\n<p class=note>Objects of one size, in bytes. A full pool refuses, "
              "and counts the refusal; the limit of some is the RAM that is free.</p>\n");
  site_memory_table(o, "pools", "Pools",
                    "<th>Pool<th>Size<th>Used<th>Peak<th>Limit<th>Refused<th class=\"opt fill\">"
                    "In use");
  return true;
}

void site_memory_bar(struct lib_out *o, uint64_t part, uint64_t whole) {
  lib_out_str(o, "<svg class=mini viewBox=\"0 0 1000 1\" preserveAspectRatio=none aria-hidden=true>"
                 "<rect height=1 width=");
  lib_out_u64(o, part * 1000 / whole);
  lib_out_str(o, " /></svg>");
}

static bool pool(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_pool *p = v->at.pool;
  if (p == NULL)
    return true;
  bool bounded = p->capacity != SITE_MEMORY_UNBOUNDED && p->capacity != 0;
  lib_out_all(o, "<tr><th><code>", p->name, "</code>", NULL);
  cell(o, p->object_bytes);
  cell(o, p->used);
  cell(o, p->high_water);
  if (p->capacity == SITE_MEMORY_UNBOUNDED)
    lib_out_str(o, "<td>RAM");
  else
    cell(o, p->capacity);
  cell(o, p->refusals);
  lib_out_str(o, "<td class=opt>");
  if (bounded)
    site_memory_bar(o, p->used, p->capacity);
  lib_out_char(o, '\n');
  return site_memory_next_pool(v);
}

static bool pools_end(struct site_memory_view *v, struct lib_out *o) {
  (void)v;
  site_memory_table_end(o);
  return true;
}

static bool image_begin(struct site_memory_view *v, struct lib_out *o) {
  uint64_t sum = v->vm.pack_bytes;
  for (unsigned i = 0; i < MEMSTAT_PARTS_N; i++)
    sum += memstat_parts[i].bytes;
  lib_out_str(o, "<h2>Image</h2>\n<p class=\"note\">What is in the file that was booted, measured "
                 "when it was linked: ");
  site_text_bytes(o, sum);
  lib_out_str(o, ".</p>\n");
  return true;
}

static void image_item(struct lib_out *o, const char *name, uint32_t bytes) {
  lib_out_all(o, "<li>", name, " <b>", NULL);
  site_text_group(o, bytes);
  lib_out_str(o, "</b></li>\n");
}

static bool image(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<ul class=\"legend\" aria-label=\"Bytes by component\">\n");
  image_item(o, "site pack", v->vm.pack_bytes);
  for (unsigned i = 0; i < MEMSTAT_PARTS_N && memstat_parts[i].name[0]; i++)
    image_item(o, memstat_parts[i].name, memstat_parts[i].bytes);
  lib_out_str(o, "</ul>\n");
  return true;
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

int site_memory_view_html(struct site_memory_view *v, struct lib_out *o) {
  static const struct site_memory_step steps[] = {{begin},
                                                  {site_memory_charts},
                                                  {ram_bar_begin},
                                                  {ram_bar_part},
                                                  {ram_bar_end},
                                                  {site_memory_owner_tree},
                                                  {ram_tree_end},
                                                  {site_memory_boot},
                                                  {image_begin},
                                                  {site_memory_image_tree},
                                                  {image},
                                                  {site_memory_peers},
                                                  {owners_begin},
                                                  {owner},
                                                  {owners_end},
                                                  {pools_begin},
                                                  {pool},
                                                  {pools_end},
                                                  {crash_begin},
                                                  {crash},
                                                  {crash_end},
                                                  {site_memory_certificates},
                                                  {site_memory_machine}};
  return site_memory_write(v, o, steps, sizeof steps / sizeof *steps);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The treemaps of /memory: RAM in use by owner, the image by component. A tile
 * is a piece of the report; they are placed anew for each, which is cheap and
 * keeps no state. Positions are in per cent, so that text keeps its size. */
#include <string.h>

#include "memory_steps.h"
#include "text.h"
#include "treemap.h"

enum { WIDE = 1000, HIGH = 400 }; /* of the whole; the page may stretch it */

/* Units that a letter of a name takes on a desktop and on a phone, and that two
 * lines of text take. */
enum {
  LETTERS_LEAST = 8,
  LETTER = 8,
  LETTER_PHONE = 18,
  MARGIN = 16,
  LINE_HIGH = 60,
  LINES_HIGH = 104
};

static unsigned owner_tiles(const struct site_memory_view *v, struct site_tile *t) {
  unsigned n = 0;
  for (unsigned i = 1; i < MEMSTAT_OWNERS_N; i++, n++)
    t[n] = (struct site_tile){
        .bytes = v->rows[i].bytes, .label = memstat_label(i), .colour = memstat_name(i)};
  return n;
}

static unsigned image_tiles(const struct site_memory_view *v, struct site_tile *t) {
  static const char *const colours[] = {"text",   "net_rx", "page_tables", "http",
                                        "rodata", "tcp",    "page_map",    "tls",
                                        "data",   "net",    "log"};
  unsigned n = 0;
  for (; n < MEMSTAT_PARTS_N && memstat_parts[n].name[0]; n++)
    t[n] = (struct site_tile){.bytes = memstat_parts[n].bytes,
                              .label = memstat_parts[n].name,
                              .colour = colours[n % (sizeof colours / sizeof *colours)]};
  t[n] = (struct site_tile){.bytes = v->vm.pack_bytes, .label = "site pack", .colour = "site"};
  return n + 1;
}

_Static_assert(MEMSTAT_OWNERS_N <= SITE_TREEMAP_N && MEMSTAT_PARTS_N < SITE_TREEMAP_N, "tiles");

static void percent(struct lib_out *o, const char *name, uint64_t part, uint64_t whole) {
  lib_out_all(o, " ", name, "=", NULL);
  lib_out_fixed(o, part * 1000 / whole, 1);
  lib_out_char(o, '%');
}

/* Text for where it fits: class s is left out on a phone. */
static void name(struct lib_out *o, const struct site_tile *t) {
  size_t letters = strlen(t->label) > LETTERS_LEAST ? strlen(t->label) : LETTERS_LEAST;
  if (t->w < letters * LETTER + MARGIN || t->h < LINE_HIGH)
    return;
  const char *g = t->w < letters * LETTER_PHONE + MARGIN ? "<g class=s>" : "<g>";
  lib_out_all(o, g, "<text x=8 y=20>", t->label, "</text>", NULL);
  if (t->h >= LINES_HIGH) {
    lib_out_str(o, "<text x=8 y=39>");
    site_text_bytes(o, t->bytes);
    lib_out_str(o, "</text>");
  }
  lib_out_str(o, "</g>");
}

static void tile(struct lib_out *o, const struct site_tile *t) {
  lib_out_str(o, "<svg");
  percent(o, "x", t->x, WIDE);
  percent(o, "y", t->y, HIGH);
  percent(o, "width", t->w, WIDE);
  percent(o, "height", t->h, HIGH);
  lib_out_all(o, " class=o-", t->colour, "><title>", t->label, ", ", NULL);
  site_text_bytes(o, t->bytes);
  lib_out_str(o, "</title><rect width=100% height=100% />");
  name(o, t);
  lib_out_str(o, "</svg>\n");
}

static bool tree(struct site_memory_view *v, struct lib_out *o, struct site_tile *tiles, unsigned n,
                 const char *label) {
  n = site_treemap(tiles, n, WIDE, HIGH);
  if (v->at.item == 0)
    lib_out_all(o, "<svg class=\"tree\" role=\"img\" aria-label=\"", label, "\">\n", NULL);
  if (v->at.item < n)
    tile(o, &tiles[v->at.item]);
  if (++v->at.item < n)
    return false;
  v->at.item = 0;
  lib_out_str(o, "</svg>\n");
  return true;
}

bool site_memory_owner_tree(struct site_memory_view *v, struct lib_out *o) {
  struct site_tile tiles[SITE_TREEMAP_N];
  return tree(v, o, tiles, owner_tiles(v, tiles),
              "RAM in use by owner; the table of owners has the figures");
}

bool site_memory_image_tree(struct site_memory_view *v, struct lib_out *o) {
  struct site_tile tiles[SITE_TREEMAP_N];
  return tree(v, o, tiles, image_tiles(v, tiles),
              "The image by component; the list below has the figures");
}

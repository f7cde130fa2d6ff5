/* SPDX-License-Identifier: BSD-2-Clause
 * The frame of a page made by code (site/layout.h). */
#include "layout.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<link rel=\"icon\" href=\"/-/favicon.svg\" type=\"image/svg+xml\">\n"
    "<link rel=\"stylesheet\" href=\"/-/style.css\">\n<title>";

static const char banner[] =
    "</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n"
    "<header><div class=\"wrap\">\n"
    "<a class=\"brand\" href=\"/\"><img src=\"/-/favicon.svg\" alt=\"\" width=\"24\" height=\"24\">"
    "Thimble</a>\n";

static const char foot[] =
    "</main>\n<footer><span>Thimble. BSD 2-Clause licence.</span>"
    "<span>This page was made by the machine it describes.</span></footer>\n</body>\n</html>\n";

static void menu_item(struct lib_out *o, const char *path, const char *label, bool current) {
  lib_out_all(o, "<li><a href=\"", path, current ? "\" aria-current=\"page\">" : "\">", label,
              "</a></li>\n", NULL);
}

static void menu(struct lib_out *o, enum site_section section) {
  lib_out_str(o, "<nav aria-label=\"Main\"><ul>\n");
  menu_item(o, "/how", "How it works", false);
  menu_item(o, "/memory", "Memory", section == SITE_SECTION_MEMORY);
  menu_item(o, "/samples", "Samples", section == SITE_SECTION_SAMPLES);
  lib_out_str(o, "</ul></nav>\n");
}

void site_layout_fields(struct http_exchange *x) {
  http_reply_field(x, "Content-Security-Policy",
                   LIB_SPAN("default-src 'self'; form-action 'self'; base-uri 'none'; "
                            "frame-ancestors 'none'"));
  http_reply_field(x, "Referrer-Policy", LIB_SPAN("no-referrer"));
  http_reply_field(x, "X-Content-Type-Options", LIB_SPAN("nosniff"));
}

void site_layout_begin(struct lib_out *o, const char *title, enum site_section section,
                       const char *script) {
  lib_out_all(o, head, title, ": Thimble</title>\n", NULL);
  if (script != NULL)
    lib_out_all(o, "<script src=\"", script, "\" defer></script>\n", NULL);
  lib_out_str(o, banner);
  if (section != SITE_SECTION_FOREIGN)
    menu(o, section);
  lib_out_str(o, "</div></header>\n<main id=\"main\">\n");
}

void site_layout_end(struct lib_out *o) {
  lib_out_str(o, foot);
}

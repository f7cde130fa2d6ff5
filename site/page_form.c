/* SPDX-License-Identifier: BSD-2-Clause
 * POST /form: the fields of a form as the server decoded them. The form itself
 * is content/form.html. */
#include "layout.h"
#include "pages.h"

static void write_fields(struct http_exchange *x, struct lib_out *o) {
  struct lib_span name, value;
  for (unsigned i = 0; http_form_at(x, i, &name, &value); i++)
    http_html(o, "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td></tr>\n", HTTP_TEXT(name),
              HTTP_TEXT(value));
}

int site_page_form(struct http_exchange *x) {
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_HTML);
  site_layout_fields(x);
  site_layout_begin(o, "Form received", SITE_SECTION_SAMPLES, NULL);
  lib_out_str(o, "<h1>Form received</h1>\n<p class=\"lede\">These fields arrived. Nothing was "
                 "kept.</p>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Field</th>"
                 "<th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
  write_fields(x, o);
  lib_out_str(o, "</tbody>\n</table></div>\n<p><a href=\"/form\">Back to the form</a></p>\n");
  site_layout_end(o);
  return 0;
}

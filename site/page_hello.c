/* SPDX-License-Identifier: BSD-2-Clause
 * /hello/:name: a parameter of the path, escaped. */
#include "layout.h"
#include "pages.h"

int site_page_hello(struct http_exchange *x) {
  struct lib_span name = http_param(x, "name");
  if (name.n > SITE_HELLO_MAX)
    return E_NOENT;
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_HTML);
  site_layout_fields(x);
  site_layout_begin(o, "Hello", SITE_SECTION_SAMPLES, NULL);
  http_html(o,
            "<h1>Hello, {}</h1>\n<p class=\"lede\">The name is the last part of the path: change "
            "it in the address bar.</p>\n",
            HTTP_TEXT(name));
  lib_out_str(o, "<p><a href=\"/samples\">All samples</a></p>\n");
  site_layout_end(o);
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * /healthz: the machine answers, so it is well. */
#include "pages.h"

int site_page_health(struct http_exchange *x) {
  http_reply_stable(x, 200, HTTP_TYPE_TEXT, LIB_SPAN("ok\n"));
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * PUT /-/certificates: what it does is the app's, which alone sees TLS. */
#include <site/routes.h>

#include "pages.h"

int (*site_renew)(struct http_exchange *x);

int site_page_certificates(struct http_exchange *x) {
  return site_renew ? site_renew(x) : E_NOENT;
}

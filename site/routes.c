/* SPDX-License-Identifier: BSD-2-Clause
 * The table of pages made by code (site/routes.h): methods, pattern, handler,
 * and where it is not the default the most bytes of body and of answer, and the
 * group. */
#include <site/routes.h>

#include "pages.h"

const struct http_route site_routes[] = {
    {HTTP_GET, "/memory", site_page_memory, .body_max = 0, .group = SITE_STATUS},
    {HTTP_GET, "/memory.json", site_page_memory_json, .body_max = 0, .group = SITE_STATUS},
    {HTTP_GET, "/memory/events", site_page_memory_events, .body_max = 0, .group = SITE_STATUS},
    {HTTP_GET, "/metrics", site_page_metrics, .body_max = 0, .group = SITE_STATUS},
    {HTTP_GET, "/hello/:name", site_page_hello, .group = SITE_SAMPLES},
    {HTTP_POST, "/form", site_page_form, .body_max = SITE_FORM_MAX, .reply_max = SITE_FORM_REPLY,
     .group = SITE_SAMPLES},
    {HTTP_GET, "/guestbook", site_page_guestbook, .group = SITE_SAMPLES},
    {HTTP_POST, "/guestbook", site_page_guestbook_sign, .body_max = SITE_GUEST_BODY_MAX,
     .group = SITE_SAMPLES},
    {HTTP_GET, "/clock/events", site_page_clock_events, .group = SITE_SAMPLES},
    {HTTP_GET, "/stream/:bytes", site_page_stream, .group = SITE_SAMPLES},
    {HTTP_POST | HTTP_PUT, "/upload", site_page_upload, .body_max = SITE_UPLOAD_MAX,
     .on_body = site_upload_piece, .state_bytes = sizeof(struct site_upload),
     .group = SITE_SAMPLES},
    {HTTP_GET, "/healthz", site_page_health, .body_max = 0},
    {HTTP_PUT, "/-/certificates", site_page_certificates, .body_max = SITE_RENEW_BODY_MAX,
     .group = SITE_RENEW},
};
const size_t site_routes_n = sizeof site_routes / sizeof *site_routes;

uint32_t site_groups(const struct http_pack *pack) {
  struct lib_span pages = http_pack_setting(pack, LIB_SPAN("pages"));
  uint32_t samples = lib_span_eq(pages, LIB_SPAN("samples")) ? SITE_SAMPLES : 0;
  return samples | (http_pack_setting(pack, LIB_SPAN("status")).p ? 0 : SITE_STATUS);
}

uint16_t site_status_port(const struct http_pack *pack) {
  uint64_t port;
  struct lib_span status = http_pack_setting(pack, LIB_SPAN("status"));
  return lib_span_u64(status, UINT16_MAX, &port) < 0 ? 0 : (uint16_t)port;
}

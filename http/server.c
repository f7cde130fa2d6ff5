/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/route.h>
#include <http/server.h>
#include <lib/assert.h>

#define NEVER_MS (UINT64_MAX / 2) /* of no second */

void http_server_init(struct http_server *s) {
  LIB_ASSERT(s->pack.head != NULL && s->work_alloc != NULL && s->work_free != NULL);
  LIB_ASSERT(s->peer_text != NULL);
  LIB_ASSERT(s->routes_n <= HTTP_ROUTES_MAX);
  http_route_sort(s);
  s->counters = (struct http_counters){0};
  s->listeners = 0;
  s->wall_zero_ms = 0;
  s->date_ms = NEVER_MS;
  s->auth_next = s->auth_checks = s->boundaries = 0;
  s->auth_window_ms = 0;
  for (unsigned i = 0; i < HTTP_AUTH_CACHE_N; i++)
    s->auth_seen[i] = 0;
  for (unsigned i = 0; i < HTTP_HEADS_N; i++)
    s->heads[i] = (struct http_head){.variant = NULL};
}

void http_server_time(struct http_server *s, int64_t wall_unix_ms, uint64_t now_ms) {
  s->wall_zero_ms = wall_unix_ms - (int64_t)now_ms;
  s->date_ms = NEVER_MS;
}

int64_t http_server_wall_unix(const struct http_server *s, uint64_t now_ms) {
  return (s->wall_zero_ms + (int64_t)now_ms) / 1000;
}

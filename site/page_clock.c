/* SPDX-License-Identifier: BSD-2-Clause
 * /clock/events: the wall clock as server-sent events, one as each second
 * begins. content/clock.html shows it. */
#include <http/sse.h>

#include "pages.h"

#define SECOND_MS 1000

struct clock {
  struct http_server *server; /* borrowed; outlives every connection */
};

/* When the wall clock shows its next second: by halving, since only whole
 * seconds can be read. */
static uint64_t next_second_ms(const struct http_server *s, uint64_t now_ms) {
  int64_t now_unix = http_server_wall_unix(s, now_ms);
  uint64_t same = now_ms, later = now_ms + SECOND_MS;
  while (later - same > 1) {
    uint64_t middle = same + (later - same) / 2;
    if (http_server_wall_unix(s, middle) > now_unix)
      later = middle;
    else
      same = middle;
  }
  return later;
}

static int write_time(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *next_ms) {
  struct clock *clock = state;
  char text[20];
  struct lib_out data;
  lib_out_init(&data, text, sizeof text);
  lib_out_i64(&data, http_server_wall_unix(clock->server, now_ms));
  http_sse_event(out, NULL, lib_out_done(&data));
  *next_ms = next_second_ms(clock->server, now_ms);
  return 0;
}

int site_page_clock_events(struct http_exchange *x) {
  struct clock *clock = http_reply_events(x, write_time, sizeof *clock);
  if (clock != NULL)
    clock->server = http_server_of(x);
  return 0;
}

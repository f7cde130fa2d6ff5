/* SPDX-License-Identifier: BSD-2-Clause
 * /memory, /memory.json and /memory/events: where the machine's RAM is. The
 * rendering is in memory_html.c and memory_json.c. */
#include <http/sse.h>
#include <site/routes.h>

#include "layout.h"
#include "memory_view.h"
#include "pages.h"

#define UPDATE_MS 1000
#define EVENT_BYTES 960 /* of an event's data; HTTP_STREAM_BYTES / 2 less its name */

/* The parts of an update, an event each; the page shows them after the last. A
 * listener gets all samples that are kept at first, then those that are new. */
enum part { PART_SAMPLES, PART_OWNERS, PART_POOLS, PART_VM, PARTS_N };

struct updates {
  enum part next;
  uint32_t sample; /* the next to send */
};

static int stream_result(int done) {
  return done == 1 ? HTTP_STREAM_END : done;
}

static int fill_html(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  (void)now_ms, (void)wake_ms;
  return stream_result(site_memory_view_html(state, out));
}

static int fill_json(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  (void)now_ms, (void)wake_ms;
  return stream_result(site_memory_view_json(state, out));
}

/* returns  false when memory was short: 503 is answered */
static bool reply_view(struct http_exchange *x, const char *type, http_fill_fn *fill) {
  struct site_memory_view *v = http_reply_stream(x, 200, type, fill, NULL, sizeof *v);
  if (v == NULL)
    return false;
  site_memory_view_init(v);
  v->wall_unix = http_wall_unix(x);
  v->is_foreign = (http_server_of(x)->groups & SITE_SAMPLES) == 0;
  http_reply_field(x, "Cache-Control", LIB_SPAN("no-store"));
  return true;
}

int site_page_memory(struct http_exchange *x) {
  if (reply_view(x, HTTP_TYPE_HTML, fill_html))
    site_layout_fields(x);
  return 0;
}

int site_page_memory_json(struct http_exchange *x) {
  reply_view(x, HTTP_TYPE_JSON, fill_json);
  return 0;
}

/* A part that outgrows an event (some 30 pools) is left out: its figures then
 * stay on the page as they were when it was loaded. */
static void write_part(struct updates *u, struct lib_out *out) {
  static const char *const names[PARTS_N] = {"samples", "owners", "pools", "vm"};
  enum part part = u->next;
  char text[EVENT_BYTES];
  struct lib_out data;
  lib_out_init(&data, text, sizeof text);
  if (part == PART_SAMPLES)
    u->sample = site_memory_samples_json(&data, u->sample);
  else if (part == PART_OWNERS)
    site_memory_owners_json(&data);
  else if (part == PART_POOLS)
    site_memory_pools_json(&data);
  else
    site_memory_vm_json(&memstat_vm, &data);
  if (!data.overflow)
    http_sse_event(out, names[part], lib_out_done(&data));
}

static int write_update(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *next_ms) {
  struct updates *u = state;
  if (u->next == PART_OWNERS)
    memstat_refresh();
  write_part(u, out);
  bool more_samples = u->next == PART_SAMPLES && u->sample != memstat_history_count();
  *next_ms = u->next == PART_VM ? now_ms + UPDATE_MS : now_ms;
  if (!more_samples)
    u->next = (u->next + 1) % PARTS_N;
  return 0;
}

int site_page_memory_events(struct http_exchange *x) {
  http_reply_events(x, write_update, sizeof(struct updates));
  return 0;
}

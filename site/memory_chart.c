/* SPDX-License-Identifier: BSD-2-Clause
 * The charts of /memory: the last minutes as steps, one chart for each series of
 * memstat/history.h, and the samples as JSON for assets/memory.js, which draws
 * the same. A chart is CHART_HIGH units high and one unit a sample wide. */
#include <http/html.h>
#include <http/json.h>

#include "memory_steps.h"
#include "text.h"

#define CHART_HIGH 100

static const struct {
  const char *label, *key;
} charts[MEMSTAT_SERIES_N] = {
    [MEMSTAT_SERIES_USED] = {"Memory in use", "used_kib"},
    [MEMSTAT_SERIES_CONNS] = {"Connections", "conns"},
    [MEMSTAT_SERIES_REQUESTS] = {"Requests a second", "rate"},
    [MEMSTAT_SERIES_LOAD] = {"Load", "load"},
};

/* Requests a second, in tenths while they are few. */
static void rate(struct lib_out *o, uint32_t requests) {
  uint64_t tenths = requests * UINT64_C(10000) / MEMSTAT_HISTORY_MS;
  if (tenths < 1000)
    lib_out_fixed(o, tenths, 1);
  else
    site_text_group(o, tenths / 10);
}

static void figure(struct lib_out *o, enum memstat_series series, uint32_t v) {
  if (series == MEMSTAT_SERIES_USED) {
    site_text_group(o, v);
    lib_out_str(o, " KiB");
  } else if (series == MEMSTAT_SERIES_CONNS) {
    site_text_group(o, v);
  } else if (series == MEMSTAT_SERIES_REQUESTS) {
    rate(o, v);
  } else {
    lib_out_fixed(o, v, 1);
    lib_out_str(o, " %");
  }
}

/* The figure of this moment. */
static uint32_t current(const struct site_memory_view *v, enum memstat_series series) {
  if (series == MEMSTAT_SERIES_USED)
    return (uint32_t)((v->ram_bytes - v->rows[MEMSTAT_FREE].bytes) / 1024);
  if (series == MEMSTAT_SERIES_CONNS)
    return v->vm.conns_now;
  return v->samples_n ? memstat_history_at(v->samples_n - 1, series) : 0;
}

/* Steps from the oldest sample to the newest, at the right of the chart. */
static void path(struct lib_out *o, enum memstat_series series, uint32_t from, uint32_t to,
                 uint32_t most) {
  uint32_t x = MEMSTAT_HISTORY_N - (to - from), before = CHART_HIGH;
  lib_out_str(o, "<path d=\"M");
  lib_out_u64(o, x);
  lib_out_str(o, " 100");
  for (uint32_t i = from; i < to; i++, x++) {
    uint32_t y =
        CHART_HIGH - (uint32_t)(memstat_history_at(i, series) * (uint64_t)CHART_HIGH / most);
    if (y == before)
      continue;
    lib_out_char(o, 'H');
    lib_out_u64(o, x);
    lib_out_char(o, 'V');
    lib_out_u64(o, y);
    before = y;
  }
  lib_out_str(o, "H120V100Z\"/></svg>");
}

static uint32_t most_of(enum memstat_series series, uint32_t from, uint32_t to) {
  uint32_t most = 0;
  for (uint32_t i = from; i < to; i++)
    if (memstat_history_at(i, series) > most)
      most = memstat_history_at(i, series);
  return most;
}

bool site_memory_charts(struct site_memory_view *v, struct lib_out *o) {
  enum memstat_series series = v->at.item;
  uint32_t to = v->samples_n, from = to > MEMSTAT_HISTORY_N ? to - MEMSTAT_HISTORY_N : 0;
  uint32_t most = most_of(series, from, to);
  if (series == 0)
    lib_out_str(o, "<div class=\"charts\">\n");
  lib_out_all(o, "<figure><figcaption>", charts[series].label, " <b data-v=\"", charts[series].key,
              "\">", NULL);
  figure(o, series, current(v, series));
  lib_out_str(o, "</b></figcaption><svg class=\"chart\" viewBox=\"0 0 120 100\" "
                 "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
  path(o, series, from, to, most ? most : 1);
  lib_out_str(o, "<p><span>4 min</span><span>most <i>");
  figure(o, series, most);
  lib_out_str(o, "</i></span></p></figure>\n");
  v->at.item = (v->at.item + 1) % MEMSTAT_SERIES_N;
  if (v->at.item == 0)
    lib_out_str(o, "</div>\n");
  return v->at.item == 0;
}

uint32_t site_memory_samples_json(struct lib_out *o, uint32_t from) {
  struct http_json j = {o, false};
  uint32_t to = memstat_history_count();
  if (to - from > MEMSTAT_HISTORY_N)
    from = to - MEMSTAT_HISTORY_N;
  if (to - from > SITE_MEMORY_SAMPLES_MAX)
    to = from + SITE_MEMORY_SAMPLES_MAX;
  http_json_open(&j, '[');
  for (; from < to; from++) {
    http_json_open(&j, '[');
    for (unsigned s = 0; s < MEMSTAT_SERIES_N; s++)
      http_json_u64(&j, memstat_history_at(from, s));
    http_json_close(&j, ']');
  }
  http_json_close(&j, ']');
  return to;
}

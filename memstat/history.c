/* SPDX-License-Identifier: BSD-2-Clause */
#include <memstat/history.h>
#include <memstat/memstat.h>

static uint32_t samples[MEMSTAT_HISTORY_N][MEMSTAT_SERIES_N];
static uint32_t count;
static uint64_t end_ms = MEMSTAT_HISTORY_MS; /* of the sample that is being lived through */
static uint64_t requests_before, asleep_before_ns;

static uint32_t load(uint64_t awake_ms) {
  return awake_ms < MEMSTAT_HISTORY_MS ? (uint32_t)(awake_ms * 1000 / MEMSTAT_HISTORY_MS) : 1000;
}

/* Several samples end at once after a sleep: what was done was done in the
 * first of them. */
void memstat_history_run(uint64_t now_ms) {
  if (now_ms < end_ms)
    return;
  uint64_t from_ms = end_ms - MEMSTAT_HISTORY_MS;
  uint64_t asleep_ms = (memstat_vm.asleep_ns - asleep_before_ns) / 1000000;
  uint64_t awake_ms = now_ms - from_ms > asleep_ms ? now_ms - from_ms - asleep_ms : 0;
  uint64_t ended = (now_ms - end_ms) / MEMSTAT_HISTORY_MS + 1;
  uint32_t keep = ended < MEMSTAT_HISTORY_N ? (uint32_t)ended : MEMSTAT_HISTORY_N;
  for (uint32_t i = 0; i < keep; i++) {
    uint32_t *s = samples[count++ % MEMSTAT_HISTORY_N];
    s[MEMSTAT_SERIES_USED] =
        (uint32_t)((memstat_total() - memstat_row(MEMSTAT_FREE)->bytes) / 1024);
    s[MEMSTAT_SERIES_CONNS] = memstat_vm.conns_now;
    s[MEMSTAT_SERIES_REQUESTS] =
        i == 0 ? (uint32_t)(memstat_vm.requests_total - requests_before) : 0;
    s[MEMSTAT_SERIES_LOAD] = i == 0 ? load(awake_ms) : 0;
  }
  end_ms += ended * MEMSTAT_HISTORY_MS;
  requests_before = memstat_vm.requests_total;
  asleep_before_ns = memstat_vm.asleep_ns;
}

uint32_t memstat_history_count(void) {
  return count;
}

uint32_t memstat_history_at(uint32_t number, enum memstat_series series) {
  return samples[number % MEMSTAT_HISTORY_N][series];
}

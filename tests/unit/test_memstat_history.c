/* SPDX-License-Identifier: BSD-2-Clause
 * The history: what happened in an interval is in its sample, time asleep leaves
 * samples of what stood still, and only the last ones are kept. */
#include "cmocka_all.h"

#include <memstat/history.h>
#include <memstat/memstat.h>

static uint64_t now_ms; /* of the machine that is played here */

static uint32_t last(enum memstat_series series) {
  return memstat_history_at(memstat_history_count() - 1, series);
}

static void awake(uint64_t ms) {
  now_ms += ms;
  memstat_history_run(now_ms);
}

static void asleep(uint64_t ms) {
  memstat_vm.asleep_ns += ms * 1000000;
  awake(ms);
}

static void nothing_before_the_first_interval_ends(void **state) {
  (void)state;
  memstat_add(MEMSTAT_FREE, 8 << 20);
  memstat_move(MEMSTAT_FREE, MEMSTAT_TEXT, 1 << 20);
  memstat_vm.requests_total = 3;
  awake(MEMSTAT_HISTORY_MS - 1);
  assert_int_equal(memstat_history_count(), 0);
  awake(1);
  assert_int_equal(memstat_history_count(), 1);
  assert_int_equal(last(MEMSTAT_SERIES_USED), 1024);
  assert_int_equal(last(MEMSTAT_SERIES_REQUESTS), 3);
  assert_int_equal(last(MEMSTAT_SERIES_LOAD), 1000);
}

static void a_sample_has_its_interval_alone(void **state) {
  (void)state;
  memstat_vm.requests_total += 7;
  memstat_vm.conns_now = 5;
  asleep(MEMSTAT_HISTORY_MS / 4 * 3);
  awake(MEMSTAT_HISTORY_MS / 4);
  assert_int_equal(memstat_history_count(), 2);
  assert_int_equal(last(MEMSTAT_SERIES_REQUESTS), 7);
  assert_int_equal(last(MEMSTAT_SERIES_CONNS), 5);
  assert_int_equal(last(MEMSTAT_SERIES_LOAD), 250);
}

static void a_long_sleep_is_filled_in(void **state) {
  (void)state;
  memstat_vm.requests_total += 2;
  asleep(MEMSTAT_HISTORY_MS * 10);
  assert_int_equal(memstat_history_count(), 12);
  assert_int_equal(memstat_history_at(2, MEMSTAT_SERIES_REQUESTS), 2);
  for (uint32_t i = 3; i < 12; i++) {
    assert_int_equal(memstat_history_at(i, MEMSTAT_SERIES_REQUESTS), 0);
    assert_int_equal(memstat_history_at(i, MEMSTAT_SERIES_CONNS), 5);
    assert_int_equal(memstat_history_at(i, MEMSTAT_SERIES_LOAD), 0);
  }
}

static void a_year_of_sleep_costs_no_more_than_the_history(void **state) {
  (void)state;
  uint32_t before = memstat_history_count();
  asleep(UINT64_C(365) * 86400 * 1000);
  assert_int_equal(memstat_history_count(), before + MEMSTAT_HISTORY_N);
  memstat_vm.requests_total += 4;
  awake(MEMSTAT_HISTORY_MS);
  assert_int_equal(memstat_history_count(), before + MEMSTAT_HISTORY_N + 1);
  assert_int_equal(last(MEMSTAT_SERIES_REQUESTS), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_before_the_first_interval_ends),
      cmocka_unit_test(a_sample_has_its_interval_alone),
      cmocka_unit_test(a_long_sleep_is_filled_in),
      cmocka_unit_test(a_year_of_sleep_costs_no_more_than_the_history),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

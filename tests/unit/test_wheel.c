/* SPDX-License-Identifier: BSD-2-Clause
 * The timer wheel against a plain array of deadlines: whatever is set, moved
 * and cancelled, each timer fires once, never early and at most a slot late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/wheel.h"

enum { TIMERS = 64, STEPS = 20000, TURN_MS = APP_WHEEL_SLOTS * APP_WHEEL_SLOT_MS };
#define NEVER UINT64_MAX

struct model {
  struct app_wheel wheel;
  struct app_timer timer[TIMERS];
  uint64_t due_ms[TIMERS]; /* NEVER: not set */
  uint64_t now_ms;
};

static uint64_t later(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static void set(struct model *m, unsigned i, uint64_t due_ms) {
  app_wheel_set(&m->wheel, &m->timer[i], due_ms);
  /* What is due already counts from now. */
  m->due_ms[i] = due_ms == NEVER ? NEVER : later(due_ms, m->now_ms);
}

/* Let time come to `now_ms`; what fires was due, and what was due fires. */
static void advance(struct model *m, uint64_t now_ms) {
  struct app_timer *t;
  m->now_ms = now_ms;
  while ((t = app_wheel_due(&m->wheel, now_ms)) != NULL) {
    size_t i = (size_t)(t - m->timer);
    assert_true(i < TIMERS);
    assert_true(m->due_ms[i] <= now_ms); /* a timer that is not set has NEVER */
    m->due_ms[i] = NEVER;
  }
  for (unsigned i = 0; i < TIMERS; i++)
    if (m->due_ms[i] != NEVER)
      assert_true(m->due_ms[i] + APP_WHEEL_SLOT_MS > now_ms);
}

static uint64_t earliest(const struct model *m) {
  uint64_t at = NEVER;
  for (unsigned i = 0; i < TIMERS; i++)
    if (m->due_ms[i] < at)
      at = m->due_ms[i];
  return at;
}

/* Who sleeps until the wheel's own deadline must not sleep past a timer. */
static void check_deadline(struct model *m) {
  uint64_t first = earliest(m), at = app_wheel_deadline_ms(&m->wheel);
  if (first == NEVER)
    assert_true(at == NEVER);
  else
    assert_true(at <= later(first, m->now_ms) + APP_WHEEL_SLOT_MS);
}

static uint64_t random_due(const struct model *m) {
  static const uint64_t spans_ms[] = {1, 40, 2000, TURN_MS + 100, 20 * TURN_MS};
  uint64_t span = spans_ms[(unsigned)rand() % 5];
  if (rand() % 16 == 0) /* past, or none */
    return rand() % 2 ? NEVER : m->now_ms - (uint64_t)rand() % (m->now_ms + 1);
  return m->now_ms + (uint64_t)rand() % span;
}

static uint64_t random_step(struct model *m) {
  uint64_t at = app_wheel_deadline_ms(&m->wheel);
  switch (rand() % 4) {
  case 0:
    return m->now_ms + (uint64_t)(rand() % 3);
  case 1:
    return m->now_ms + (uint64_t)(rand() % 500);
  case 2:
    return rand() % 64 ? m->now_ms : m->now_ms + 3 * TURN_MS;
  default:
    return at == NEVER ? m->now_ms : later(at, m->now_ms);
  }
}

static void test_random(void **state) {
  (void)state;
  static struct model m;
  srand(1);
  m.now_ms = 12345;
  app_wheel_init(&m.wheel, m.now_ms);
  for (unsigned i = 0; i < TIMERS; i++)
    m.due_ms[i] = NEVER;
  for (int step = 0; step < STEPS; step++) {
    for (int n = rand() % 4; n > 0; n--)
      set(&m, (unsigned)rand() % TIMERS, random_due(&m));
    check_deadline(&m);
    advance(&m, random_step(&m));
  }
}

/* Sleeping from deadline to deadline alone, as the loop does when idle. */
static uint64_t fires_at(uint64_t start_ms, uint64_t due_ms) {
  struct app_wheel w;
  struct app_timer t = {0};
  uint64_t now = start_ms;
  app_wheel_init(&w, now);
  app_wheel_set(&w, &t, due_ms);
  for (int wakes = 0; wakes < 100; wakes++) {
    now = app_wheel_deadline_ms(&w);
    assert_true(now != NEVER);
    struct app_timer *fired = app_wheel_due(&w, now);
    if (!fired)
      continue;
    assert_ptr_equal(fired, &t);
    assert_null(app_wheel_due(&w, now));
    assert_true(app_wheel_deadline_ms(&w) == NEVER);
    return now;
  }
  fail_msg("not fired after 100 wakes");
  return 0;
}

static void test_far_deadlines(void **state) {
  (void)state;
  for (uint64_t start = 0; start < 100; start += 33)
    for (uint64_t turns = 0; turns < 20; turns++)
      for (int off = -APP_WHEEL_SLOT_MS - 1; off <= APP_WHEEL_SLOT_MS + 1; off++) {
        uint64_t due = start + turns * TURN_MS + APP_WHEEL_SLOT_MS + 1 + (uint64_t)off;
        uint64_t at = fires_at(start, due);
        assert_true(at >= due && at <= due + APP_WHEEL_SLOT_MS);
      }
}

/* A deadline that is pushed back again and again is looked at once a turn at
 * most, and fires at its last value. */
static void test_pushed_back(void **state) {
  (void)state;
  struct app_wheel w;
  struct app_timer t = {0};
  app_wheel_init(&w, 0);
  uint64_t now = 0, last = 0;
  for (; now < 5 * TURN_MS; now += 10) {
    app_wheel_set(&w, &t, last = now + 1000);
    assert_null(app_wheel_due(&w, now));
  }
  assert_null(app_wheel_due(&w, last - 1));
  assert_ptr_equal(app_wheel_due(&w, last + APP_WHEEL_SLOT_MS), &t);
}

static void test_cancel(void **state) {
  (void)state;
  struct app_wheel w;
  struct app_timer t[3] = {{0}};
  app_wheel_init(&w, 0);
  for (int i = 0; i < 3; i++) /* one slot, so that the chain is mended */
    app_wheel_set(&w, &t[i], 100);
  app_wheel_set(&w, &t[1], NEVER);
  app_wheel_set(&w, &t[1], NEVER);
  struct app_timer *a = app_wheel_due(&w, 1000), *b = app_wheel_due(&w, 1000);
  assert_true((a == &t[0] && b == &t[2]) || (a == &t[2] && b == &t[0]));
  assert_null(app_wheel_due(&w, 1000));
  assert_true(app_wheel_deadline_ms(&w) == NEVER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_far_deadlines),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_pushed_back),
      cmocka_unit_test(test_cancel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

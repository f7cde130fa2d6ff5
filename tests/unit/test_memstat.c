/* SPDX-License-Identifier: BSD-2-Clause
 * The account: bytes move and are never lost; the high water stays; pools are
 * listed in the order of their registration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <memstat/memstat.h>

#define RAM (UINT64_C(8) << 20)

static int setup(void **state) {
  (void)state;
  assert_true(memstat_total() == 0);
  memstat_add(MEMSTAT_FREE, RAM);
  return 0;
}

static void test_moves_keep_the_sum(void **state) {
  (void)state;
  uint64_t bytes[MEMSTAT_OWNERS_N] = {[MEMSTAT_FREE] = RAM}, high[MEMSTAT_OWNERS_N];
  memcpy(high, bytes, sizeof high);
  srand(2);
  for (int i = 0; i < 20000; i++) {
    int from = rand() % MEMSTAT_OWNERS_N, to = rand() % MEMSTAT_OWNERS_N;
    uint64_t n = (uint64_t)rand() % (bytes[from] + 1);
    memstat_move(from, to, n);
    bytes[from] -= n;
    bytes[to] += n;
    if (bytes[to] > high[to])
      high[to] = bytes[to];
    assert_true(memstat_total() == RAM);
  }
  for (int i = 0; i < MEMSTAT_OWNERS_N; i++) {
    assert_true(memstat_row(i)->bytes == bytes[i]);
    assert_true(memstat_row(i)->high_water_bytes == high[i]);
    memstat_move(i, MEMSTAT_FREE, bytes[i]);
  }
  assert_true(memstat_row(MEMSTAT_FREE)->bytes == RAM);
}

static void test_refusals(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++)
    memstat_refuse(MEMSTAT_TLS);
  assert_true(memstat_row(MEMSTAT_TLS)->refusals == 3);
  assert_true(memstat_row(MEMSTAT_LOG)->refusals == 0);
  assert_true(memstat_total() == RAM);
}

/* Names are keys of JSON and of metrics: there, different, and plain. */
static void test_names(void **state) {
  (void)state;
  for (int i = 0; i < MEMSTAT_OWNERS_N; i++) {
    const char *name = memstat_name(i);
    assert_non_null(name);
    assert_true(memstat_label(i) && *memstat_label(i));
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
    for (int j = 0; j < i; j++)
      assert_string_not_equal(name, memstat_name(j));
  }
}

static void test_pools(void **state) {
  (void)state;
  static struct memstat_pool pool[3] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  assert_null(memstat_pool_first());
  for (int i = 0; i < 3; i++)
    memstat_pool_register(&pool[i]);
  const struct memstat_pool *p = memstat_pool_first();
  for (int i = 0; i < 3; i++, p = p->next)
    assert_ptr_equal(p, &pool[i]);
  assert_null(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_moves_keep_the_sum),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_pools),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}

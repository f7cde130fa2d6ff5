/* SPDX-License-Identifier: BSD-2-Clause
 * The memory report: complete and summing to the RAM whatever the buffer it
 * is written through, and whatever changes meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/err.h>

#include "../../site/memory_view.h"

#define RAM_BYTES (UINT64_C(32) << 20)
#define REPORT_MAX 32768

static struct memstat_pool pools[3] = {
    {.name = "heap", .owner = MEMSTAT_HTTP, .object_bytes = 64, .capacity = UINT32_MAX},
    {.name = "one", .owner = MEMSTAT_TCP, .object_bytes = 40, .used = 3, .capacity = 4},
    {.name = "empty", .owner = MEMSTAT_NET, .object_bytes = 8},
};

typedef int report_fn(struct site_memory_view *v, struct lib_out *o);

static int setup(void **state) {
  (void)state;
  memstat_add(MEMSTAT_FREE, RAM_BYTES);
  for (unsigned i = 1; i < MEMSTAT_OWNERS_N; i++)
    memstat_move(MEMSTAT_FREE, i, i * 4096 + 1);
  memstat_refuse(MEMSTAT_TCP);
  for (unsigned i = 0; i < 3; i++)
    memstat_pool_register(&pools[i]);
  return 0;
}

/* The report as one string, written through buffers of `room` bytes. */
static char *report(report_fn *fn, size_t room) {
  static char text[REPORT_MAX + 1];
  size_t n = 0;
  struct site_memory_view v;
  site_memory_view_init(&v);
  for (int done = 0; !done;) {
    struct lib_out o;
    assert_true(n + room <= REPORT_MAX);
    lib_out_init(&o, text + n, room);
    done = fn(&v, &o);
    assert_true(done >= 0);
    assert_false(o.overflow);
    n += o.n;
  }
  text[n] = 0;
  return text;
}

/* Sum of the numbers that follow each `key` in `s`; their count in *n. */
static uint64_t sum_after(const char *s, const char *key, unsigned *n) {
  uint64_t sum = 0;
  for (*n = 0; (s = strstr(s, key)) != NULL; ++*n) {
    s += strlen(key);
    sum += strtoull(s, NULL, 10);
  }
  return sum;
}

static void json_owners_sum_to_ram(void **state) {
  (void)state;
  unsigned n;
  const char *text = report(site_memory_view_json, 8192);
  assert_int_equal(sum_after(text, "\"ram_bytes\":", &n), RAM_BYTES);
  assert_int_equal(sum_after(text, "\"bytes\":", &n), RAM_BYTES);
  assert_int_equal(n, MEMSTAT_OWNERS_N);
  assert_int_equal(sum_after(text, "\"capacity\":", &n), 4);
  assert_int_equal(n, 3);
  assert_non_null(strstr(text, "\"capacity\":null,"));
  assert_null(strchr(text, '\n'));
}

static void same_report_through_any_buffer(void **state) {
  (void)state;
  report_fn *fns[] = {site_memory_view_json, site_memory_view_html};
  for (unsigned i = 0; i < 2; i++) {
    char *whole = strdup(report(fns[i], REPORT_MAX));
    for (size_t room = SITE_MEMORY_PIECE_MAX; room < 2 * SITE_MEMORY_PIECE_MAX; room += 511)
      assert_string_equal(report(fns[i], room), whole);
    free(whole);
  }
}

static void too_small_a_buffer_is_an_error(void **state) {
  (void)state;
  char tiny[4];
  struct lib_out o;
  struct site_memory_view v;
  site_memory_view_init(&v);
  lib_out_init(&o, tiny, sizeof tiny);
  assert_int_equal(site_memory_view_json(&v, &o), E_LIMIT);
  assert_int_equal(o.n, 0);
}

static void report_is_of_one_moment(void **state) {
  (void)state;
  static char text[REPORT_MAX];
  struct lib_out o;
  struct site_memory_view v;
  unsigned n;
  site_memory_view_init(&v);
  lib_out_init(&o, text, 600);
  assert_int_equal(site_memory_view_json(&v, &o), 0);
  memstat_move(MEMSTAT_FREE, MEMSTAT_LOG, 100000);
  o.cap = sizeof text - 1;
  assert_int_equal(site_memory_view_json(&v, &o), 1);
  memstat_move(MEMSTAT_LOG, MEMSTAT_FREE, 100000);
  text[o.n] = 0;
  assert_int_equal(sum_after(text, "\"bytes\":", &n), RAM_BYTES);
}

static void page_shows_every_owner_and_pool(void **state) {
  (void)state;
  const char *text = report(site_memory_view_html, REPORT_MAX);
  assert_true(strlen(text) < 30000);
  for (unsigned i = 0; i < MEMSTAT_OWNERS_N; i++) {
    char row[64];
    strcpy(row, "<tr><th><i class=\"key o-");
    strcat(row, memstat_name(i));
    strcat(row, "\"></i>");
    assert_non_null(strstr(text, row));
  }
  assert_non_null(strstr(text, "<code>one</code><td>40<td>3<"));
  assert_non_null(strstr(text, "<code>empty</code>"));
  assert_null(strstr(text, "4,294,967,295"));
  assert_non_null(strstr(text, "33,554,432"));
  assert_non_null(strstr(text, "</html>"));
}

/* The parts of the bar touch, begin at 0 and end at the bar's end. */
static void bar_is_whole(void **state) {
  (void)state;
  const char *at = report(site_memory_view_html, REPORT_MAX);
  unsigned bars = 0;
  for (uint64_t end = 0; (at = strstr(at, "height=1 x=")) != NULL;) {
    char *rest;
    at += strlen("height=1 x=");
    assert_int_equal(strtoull(at, &rest, 10), end);
    end += strtoull(rest + strlen(" width="), NULL, 10);
    if (end == 100000)
      bars++, end = 0;
  }
  assert_int_equal(bars, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_owners_sum_to_ram),
      cmocka_unit_test(same_report_through_any_buffer),
      cmocka_unit_test(too_small_a_buffer_is_an_error),
      cmocka_unit_test(report_is_of_one_moment),
      cmocka_unit_test(page_shows_every_owner_and_pool),
      cmocka_unit_test(bar_is_whole),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}

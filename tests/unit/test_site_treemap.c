/* SPDX-License-Identifier: BSD-2-Clause
 * The treemap: tiles fill the whole without gaps or overlaps, areas are as the
 * sizes, and no tile of some size is a sliver. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "../../site/treemap.h"

enum { W = 1000, H = 400 };

/* Each unit square belongs to exactly one tile. */
static void assert_tiling(const struct site_tile *t, unsigned n) {
  static unsigned char seen[H][W];
  memset(seen, 0, sizeof seen);
  for (unsigned i = 0; i < n; i++)
    for (unsigned y = t[i].y; y < t[i].y + t[i].h; y++)
      for (unsigned x = t[i].x; x < t[i].x + t[i].w; x++) {
        assert_true(x < W && y < H);
        assert_int_equal(seen[y][x]++, 0);
      }
  for (unsigned y = 0; y < H; y++)
    assert_null(memchr(seen[y], 0, W));
}

static uint64_t fill(struct site_tile *t, unsigned n, uint64_t most) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < n; i++) {
    t[i] = (struct site_tile){.bytes = (uint64_t)rand() % (most + 1)};
    sum += t[i].bytes;
  }
  return sum;
}

static void tiles_fill_the_whole(void **state) {
  (void)state;
  struct site_tile t[SITE_TREEMAP_N];
  srand(1);
  for (unsigned round = 0; round < 300; round++) {
    unsigned n = 1 + (unsigned)rand() % SITE_TREEMAP_N;
    uint64_t sum = fill(t, n, UINT64_C(1) << rand() % 40);
    unsigned placed = site_treemap(t, n, W, H);
    for (unsigned i = 0; i < n; i++) {
      assert_true((i < placed) == (t[i].bytes > 0));
      assert_true(i == 0 || t[i].bytes <= t[i - 1].bytes);
    }
    if (sum > 0)
      assert_tiling(t, placed);
  }
}

/* To the unit that rounding may take from each side. */
static void areas_are_as_the_sizes(void **state) {
  (void)state;
  struct site_tile t[SITE_TREEMAP_N];
  srand(2);
  for (unsigned round = 0; round < 300; round++) {
    uint64_t sum = fill(t, SITE_TREEMAP_N, 1000000);
    unsigned n = site_treemap(t, SITE_TREEMAP_N, W, H);
    for (unsigned i = 0; i < n; i++) {
      int64_t area = t[i].w * t[i].h, wanted = (int64_t)(t[i].bytes * W * H / sum);
      assert_true(llabs(area - wanted) <= 2 * (t[i].w + t[i].h) + 4);
    }
  }
}

static void tiles_of_one_size_are_about_square(void **state) {
  (void)state;
  struct site_tile t[SITE_TREEMAP_N];
  for (unsigned n = 2; n <= SITE_TREEMAP_N; n++) {
    for (unsigned i = 0; i < n; i++)
      t[i] = (struct site_tile){.bytes = 4096};
    assert_int_equal(site_treemap(t, n, W, H), n);
    for (unsigned i = 0; i < n; i++)
      assert_true(t[i].w <= 4 * t[i].h && t[i].h <= 4 * t[i].w);
  }
}

static void nothing_has_no_tiles(void **state) {
  (void)state;
  struct site_tile t[2] = {{.bytes = 0}, {.bytes = 0}};
  assert_int_equal(site_treemap(t, 2, W, H), 0);
  assert_int_equal(site_treemap(t, 0, W, H), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tiles_fill_the_whole),
      cmocka_unit_test(areas_are_as_the_sizes),
      cmocka_unit_test(tiles_of_one_size_are_about_square),
      cmocka_unit_test(nothing_has_no_tiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

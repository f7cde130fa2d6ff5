/* SPDX-License-Identifier: BSD-2-Clause
 * The memory map as a VMM may hand it over, in any order and state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/boot/memmap.h"

#define MB UINT64_C(0x100000)
#define IMAGE_END (2 * MB)
#define LEAST (3 * MB)
#define NO_RAM "the memory map names no RAM"
#define TOO_MANY "the memory map has overlapping or too many entries"
#define MORE "this image needs more RAM"
#define NOT_HERE "the memory map has no RAM where the image lies"

enum { RAM = BOOT_MEMMAP_RAM, RESERVED = 2 };

static struct boot_memmap m;

static const char *read_map(const struct boot_memmap_entry *e, uint32_t n) {
  const struct boot_info info = {
      .memmap = (const char *)e, .memmap_n = n, .memmap_stride = sizeof *e};
  memset(&m, 0xee, sizeof m);
  return boot_memmap_read(&info, IMAGE_END, LEAST, &m);
}

static void test_as_qemu_gives_it(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {
      {0, 0x9fc00, RAM, 0},  {0x9fc00, 0x400, RESERVED, 0},     {0xf0000, 0x10000, RESERVED, 0},
      {MB, 31 * MB, RAM, 0}, {0xfeffc000, 0x4000, RESERVED, 0},
  };
  assert_null(read_map(map, 5));
  assert_int_equal(m.ram_n, 2);
  assert_true(m.ram[0].from == 0 && m.ram[0].to == 0x9f000);
  assert_true(m.ram[1].from == MB && m.ram[1].to == 32 * MB);
  assert_true(m.ram_end == 32 * MB);
}

/* Every order of the same entries gives the same, ascending. */
static void test_any_order(void **state) {
  (void)state;
  const struct boot_memmap_entry sorted[] = {
      {0, 0x9f000, RAM, 0}, {MB, 2 * MB, RAM, 0}, {4 * MB, MB, RAM, 0}, {6 * MB, MB, RAM, 0}};
  for (int order = 0; order < 4 * 4 * 4 * 4; order++) {
    struct boot_memmap_entry map[4];
    unsigned seen = 0;
    for (int i = 0, rest = order; i < 4; i++, rest /= 4) {
      map[i] = sorted[rest % 4];
      seen |= 1u << rest % 4;
    }
    if (seen != 15) /* no permutation */
      continue;
    assert_null(read_map(map, 4));
    assert_int_equal(m.ram_n, 4);
    for (int i = 0; i < 4; i++) {
      assert_true(m.ram[i].from == sorted[i].addr);
      assert_true(m.ram[i].to == sorted[i].addr + sorted[i].size);
    }
    assert_true(m.ram_end == 7 * MB);
  }
}

/* As a UEFI's map has it: RAM of several kinds in a row is one piece, for the
 * image may lie across a border. */
static void test_what_touches_is_one(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {{3 * MB / 2, MB, RAM, 0},
                                          {5 * MB / 2, 5 * MB, RAM, 0},
                                          {MB, MB / 2, RAM, 0},
                                          {0x1000, 0x7000, RAM, 0}};
  assert_null(read_map(map, 4));
  assert_int_equal(m.ram_n, 2);
  assert_true(m.ram[1].from == MB && m.ram[1].to == 15 * MB / 2);
}

/* Entries of 20 bytes, not aligned: Linux's. */
static void test_stride(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {{0, 0x9f000, RAM, 0}, {MB, 9 * MB, RAM, 0}};
  char *packed = malloc(1 + 2 * BOOT_MEMMAP_ENTRY_LEAST);
  const struct boot_info info = {
      .memmap = packed + 1, .memmap_n = 2, .memmap_stride = BOOT_MEMMAP_ENTRY_LEAST};
  for (int i = 0; i < 2; i++)
    memcpy(packed + 1 + i * BOOT_MEMMAP_ENTRY_LEAST, &map[i], BOOT_MEMMAP_ENTRY_LEAST);
  assert_null(boot_memmap_read(&info, IMAGE_END, LEAST, &m));
  assert_true(m.ram_n == 2 && m.ram[1].to == 10 * MB);
  free(packed);
}

static const char *module(uint64_t addr, uint64_t bytes, struct boot_range *out) {
  const struct boot_memmap_entry map[] = {{0, 0x9f000, RAM, 0}, {MB, 9 * MB, RAM, 0}};
  const struct boot_info info = {.module = addr, .module_bytes = bytes};
  assert_null(read_map(map, 2));
  return boot_memmap_module(&m, &info, IMAGE_END, out);
}

static void test_module(void **state) {
  (void)state;
  struct boot_range r;
  assert_null(module(123, 0, &r)); /* none */
  assert_true(r.from == 0 && r.to == 0);
  assert_null(module(4 * MB, 1, &r));
  assert_true(r.from == 4 * MB && r.to == 4 * MB + 4096);
  assert_null(module(4 * MB + 8, 8192, &r));
  assert_true(r.from == 4 * MB && r.to == 4 * MB + 3 * 4096);
  assert_null(module(IMAGE_END, 8 * MB, &r)); /* from the image to the end */
  assert_null(module(4096, 0x9e000, &r));     /* below the image */
}

static void test_module_refused(void **state) {
  (void)state;
  static const struct {
    uint64_t addr, bytes;
  } cases[] = {
      {0, 4096},                     /* page 0 is never mapped */
      {4095, 2},                     /* nor a part of it */
      {4096, 0x9e001},               /* into a hole */
      {0xa0000, 4096},               /* in a hole */
      {MB, 4096},                    /* the image */
      {IMAGE_END - 1, 4096},         /* its last byte */
      {IMAGE_END, 8 * MB + 1},       /* behind RAM */
      {BOOT_RAM_MAX, MB},            /* far behind */
      {4 * MB, UINT64_MAX},          /* wraps */
      {4 * MB, UINT64_MAX - 4 * MB}, /* wraps when rounded */
      {UINT64_MAX - 4095, 4096},
      {UINT64_MAX, UINT64_MAX},
  };
  struct boot_range r;
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_non_null(module(cases[i].addr, cases[i].bytes, &r));
}

/* The page map: behind the image, not over the module, not over a hole. */
static void test_room(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {{MB, 2 * MB, RAM, 0}, {4 * MB, MB, RAM, 0}};
  const struct boot_range none = {0, 0}, behind = {IMAGE_END, IMAGE_END + 4096},
                          far = {5 * MB / 2, 3 * MB};
  assert_null(read_map(map, 2));
  assert_true(boot_memmap_room(&m, IMAGE_END, &none, MB) == IMAGE_END);
  assert_true(boot_memmap_room(&m, IMAGE_END, &none, MB + 1) == 0);
  assert_true(boot_memmap_room(&m, IMAGE_END, &behind, 4096) == IMAGE_END + 4096);
  assert_true(boot_memmap_room(&m, IMAGE_END, &behind, MB) == 4 * MB);
  assert_true(boot_memmap_room(&m, IMAGE_END, &far, MB / 2) == IMAGE_END);
  assert_true(boot_memmap_room(&m, IMAGE_END, &far, MB / 2 + 1) == 4 * MB);
}

static void test_rounding(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {
      {1, 0xfff, RAM, 0},           /* not one whole page */
      {0x1001, 0x2fff, RAM, 0},     /* 0x2000 to 0x4000 */
      {0x8fff, 2, RAM, 0},          /* around a boundary: none */
      {0x10000, 0, RAM, 0},         /* empty */
      {MB, 3 * MB + 0xfff, RAM, 0}, /* the part of a page at its end */
  };
  assert_null(read_map(map, 5));
  assert_int_equal(m.ram_n, 2);
  assert_true(m.ram[0].from == 0x2000 && m.ram[0].to == 0x4000);
  assert_true(m.ram[1].to == 4 * MB);
}

static void test_above_the_limit(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {
      {MB, 4096 * MB, RAM, 0},        /* cut off */
      {BOOT_RAM_MAX, MB, RAM, 0},     /* left alone */
      {UINT64_MAX - 10, 100, RAM, 0}, /* wraps */
      {UINT64_MAX & ~UINT64_C(4095), 4096, RAM, 0},
  };
  assert_null(read_map(map, 4));
  assert_int_equal(m.ram_n, 1);
  assert_true(m.ram_end == BOOT_RAM_MAX);
}

static void test_size_that_wraps(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {{MB, UINT64_MAX, RAM, 0}};
  assert_null(read_map(map, 1));
  assert_true(m.ram[0].from == MB && m.ram[0].to == BOOT_RAM_MAX);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    struct boot_memmap_entry map[3];
    uint32_t n;
    const char *why;
  } cases[] = {
      {{{0}}, 0, NO_RAM},
      {{{MB, 8 * MB, RESERVED, 0}}, 1, NO_RAM},
      {{{MB, 8 * MB, 0, 0}}, 1, NO_RAM},
      {{{MB, 100, RAM, 0}}, 1, NO_RAM},
      {{{2 * BOOT_RAM_MAX, 8 * MB, RAM, 0}}, 1, NO_RAM},
      {{{MB, MB, RAM, 0}}, 1, MORE},
      {{{MB, 2 * MB - 1, RAM, 0}}, 1, MORE},
      {{{4 * MB, 8 * MB, RAM, 0}}, 1, NOT_HERE},
      {{{MB + 4096, 8 * MB, RAM, 0}}, 1, NOT_HERE},
      {{{MB, MB - 4096, RAM, 0}, {4 * MB, MB, RAM, 0}}, 2, NOT_HERE},
      {{{MB, 8 * MB, RAM, 0}, {MB, 8 * MB, RAM, 0}}, 2, TOO_MANY},
      {{{MB, 8 * MB, RAM, 0}, {2 * MB, MB, RAM, 0}}, 2, TOO_MANY},
      {{{2 * MB, MB, RAM, 0}, {MB, 8 * MB, RAM, 0}}, 2, TOO_MANY},
      {{{4 * MB, MB, RAM, 0}, {MB, 3 * MB + 4096, RAM, 0}}, 2, TOO_MANY},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why = read_map(cases[i].map, cases[i].n);
    assert_non_null(why);
    assert_string_equal(why, cases[i].why);
  }
}

static void test_least_is_enough(void **state) {
  (void)state;
  const struct boot_memmap_entry map[] = {{MB, LEAST - MB, RAM, 0}};
  assert_null(read_map(map, 1));
}

static void test_as_many_as_fit(void **state) {
  (void)state;
  struct boot_memmap_entry map[BOOT_RANGES_MAX + 1] = {{MB, 8 * MB, RAM, 0}};
  for (unsigned i = 1; i <= BOOT_RANGES_MAX; i++)
    map[i] = (struct boot_memmap_entry){(16 + 2 * (uint64_t)i) * MB, MB, RAM, 0};
  assert_null(read_map(map, BOOT_RANGES_MAX));
  assert_int_equal(m.ram_n, BOOT_RANGES_MAX);
  assert_string_equal(read_map(map, BOOT_RANGES_MAX + 1), TOO_MANY);
}

/* Random maps: what is taken is ascending, disjoint, whole pages, in RAM. */
static void test_random(void **state) {
  (void)state;
  unsigned taken = 0;
  srand(3);
  for (int round = 0; round < 100000; round++) {
    struct boot_memmap_entry map[6];
    for (int i = 0; i < 6; i++)
      map[i] = (struct boot_memmap_entry){(uint64_t)(rand() % 4096) << 12 | (uint64_t)(rand() % 2),
                                          (uint64_t)(rand() % 1500) << 12, 1 + rand() % 2, 0};
    map[rand() % 6] = (struct boot_memmap_entry){MB, 3 * MB, RAM, 0};
    if (read_map(map, 6))
      continue;
    taken++;
    for (unsigned i = 0; i < m.ram_n; i++) {
      assert_true(m.ram[i].from < m.ram[i].to && m.ram[i].to <= BOOT_RAM_MAX);
      assert_true(m.ram[i].from % 4096 == 0 && m.ram[i].to % 4096 == 0);
      assert_true(i == 0 || m.ram[i - 1].to < m.ram[i].from);
    }
    assert_true(m.ram_end == m.ram[m.ram_n - 1].to);
  }
  assert_true(taken > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_qemu_gives_it), cmocka_unit_test(test_any_order),
      cmocka_unit_test(test_rounding),         cmocka_unit_test(test_above_the_limit),
      cmocka_unit_test(test_size_that_wraps),  cmocka_unit_test(test_refused),
      cmocka_unit_test(test_least_is_enough),  cmocka_unit_test(test_as_many_as_fit),
      cmocka_unit_test(test_random),           cmocka_unit_test(test_what_touches_is_one),
      cmocka_unit_test(test_stride),           cmocka_unit_test(test_module),
      cmocka_unit_test(test_module_refused),   cmocka_unit_test(test_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * What loaders hand over, by each protocol: as they give it, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loader_memory.h"

enum { MEMORY = 3 * 4096 };
#define MB UINT64_C(0x100000)
#define CMDLINE "ip=192.0.2.7/24 port=8080"

static char memory[MEMORY];
static struct boot_info info;

static void put(size_t at, const void *p, size_t n) {
  assert_true(at + n <= MEMORY);
  memcpy(memory + at, p, n);
}

static void put32(size_t at, uint32_t v) {
  put(at, &v, 4);
}

static void put64(size_t at, uint64_t v) {
  put(at, &v, 8);
}

static void put_map(size_t at, size_t stride) {
  const struct boot_memmap_entry map[] = {{0, 0x9f000, BOOT_MEMMAP_RAM, 0},
                                          {MB, 63 * MB, BOOT_MEMMAP_RAM, 0}};
  for (size_t i = 0; i < 2; i++)
    put(at + i * stride, &map[i], stride < sizeof *map ? stride : sizeof *map);
}

/* Read what lies in `memory`, of which `n` bytes are there. */
static const char *read_info(unsigned protocol, size_t n) {
  loader_load(memory, n);
  memset(&info, 0xee, sizeof info);
  return boot_info_read(protocol, LOADER_AT, loader_reach, &info);
}

static void pvh(void) {
  memset(memory, 0, MEMORY);
  put32(0, 0x336ec578);
  put32(4, 1);  /* version */
  put32(12, 1); /* modules */
  put64(16, LOADER_AT + 256);
  put64(24, LOADER_AT + 512);
  put64(40, LOADER_AT + 384);
  put32(48, 2);
  put64(256, 4 * MB);
  put64(264, 4711);
  put_map(384, 24);
  put(512, CMDLINE, sizeof CMDLINE);
}

static void linux_params(void) {
  memset(memory, 0, MEMORY);
  memory[0x1e8] = 2;
  put(0x202, "HdrS", 4);
  put32(0x218, 4 * MB);
  put32(0x21c, 4711);
  put32(0x228, LOADER_AT + 4096);
  put_map(0x2d0, 20);
  put(4096, CMDLINE, sizeof CMDLINE);
}

enum {
  MB2_CMDLINE = 8,
  MB2_MODULE = 48,
  MB2_MAP = 72,
  MB2_OTHER = 136,
  MB2_END = 152,
  MB2_BYTES = 160
};

static void multiboot2(void) {
  memset(memory, 0, MEMORY);
  put32(0, MB2_BYTES);
  put32(MB2_CMDLINE, 1);
  put32(MB2_CMDLINE + 4, 8 + sizeof CMDLINE);
  put(MB2_CMDLINE + 8, CMDLINE, sizeof CMDLINE);
  put32(MB2_MODULE, 3);
  put32(MB2_MODULE + 4, 17 + 5);
  put32(MB2_MODULE + 8, 4 * MB);
  put32(MB2_MODULE + 12, 4 * MB + 4711);
  put32(MB2_MAP, 6);
  put32(MB2_MAP + 4, 16 + 2 * 24);
  put32(MB2_MAP + 8, 24);
  put_map(MB2_MAP + 16, 24);
  put32(MB2_OTHER, 4); /* basic memory information: not asked for */
  put32(MB2_OTHER + 4, 16);
  put32(MB2_END + 4, 8);
}

static const struct {
  void (*put)(void);
  size_t bytes; /* of the struct that must be there whole */
} protocols[] = {[BOOT_PVH] = {pvh, 56},
                 [BOOT_LINUX] = {linux_params, 4096},
                 [BOOT_MULTIBOOT2] = {multiboot2, MB2_BYTES}};
enum { PROTOCOLS_N = sizeof protocols / sizeof *protocols };

static void expect_all(unsigned protocol) {
  struct boot_memmap map;
  protocols[protocol].put();
  assert_null(read_info(protocol, MEMORY));
  assert_true(lib_span_eq(info.cmdline, LIB_SPAN(CMDLINE)));
  assert_true(info.module == 4 * MB && info.module_bytes == 4711);
  assert_int_equal(info.memmap_n, 2);
  assert_null(boot_memmap_read(&info, 2 * MB, 3 * MB, &map));
  assert_int_equal(map.ram_n, 2);
  assert_true(map.ram[1].from == MB && map.ram_end == 64 * MB);
}

static void test_all_that_is_told(void **state) {
  (void)state;
  for (unsigned p = 0; p < PROTOCOLS_N; p++)
    expect_all(p);
}

/* No part of it is needed, and none is read that is not there. */
static void test_cut_short(void **state) {
  (void)state;
  for (unsigned p = 0; p < PROTOCOLS_N; p++) {
    protocols[p].put();
    for (size_t n = 0; n < protocols[p].bytes; n++)
      assert_non_null(read_info(p, n));
    for (size_t n = protocols[p].bytes; n < protocols[p].bytes + 1024; n++)
      assert_null(read_info(p, n));
  }
}

static void test_nothing_but_the_map(void **state) {
  (void)state;
  pvh();
  put32(12, 0);
  put64(24, 0);
  assert_null(read_info(BOOT_PVH, MEMORY));
  assert_true(info.cmdline.n == 0 && info.module_bytes == 0 && info.memmap_n == 2);
  linux_params();
  put32(0x21c, 0);
  put32(0x228, 0);
  assert_null(read_info(BOOT_LINUX, MEMORY));
  assert_true(info.cmdline.n == 0 && info.module_bytes == 0 && info.memmap_n == 2);
  multiboot2();
  put32(MB2_CMDLINE, 99); /* tags that nobody knows */
  put32(MB2_MODULE, 98);
  assert_null(read_info(BOOT_MULTIBOOT2, MEMORY));
  assert_true(info.cmdline.n == 0 && info.module_bytes == 0 && info.memmap_n == 2);
}

static void test_not_what_it_claims(void **state) {
  (void)state;
  pvh();
  put32(4, 0); /* version 0 has no memory map */
  assert_non_null(read_info(BOOT_PVH, MEMORY));
  for (unsigned p = 0; p < PROTOCOLS_N; p++)
    for (unsigned other = 0; other < PROTOCOLS_N; other++) {
      protocols[other].put();
      assert_true((read_info(p, MEMORY) == NULL) == (p == other));
    }
}

/* A command line without an end is cut: where memory ends, or at the limit. */
static void test_endless_cmdline(void **state) {
  (void)state;
  linux_params();
  memset(memory + 4096, 'x', MEMORY - 4096);
  assert_null(read_info(BOOT_LINUX, MEMORY));
  assert_int_equal(info.cmdline.n, BOOT_CMDLINE_MAX);
  assert_null(read_info(BOOT_LINUX, 4096 + 100));
  assert_int_equal(info.cmdline.n, 100);
}

static void test_addresses_above_4_gib(void **state) {
  (void)state;
  linux_params();
  put32(0xc0, 1);
  put32(0xc4, 2);
  put32(0xc8, 1);
  assert_null(read_info(BOOT_LINUX, MEMORY));
  assert_true(info.module == (1ull << 32) + 4 * MB && info.module_bytes == (2ull << 32) + 4711);
  assert_int_equal(info.cmdline.n, 0); /* out of reach */
}

static void test_counts_beyond_the_memory(void **state) {
  (void)state;
  pvh();
  put32(48, UINT32_MAX);
  assert_null(read_info(BOOT_PVH, MEMORY));
  assert_int_equal(info.memmap_n, 0);
  linux_params();
  memory[0x1e8] = (char)0xff;
  assert_null(read_info(BOOT_LINUX, MEMORY));
  assert_int_equal(info.memmap_n, 128);
}

static void test_damaged_tags(void **state) {
  (void)state;
  static const struct {
    unsigned at;
    uint32_t v;
  } cases[] = {
      {0, 0},
      {0, 8},
      {0, MB2_END},
      {0, UINT32_MAX},
      {MB2_CMDLINE + 4, 0},
      {MB2_CMDLINE + 4, 7},
      {MB2_MODULE + 4, UINT32_MAX},
      {MB2_MAP + 4, UINT32_MAX - 6},
      {MB2_OTHER + 4, 9999},
      {MB2_END, 5}, /* no end */
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    multiboot2();
    put32(cases[i].at, cases[i].v);
    assert_non_null(read_info(BOOT_MULTIBOOT2, MB2_BYTES));
  }
  multiboot2();
  put32(MB2_MAP + 8, 19); /* entries too small to be some */
  assert_null(read_info(BOOT_MULTIBOOT2, MB2_BYTES));
  assert_int_equal(info.memmap_n, 0);
  multiboot2();
  put32(MB2_MODULE + 12, 4 * MB - 1); /* ends before it begins */
  assert_null(read_info(BOOT_MULTIBOOT2, MB2_BYTES));
  assert_true(info.module_bytes == 0);
}

/* A module that is there twice: the first counts. */
static void test_first_module(void **state) {
  (void)state;
  multiboot2();
  put32(MB2_OTHER, 3);
  put32(MB2_OTHER + 8, 8 * MB);
  put32(MB2_OTHER + 12, 9 * MB);
  assert_null(read_info(BOOT_MULTIBOOT2, MB2_BYTES));
  assert_true(info.module == 4 * MB && info.module_bytes == 4711);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_that_is_told),
      cmocka_unit_test(test_cut_short),
      cmocka_unit_test(test_nothing_but_the_map),
      cmocka_unit_test(test_not_what_it_claims),
      cmocka_unit_test(test_endless_cmdline),
      cmocka_unit_test(test_addresses_above_4_gib),
      cmocka_unit_test(test_counts_beyond_the_memory),
      cmocka_unit_test(test_damaged_tags),
      cmocka_unit_test(test_first_module),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  free(loader_memory);
  return failed;
}

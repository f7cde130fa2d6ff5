/* SPDX-License-Identifier: BSD-2-Clause
 * Pages, pools and heap as in the guest: an address of RAM is its own pointer.
 * The VM's RAM is mapped where the made-up memory map says; the linker's
 * symbols are absolute, so this program is linked without -pie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <kernel/mem.h>

#include "kernel/mem/page.h"

/* RAM: the lowest 636 KiB, which this process cannot have and only counts, a
 * hole, and 64 MiB that begin with the image: more than a sixth of it all. */
enum { KB = 1024, MB = 1024 * KB, LOW = 636 * KB, BASE = 0x10000000, HIGH = 64 * MB };

#define SYMBOL(name, offset) __asm__(".globl " #name "\n.set " #name ", 0x10000000 + " #offset)
SYMBOL(image_start, 0);
SYMBOL(text_start, 0x1000);
SYMBOL(rodata_start, 0x4000);
SYMBOL(ring0_data_start, 0x6000);
SYMBOL(data_start, 0x7000);
SYMBOL(stack_guard, 0x9000);
SYMBOL(stacks_end, 0x13000);
SYMBOL(boot_tables_start, 0x1b000);
SYMBOL(boot_tables_end, 0x1e000);
SYMBOL(crash_page, 0x1f000);
SYMBOL(site_start, 0x20000);
SYMBOL(image_end, 0x28000);

/* Two pages of boot module, where the page map would begin but for them. */
static const struct boot_range module = {BASE + 0x29000, BASE + 0x2b000};

static uint64_t bytes(enum memstat_owner owner) {
  return memstat_row(owner)->bytes;
}

static uint64_t pages(enum memstat_owner owner) {
  assert_true(bytes(owner) % KERNEL_PAGE == 0);
  return bytes(owner) / KERNEL_PAGE;
}

static int setup(void **state) {
  (void)state;
  static const struct boot_memmap map = {
      .ram = {{0, LOW}, {BASE, BASE + HIGH}}, .ram_n = 2, .ram_end = BASE + HIGH};
  void *p = mmap((void *)BASE, HIGH, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  assert_ptr_equal(p, (void *)BASE);
  memset(p, 0xa5, HIGH);
  page_init(&map, &module);
  return 0;
}

static void test_boot_account(void **state) {
  (void)state;
  const uint64_t map_pages = ((BASE + HIGH) / KERNEL_PAGE + KERNEL_PAGE - 1) / KERNEL_PAGE;
  assert_true(memstat_total() == BASE + HIGH);
  assert_int_equal(pages(MEMSTAT_TEXT), 4);
  assert_int_equal(pages(MEMSTAT_RODATA), 2);
  assert_int_equal(pages(MEMSTAT_DATA), 2 + 1);
  assert_int_equal(pages(MEMSTAT_LOG), 1); /* the report of the last panic */
  assert_int_equal(pages(MEMSTAT_STACK), 10);
  assert_int_equal(pages(MEMSTAT_PAGE_TABLES), 1 + 8);
  assert_int_equal(pages(MEMSTAT_SITE), 8 + 2);
  assert_int_equal(pages(MEMSTAT_PAGE_MAP), map_pages);
  assert_int_equal(bytes(MEMSTAT_RESERVED), BASE - LOW + KERNEL_PAGE); /* with page 0 */
  assert_int_equal(bytes(MEMSTAT_FREE), kernel_page_free_bytes());
  /* The boot's own page tables are free: the four before the site, less two. */
  assert_int_equal(pages(MEMSTAT_FREE),
                   LOW / KERNEL_PAGE - 1 + HIGH / KERNEL_PAGE - 40 + 3 - 2 - map_pages);
}

/* Each page of RAM that is nobody's, once; never page 0, the hole, the image,
 * the module or the page map. */
static void test_all_pages_once(void **state) {
  (void)state;
  static uint8_t seen[(BASE + HIGH) / KERNEL_PAGE];
  uint64_t free_n = pages(MEMSTAT_FREE), n = 0, refusals = memstat_row(MEMSTAT_LOG)->refusals;
  for (uintptr_t at; (at = (uintptr_t)kernel_page_alloc(MEMSTAT_LOG, 1)) != 0; n++) {
    assert_int_equal(at % KERNEL_PAGE, 0);
    assert_true(
        (at >= KERNEL_PAGE && at < LOW) || (at >= BASE + 0x1b000 && at < BASE + 0x1e000) ||
        (at >= BASE + 0x28000 && at < BASE + HIGH && (at < module.from || at >= module.to)));
    assert_false(seen[at / KERNEL_PAGE]);
    seen[at / KERNEL_PAGE] = 1;
  }
  assert_int_equal(n, free_n);
  assert_int_equal(bytes(MEMSTAT_FREE), 0);
  assert_int_equal(memstat_row(MEMSTAT_LOG)->refusals, refusals + 1);
  for (uintptr_t i = 0; i < sizeof seen; i++)
    if (seen[i])
      kernel_page_free((void *)(i * KERNEL_PAGE), 1);
  assert_int_equal(pages(MEMSTAT_FREE), free_n);
  assert_int_equal(pages(MEMSTAT_LOG), 1);
  kernel_page_audit();
}

/* From here on the pages below 1 MiB are taken: the rest can be written. */
static int take_low(void **state) {
  (void)state;
  void *rest = NULL;
  for (void **p; (p = kernel_page_alloc(MEMSTAT_RESERVED, 1)) != NULL;)
    if ((uintptr_t)p >= BASE) {
      *p = rest;
      rest = p;
    }
  while (rest) {
    void *next = *(void **)rest;
    kernel_page_free(rest, 1);
    rest = next;
  }
  return 0;
}

static void test_rows(void **state) {
  (void)state;
  enum { N = 24 };
  struct {
    uint8_t *p;
    size_t n;
  } taken[N] = {{0}};
  const uint64_t free_n = pages(MEMSTAT_FREE);
  uint64_t held = 0;
  srand(6);
  for (int step = 0; step < 20000; step++) {
    unsigned i = (unsigned)rand() % N;
    if (taken[i].p) {
      for (size_t k = 0; k < taken[i].n; k++) /* still as it was left */
        assert_int_equal(taken[i].p[k * KERNEL_PAGE], i);
      kernel_page_free(taken[i].p, taken[i].n);
      held -= taken[i].n;
      taken[i].p = NULL;
    } else {
      taken[i].n = 1 + (size_t)rand() % (step % 100 ? 640 : 14400);
      taken[i].p = kernel_page_alloc(MEMSTAT_CONN, taken[i].n);
      if (taken[i].p)
        held += taken[i].n;
      for (size_t k = 0; taken[i].p && k < taken[i].n; k++)
        taken[i].p[k * KERNEL_PAGE] = (uint8_t)i;
    }
    assert_int_equal(pages(MEMSTAT_CONN), held);
    assert_int_equal(pages(MEMSTAT_FREE), free_n - held);
    assert_true(memstat_total() == BASE + HIGH);
  }
  assert_true(memstat_row(MEMSTAT_CONN)->refusals > 0);
  for (unsigned i = 0; i < N; i++)
    if (taken[i].p)
      kernel_page_free(taken[i].p, taken[i].n);
  assert_int_equal(pages(MEMSTAT_FREE), free_n);
}

/* More than there is, and a number that overflows in bytes. */
static void test_too_many(void **state) {
  (void)state;
  uint64_t before = memstat_row(MEMSTAT_HTTP)->refusals;
  assert_null(kernel_page_alloc(MEMSTAT_HTTP, pages(MEMSTAT_FREE) + 1));
  assert_null(kernel_page_alloc(MEMSTAT_HTTP, SIZE_MAX / KERNEL_PAGE));
  assert_null(kernel_page_alloc(MEMSTAT_HTTP, (SIZE_MAX / KERNEL_PAGE) + 2));
  assert_int_equal(memstat_row(MEMSTAT_HTTP)->refusals, before + 3);
}

/* Fill, check and give back objects in random order: no two share a byte. */
static void exercise_pool(struct kernel_pool *pool, uint32_t object_bytes, unsigned most) {
  unsigned char *object[64] = {NULL};
  unsigned used = 0;
  for (int step = 0; step < 20000; step++) {
    unsigned i = (unsigned)rand() % 64;
    if (object[i]) {
      for (uint32_t k = 0; k < object_bytes; k++)
        assert_int_equal(object[i][k], i);
      kernel_pool_put(pool, object[i]);
      object[i] = NULL;
      used--;
    } else if ((object[i] = kernel_pool_get(pool)) != NULL) {
      assert_int_equal((uintptr_t)object[i] % 16, 0);
      memset(object[i], (int)i, object_bytes);
      used++;
    } else {
      assert_int_equal(used, most);
    }
    assert_int_equal(pool->stat.used, used);
  }
  for (unsigned i = 0; i < 64; i++)
    if (object[i])
      kernel_pool_put(pool, object[i]);
  assert_int_equal(pool->stat.used, 0);
}

static void test_pools(void **state) {
  (void)state;
  static const uint32_t sizes[] = {8, 16, 17, 100, 672, 1344, KERNEL_POOL_OBJECT_MAX};
  static struct kernel_pool pool[7];
  for (unsigned i = 0; i < 7; i++) {
    uint64_t free_bytes = bytes(MEMSTAT_FREE);
    kernel_pool_init(&pool[i], "test", MEMSTAT_TCP, sizes[i], 40);
    exercise_pool(&pool[i], sizes[i], 40);
    assert_int_equal(pool[i].stat.high_water, 40);
    assert_true(pool[i].stat.refusals > 0);
    kernel_pool_trim();
    assert_int_equal(bytes(MEMSTAT_TCP), 0); /* every page has come back */
    assert_int_equal(bytes(MEMSTAT_FREE), free_bytes);
  }
}

static void test_pool_without_memory(void **state) {
  (void)state;
  static struct kernel_pool pool;
  uint64_t free_n = pages(MEMSTAT_FREE);
  kernel_pool_init(&pool, "test", MEMSTAT_TCP, 2000, UINT32_MAX);
  void *first = kernel_pool_get(&pool), *rest = NULL;
  for (void **p; (p = kernel_pool_get(&pool)) != NULL; rest = p)
    *p = rest;
  assert_int_equal(bytes(MEMSTAT_FREE), 0);
  assert_int_equal(pool.stat.used, free_n * 2); /* two in a page */
  assert_int_equal(pool.stat.refusals, 1);
  kernel_pool_put(&pool, first);
  assert_ptr_equal(kernel_pool_get(&pool), first); /* room again at once */
  kernel_pool_put(&pool, first);
  while (rest) {
    void *next = *(void **)rest;
    kernel_pool_put(&pool, rest);
    rest = next;
  }
  kernel_pool_trim();
  assert_int_equal(pages(MEMSTAT_FREE), free_n);
}

/* Pools keep pages that become empty, up to a number, while memory is not short. */
static void test_pool_keeps_pages(void **state) {
  (void)state;
  enum { N = 200 };
  static struct kernel_pool pool;
  void *object[N];
  kernel_pool_init(&pool, "test", MEMSTAT_TCP, KERNEL_POOL_OBJECT_MAX, N);
  assert_false(kernel_pool_untrimmed());
  object[0] = kernel_pool_get(&pool);
  kernel_pool_put(&pool, object[0]);
  assert_true(kernel_pool_untrimmed());
  assert_int_equal(pages(MEMSTAT_TCP), 1);
  assert_ptr_equal(kernel_pool_get(&pool), object[0]);
  kernel_pool_trim(); /* it is in use again */
  assert_int_equal(pages(MEMSTAT_TCP), 1);
  kernel_pool_put(&pool, object[0]);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < N; i++)
      assert_non_null(object[i] = kernel_pool_get(&pool));
    for (int i = 0; i < N; i++)
      kernel_pool_put(&pool, object[i]);
    assert_true(pages(MEMSTAT_TCP) < N / 2);
  }
  kernel_pool_trim();
  assert_false(kernel_pool_untrimmed());
  assert_int_equal(pages(MEMSTAT_TCP), 0);

  size_t half_n = pages(MEMSTAT_FREE) / 2;
  void *half = kernel_page_alloc(MEMSTAT_HTTP, half_n);
  assert_non_null(half);
  assert_true(kernel_page_short());
  kernel_pool_put(&pool, kernel_pool_get(&pool));
  assert_int_equal(pages(MEMSTAT_TCP), 0);
  kernel_page_free(half, half_n);
  kernel_page_audit();
}

static void test_heap(void **state) {
  (void)state;
  enum { N = 64 };
  static struct kernel_heap heap;
  struct {
    unsigned char *p;
    size_t n;
  } taken[N] = {{0}};
  uint64_t free_bytes = bytes(MEMSTAT_FREE);
  kernel_heap_init(&heap, "test", MEMSTAT_TLS);
  for (int step = 0; step < 30000; step++) {
    unsigned i = (unsigned)rand() % N;
    if (taken[i].p) {
      for (size_t k = 0; k < taken[i].n; k++)
        assert_int_equal(taken[i].p[k], i);
      kernel_heap_free(taken[i].p);
      taken[i].p = NULL;
      continue;
    }
    taken[i].n = 1 + (size_t)rand() % (step % 10 ? 2100 : 60000);
    taken[i].p = kernel_heap_alloc(&heap, taken[i].n);
    if (!taken[i].p)
      continue;
    assert_int_equal((uintptr_t)taken[i].p % 16, 0);
    memset(taken[i].p, (int)i, taken[i].n);
  }
  for (unsigned i = 0; i < N; i++)
    kernel_heap_free(taken[i].p);
  kernel_pool_trim();
  assert_int_equal(bytes(MEMSTAT_TLS), 0);
  assert_int_equal(bytes(MEMSTAT_FREE), free_bytes);
}

/* At each border between the size classes, and between them and whole pages. */
static void test_heap_borders(void **state) {
  (void)state;
  static struct kernel_heap heap;
  kernel_heap_init(&heap, "test", MEMSTAT_TLS);
  for (size_t n = 1; n <= 3 * KERNEL_PAGE; n++) {
    unsigned char *a = kernel_heap_alloc(&heap, n), *b = kernel_heap_alloc(&heap, n);
    assert_true(a && b && (a + n <= b || b + n <= a));
    a[0] = a[n - 1] = 1;
    b[0] = b[n - 1] = 2;
    assert_int_equal(a[0] + a[n - 1], 2);
    kernel_heap_free(a);
    kernel_heap_free(b);
    kernel_pool_trim();
    assert_int_equal(bytes(MEMSTAT_TLS), 0);
  }
}

static void test_heap_refuses(void **state) {
  (void)state;
  static struct kernel_heap heap;
  uint64_t free_bytes = bytes(MEMSTAT_FREE), before = memstat_row(MEMSTAT_TLS)->refusals;
  kernel_heap_init(&heap, "test", MEMSTAT_TLS);
  assert_null(kernel_heap_alloc(&heap, free_bytes));
  assert_null(kernel_heap_alloc(&heap, SIZE_MAX));
  assert_null(kernel_heap_alloc(&heap, SIZE_MAX - 100));
  assert_true(memstat_row(MEMSTAT_TLS)->refusals > before);
  assert_int_equal(bytes(MEMSTAT_FREE), free_bytes);
  kernel_heap_free(NULL);
}

/* Whatever way an owner takes memory, it is charged for whole pages, the sum
 * stays, and giving back leaves nothing. */
static void test_each_owner_is_charged(void **state) {
  (void)state;
  static struct kernel_heap heap[MEMSTAT_OWNERS_N];
  static struct kernel_pool pool[MEMSTAT_OWNERS_N];
  const uint64_t ram = memstat_total();
  for (unsigned i = MEMSTAT_FREE + 1; i < MEMSTAT_OWNERS_N; i++) {
    const uint64_t before = pages(i);
    kernel_heap_init(&heap[i], "heap", i);
    kernel_pool_init(&pool[i], "pool", i, 100, 10);
    void *taken[] = {kernel_page_alloc(i, 3), kernel_heap_alloc(&heap[i], 5000),
                     kernel_heap_alloc(&heap[i], 100), kernel_pool_get(&pool[i])};
    for (unsigned k = 0; k < 4; k++)
      assert_non_null(taken[k]);
    assert_int_equal(pages(i), before + 3 + 2 + 1 + 1);
    kernel_page_audit();
    assert_true(memstat_total() == ram);
    kernel_page_free(taken[0], 3);
    kernel_heap_free(taken[1]);
    kernel_heap_free(taken[2]);
    kernel_pool_put(&pool[i], taken[3]);
    kernel_pool_trim();
    assert_int_equal(pages(i), before);
    assert_true(memstat_row(i)->high_water_bytes >= (before + 7) * KERNEL_PAGE);
  }
  kernel_page_audit();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_boot_account),
      cmocka_unit_test(test_all_pages_once),
      cmocka_unit_test_setup(test_rows, take_low),
      cmocka_unit_test(test_too_many),
      cmocka_unit_test(test_pools),
      cmocka_unit_test(test_pool_without_memory),
      cmocka_unit_test(test_pool_keeps_pages),
      cmocka_unit_test(test_heap),
      cmocka_unit_test(test_heap_borders),
      cmocka_unit_test(test_heap_refuses),
      cmocka_unit_test(test_each_owner_is_charged),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}

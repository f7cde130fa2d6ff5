/* SPDX-License-Identifier: BSD-2-Clause
 * The driver's half of a virtqueue against a device written here from the
 * standard (Virtual I/O Device 1.2, 2.7), through several turns of the 16-bit
 * indexes, with and without EVENT_IDX, and against a device that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/mem.h>
#include <lib/err.h>

#include "kernel/dev/virtq.h"

static void *taken_page; /* by the queue under test */

/* Of exactly the bytes asked for: the sanitizer watches the end. */
void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  assert_int_equal(owner, MEMSTAT_VIRTQ);
  taken_page = n ? aligned_alloc(KERNEL_PAGE, n * KERNEL_PAGE) : NULL;
  return taken_page;
}

/* 2.7.5 to 2.7.8, as the device sees them. */
struct desc {
  uint64_t addr;
  uint32_t len;
  uint16_t flags, next;
};
enum { NEXT = 1, WRITE = 2, NO_INTERRUPT = 1, NO_NOTIFY = 1 };

struct used_elem {
  uint32_t id, len;
};

struct device {
  struct virtq q;
  uint16_t seen;               /* avail index up to which chains were taken */
  uint16_t chain[256], held_n; /* heads of chains in its hands */
};

static struct desc *desc_of(const struct device *d) {
  return (struct desc *)d->q.desc;
}

static uint16_t *avail_of(const struct device *d) { /* flags, idx, ring[], used_event */
  return (uint16_t *)(uintptr_t)d->q.avail;
}

static uint16_t *used_of(const struct device *d) { /* flags, idx, elements, avail_event */
  return (uint16_t *)(uintptr_t)d->q.used;
}

static struct used_elem *used_elem(const struct device *d, uint16_t at) {
  return (struct used_elem *)(used_of(d) + 2) + at % d->q.size;
}

static uint16_t *avail_event(const struct device *d) {
  return (uint16_t *)((struct used_elem *)(used_of(d) + 2) + d->q.size);
}

/* 2.7.10 */
static bool need_event(uint16_t event, uint16_t new_index, uint16_t old) {
  return (uint16_t)(new_index - event - 1) < (uint16_t)(new_index - old);
}

static bool wants_notification(const struct device *d, uint16_t old) {
  if (d->q.event_idx)
    return need_event(*avail_event(d), avail_of(d)[1], old);
  return !(used_of(d)[0] & NO_NOTIFY);
}

static void device_open(struct device *d, unsigned size, bool event_idx) {
  memset(d, 0, sizeof *d);
  assert_int_equal(virtq_init(&d->q, size, event_idx), 0);
  assert_int_equal((uintptr_t)d->q.desc % 16, 0);
  assert_int_equal((uintptr_t)d->q.avail % 2, 0);
  assert_int_equal((uintptr_t)d->q.used % 4, 0);
}

static void device_fetch(struct device *d) {
  for (; d->seen != avail_of(d)[1]; d->seen++)
    d->chain[d->held_n++] = avail_of(d)[2 + d->seen % d->q.size];
}

/* Put one entry into the used ring. True when the device would interrupt. */
static bool device_use(struct device *d, uint32_t head, uint32_t len) {
  uint16_t old = used_of(d)[1];
  *used_elem(d, old) = (struct used_elem){head, len};
  used_of(d)[1] = (uint16_t)(old + 1);
  if (d->q.event_idx)
    return need_event(avail_of(d)[2 + d->q.size], (uint16_t)(old + 1), old);
  return !(avail_of(d)[0] & NO_INTERRUPT);
}

/* What was put, by cookie. */
struct buffer {
  struct kernel_netdev_piece piece[4];
  unsigned n;
  bool writable, queued;
  uint32_t len; /* the device's word, once it is done */
};

static void check_chain(const struct device *d, uint16_t head, const struct buffer *b) {
  uint16_t at = head;
  for (unsigned i = 0; i < b->n; i++) {
    const struct desc *e = &desc_of(d)[at];
    assert_true(at < d->q.size);
    assert_true(e->addr == (uintptr_t)b->piece[i].p && e->len == b->piece[i].n);
    assert_int_equal(e->flags, (i + 1 < b->n ? NEXT : 0) | (b->writable ? WRITE : 0));
    at = e->next;
  }
}

enum { BUFFERS = 24, SIZE = 16 };

struct run {
  struct device d;
  struct buffer buffer[BUFFERS];
  unsigned descs_n; /* in use */
  uint32_t puts_n;
};

static void put_random(struct run *r) {
  struct buffer *b = &r->buffer[rand() % BUFFERS];
  if (b->queued)
    return;
  *b = (struct buffer){.n = 1 + (unsigned)rand() % 4, .writable = rand() % 2};
  for (unsigned i = 0; i < b->n; i++)
    b->piece[i] = (struct kernel_netdev_piece){(void *)(uintptr_t)rand(), (uint32_t)rand()};
  int err = virtq_put(&r->d.q, b->piece, b->n, b->writable, b);
  assert_int_equal(err, r->descs_n + b->n <= SIZE ? 0 : E_AGAIN);
  if (err)
    return;
  b->queued = true;
  r->descs_n += b->n;
  r->puts_n++;
}

static void publish(struct run *r) {
  uint16_t old = avail_of(&r->d)[1];
  if (r->d.q.event_idx)
    *avail_event(&r->d) = (uint16_t)(old - 2 + rand() % 4);
  else
    used_of(&r->d)[0] = rand() % 2 ? NO_NOTIFY : 0;
  bool notify = virtq_publish(&r->d.q);
  bool any = avail_of(&r->d)[1] != old;
  assert_true(notify == (any && wants_notification(&r->d, old)));
  device_fetch(&r->d);
}

/* One of the chains in the device's hands, in any order. */
static void use_random(struct run *r) {
  struct device *d = &r->d;
  if (d->held_n == 0)
    return;
  unsigned i = (unsigned)rand() % d->held_n;
  uint16_t head = d->chain[i];
  struct buffer *b = d->q.cookie[head];
  d->chain[i] = d->chain[--d->held_n];
  check_chain(d, head, b);
  b->len = (uint32_t)rand();
  device_use(d, head, b->len);
}

static void take_all(struct run *r) {
  for (struct buffer *b; (b = virtq_take(&r->d.q)) != NULL;) {
    assert_true(b >= r->buffer && b < r->buffer + BUFFERS && b->queued);
    assert_true(r->d.q.written == b->len);
    b->queued = false;
    r->descs_n -= b->n;
  }
  assert_int_equal(r->d.q.used_at, used_of(&r->d)[1]);
}

static void run_random(bool event_idx) {
  static struct run r;
  memset(&r, 0, sizeof r);
  device_open(&r.d, SIZE, event_idx);
  srand(7);
  while (r.puts_n < 3 * 65536) {
    for (int n = rand() % 4; n > 0; n--)
      put_random(&r);
    publish(&r);
    for (int n = rand() % 4; n > 0; n--)
      use_random(&r);
    if (rand() % 3 == 0)
      take_all(&r);
    assert_true(r.d.q.free_n <= SIZE - r.descs_n); /* what is used and not taken yet counts */
  }
  publish(&r);
  while (r.d.held_n)
    use_random(&r);
  take_all(&r);
  assert_int_equal(r.descs_n, 0);
  assert_int_equal(r.d.q.free_n, SIZE);
  free(taken_page);
}

static void test_random(void **state) {
  (void)state;
  run_random(false);
}

static void test_random_event_idx(void **state) {
  (void)state;
  run_random(true);
}

static const struct kernel_netdev_piece piece = {"x", 1};

/* Queue one buffer whose cookie is `cookie`; the device has it at once. */
static uint16_t give(struct device *d, void *cookie) {
  assert_int_equal(virtq_put(&d->q, &piece, 1, true, cookie), 0);
  virtq_publish(&d->q);
  device_fetch(d);
  return d->chain[--d->held_n];
}

/* Interrupts come when armed, and not otherwise, at every index. */
static void run_interrupts(bool event_idx) {
  struct device d;
  int cookie;
  device_open(&d, 4, event_idx);
  for (uint32_t round = 0; round < 70000; round++) {
    virtq_disarm(&d.q);
    assert_false(device_use(&d, give(&d, &cookie), 1));
    assert_true(virtq_arm(&d.q)); /* it came before: do not sleep */
    assert_ptr_equal(virtq_take(&d.q), &cookie);
    assert_false(virtq_arm(&d.q));
    assert_true(device_use(&d, give(&d, &cookie), 1));
    assert_ptr_equal(virtq_take(&d.q), &cookie);
    assert_null(virtq_take(&d.q));
  }
  free(taken_page);
}

static void test_interrupts(void **state) {
  (void)state;
  run_interrupts(false);
  run_interrupts(true);
}

/* Heads that were never given, given back already, or lie outside the queue
 * are passed over, and what is behind them still counts. */
static void test_impossible_heads(void **state) {
  (void)state;
  struct device d;
  struct kernel_netdev_piece three[3] = {piece, piece, piece};
  int a, b;
  device_open(&d, 8, false);
  assert_int_equal(virtq_put(&d.q, three, 3, true, &a), 0); /* head 0, then 1, 2 */
  uint16_t head_b = give(&d, &b), head_a = d.chain[0];
  device_use(&d, 8, 1);
  device_use(&d, UINT32_MAX, 1);
  device_use(&d, 0x10000 | head_b, 1);
  device_use(&d, desc_of(&d)[head_a].next, 1); /* the middle of a chain */
  device_use(&d, 7, 1);                        /* free */
  device_use(&d, head_b, 22);
  device_use(&d, head_b, 23); /* twice */
  device_use(&d, head_a, 11);
  assert_ptr_equal(virtq_take(&d.q), &b);
  assert_int_equal(d.q.written, 22);
  assert_ptr_equal(virtq_take(&d.q), &a);
  assert_int_equal(d.q.written, 11);
  assert_null(virtq_take(&d.q));
  assert_int_equal(d.q.free_n, 8);
  free(taken_page);
}

/* An index that jumps: each entry is looked at once, and nothing comes of it. */
static void test_index_that_jumps(void **state) {
  (void)state;
  struct device d;
  int cookie;
  device_open(&d, 8, true);
  used_of(&d)[1] = 50000;
  assert_null(virtq_take(&d.q));
  assert_ptr_equal((device_use(&d, give(&d, &cookie), 5), virtq_take(&d.q)), &cookie);
  free(taken_page);
}

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    unsigned asked, size;
  } cases[] = {{1, 1}, {2, 2}, {3, 2}, {100, 64}, {128, 128}, {255, 128}, {256, 256}, {1024, 1024}};
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    static int cookie;
    struct device d;
    device_open(&d, cases[i].asked, true);
    assert_int_equal(d.q.size, cases[i].size);
    for (unsigned k = 0; k < cases[i].size; k++)
      assert_int_equal(virtq_put(&d.q, &piece, 1, true, &cookie), 0);
    assert_int_equal(virtq_put(&d.q, &piece, 1, true, &cookie), E_AGAIN);
    free(taken_page);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),           cmocka_unit_test(test_random_event_idx),
      cmocka_unit_test(test_interrupts),       cmocka_unit_test(test_impossible_heads),
      cmocka_unit_test(test_index_that_jumps), cmocka_unit_test(test_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The xenstore client against a daemon written here from Xen's public header
 * io/xs_wire.h, through many turns of its ring, and against one that lies. */
#include "cmocka_all.h"

#include <string.h>

#include <lib/err.h>

#include "kernel/platform/xen.h"

#include <xen/io/xs_wire.h>

enum { PORT = 3 };

static struct xenstore_domain_interface ring;
static const char *content = ""; /* of every key; NULL: there is none */
static bool event_first;         /* say that something has changed before the next answer */
static bool lies;                /* a length that no message may have */
static char written[64];         /* path and value of the last write */
static uint32_t written_n;

static void say(const void *p, uint32_t n) {
  for (const char *c = p; n > 0; n--)
    ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod++)] = *c++;
}

static void hear(void *p, uint32_t n) {
  for (char *c = p; n > 0; n--)
    *c++ = ring.req[MASK_XENSTORE_IDX(ring.req_cons++)];
}

static void answer(uint32_t type, uint32_t id, const char *p) {
  struct xsd_sockmsg m = {type, id, 0, (uint32_t)strlen(p)};
  if (lies)
    m.len = XENSTORE_PAYLOAD_MAX + 1;
  say(&m, sizeof m);
  say(p, (uint32_t)strlen(p));
}

static void daemon_runs(void) {
  while (ring.req_prod != ring.req_cons) {
    struct xsd_sockmsg m;
    char body[256] = "";
    hear(&m, sizeof m);
    assert_true(m.len <= sizeof body && m.tx_id == 0);
    hear(body, m.len);
    if (event_first)
      answer(XS_WATCH_EVENT, 0, "a path and a token");
    event_first = false;
    if (m.type == XS_READ) {
      assert_int_equal(body[m.len - 1], 0);
      answer(content ? XS_READ : XS_ERROR, m.req_id, content ? content : "ENOENT");
      continue;
    }
    assert_true(m.type == XS_WRITE || m.type == XS_WATCH);
    memcpy(written, body, written_n = m.len);
    answer(m.type, m.req_id, "OK");
  }
}

void xen_event_send(uint32_t port) {
  assert_int_equal(port, PORT);
  daemon_runs();
}

void xen_event_wait(uint32_t port) {
  xen_event_send(port);
}

static int setup(void **state) {
  (void)state;
  xen_store_init(&ring, PORT);
  return 0;
}

static void reads_through_many_turns(void **state) {
  char value[16];
  (void)state;
  for (int i = 0; i < 500; i++) {
    content = i % 2 ? "12" : "three";
    assert_int_equal(xen_store_read("some/key", value, sizeof value), i % 2 ? 2 : 5);
    assert_string_equal(value, content);
  }
}

static void no_such_key(void **state) {
  char value[16];
  (void)state;
  content = NULL;
  assert_int_equal(xen_store_read("some/key", value, sizeof value), E_NOENT);
}

static void value_longer_than_the_buffer(void **state) {
  char value[4];
  (void)state;
  content = "abcdefgh";
  assert_int_equal(xen_store_read("some/key", value, sizeof value), 3);
  assert_string_equal(value, "abc");
  content = "x";
  assert_int_equal(xen_store_read("some/key", value, sizeof value), 1);
  assert_string_equal(value, "x");
}

static void writes_and_watches(void **state) {
  (void)state;
  xen_store_write("a/b", "text");
  assert_int_equal(written_n, 8);
  assert_memory_equal(written, "a/b\0text", 8);
  xen_store_watch("a/b");
  assert_memory_equal(written, "a/b\0w", 6);
  assert_false(xen_store_changed()); /* answers to writes are no changes */
}

static void changes_are_noted_once(void **state) {
  char value[16];
  (void)state;
  event_first = true;
  content = "1";
  assert_int_equal(xen_store_read("some/key", value, sizeof value), 1);
  assert_true(xen_store_changed());
  assert_false(xen_store_changed());
  answer(XS_WATCH_EVENT, 0, "a path and a token");
  assert_true(xen_store_changed());
  assert_false(xen_store_changed());
}

/* Last: nothing works after that. */
static void nonsense_ends_it(void **state) {
  char value[16];
  (void)state;
  lies = true;
  assert_int_equal(xen_store_read("some/key", value, sizeof value), E_IO);
  lies = false;
  assert_int_equal(xen_store_read("some/key", value, sizeof value), E_IO);
  ring.rsp_prod += 100000;
  assert_false(xen_store_changed());
  xen_store_write("a/b", "text");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_through_many_turns),     cmocka_unit_test(no_such_key),
      cmocka_unit_test(value_longer_than_the_buffer), cmocka_unit_test(writes_and_watches),
      cmocka_unit_test(changes_are_noted_once),       cmocka_unit_test(nonsense_ends_it),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A TLS session under whatever a client may send. The first byte says how the
 * rest is cut. An input twice leaves the heap as once, and nothing was
 * decrypted, since nobody here knows a key. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <lib/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <tls/session.h>

#include "tests/unit/tls_platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lib_span load(const char *path) {
  static char room[2][65536];
  static unsigned used;
  FILE *f = fopen(path, "rb");
  if (!f) {
    perror(path);
    exit(1);
  }
  char *p = room[used++];
  size_t n = fread(p, 1, sizeof room[0], f);
  fclose(f);
  return (struct lib_span){p, n};
}

static void set_up(void) {
  const char *why;
  static bool done;
  if (done)
    return;
  done = true;
  tls_test_setup(NULL);
  struct tls_pairs *pairs = tls_pairs_new();
  LIB_ASSERT(tls_pairs_add(pairs, load("build/unit/tls/0.chain"), load("build/unit/tls/0.key"),
                           &why) == 0);
  LIB_ASSERT(tls_pairs_serve(pairs) == 0);
  tls_session_free(tls_session_new(0)); /* what is made once and stays */
}

enum { ANSWER_MOST = 65536 }; /* bytes to one client: a server flight, an alert */

/* Feed one piece as the loop does; `sent` counts what goes out. False: the
 * session is over. */
static bool feed(struct tls_session *s, struct lib_span in, size_t *sent) {
  for (;;) {
    size_t n = tls_session_rx(s, in);
    LIB_ASSERT(n <= in.n && tls_session_plain_buf(s).n == 0);
    in = lib_span_sub(in, n, in.n);
    struct lib_span out = tls_session_tx_buf(s);
    *sent += out.n;
    LIB_ASSERT(*sent < ANSWER_MOST);
    if (out.n)
      tls_session_tx_ack(s, out.n);
    if (tls_session_state(s) == TLS_FAILED)
      return false;
    LIB_ASSERT(tls_session_state(s) == TLS_HANDSHAKE);
    if (n == 0 && out.n == 0)
      return true;
  }
}

/* Bytes that TLS holds after a session that gets these. */
static uint64_t run(const uint8_t *data, size_t size) {
  size_t step = data[0] == 0xff ? size : data[0] + 1u;
  struct lib_span rest = {(const char *)data + 1, size - 1};
  struct tls_session *s = tls_session_new(0);
  size_t sent = 0;
  LIB_ASSERT(s != NULL);
  while (rest.n > 0 && feed(s, lib_span_sub(rest, 0, step), &sent))
    rest = lib_span_sub(rest, step, rest.n);
  tls_session_free(s);
  return memstat_row(MEMSTAT_TLS)->bytes;
}

/* What grows at first (mbedTLS's table of keys) does not grow again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  set_up();
  if (size == 0)
    return 0;
  uint64_t before = memstat_row(MEMSTAT_TLS)->bytes, after = run(data, size);
  LIB_ASSERT(after == before || run(data, size) == after);
  return 0;
}

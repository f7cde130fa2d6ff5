/* SPDX-License-Identifier: BSD-2-Clause
 * A client of the HTTP engine in the same process: a server over the pack of
 * tests/data/www, and the loop that app/conn.c runs, over two buffers. */
#pragma once

#include <http/conn.h>
#include <http/handler.h>
#include <lib/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER_PACK_DEFAULT "build/unit/www.pack" /* made of tests/data/www by tools/pack */

struct peer {
  struct http_conn conn;
  char *in; /* sent by us, not consumed yet */
  size_t in_n;
  char *out; /* received by us */
  size_t out_n, out_cap;
  size_t seen; /* bytes of out that were read as answers */
  uint64_t now_ms;
  size_t step;  /* most bytes the peer takes at once; 0: all */
  bool stalled; /* the peer takes nothing */
};

static struct http_server peer_server;
static unsigned peer_allocs, peer_allocs_total; /* from work_alloc: now, ever */
static bool peer_no_memory;                     /* work_alloc refuses */

static inline void *peer_alloc(size_t bytes) {
  if (peer_no_memory)
    return NULL;
  peer_allocs++;
  peer_allocs_total++;
  return malloc(bytes);
}

static inline void peer_free(void *p) {
  peer_allocs--;
  free(p);
}

/* The whole file, 64-byte aligned; exits when it cannot be read. */
static inline struct lib_span peer_read_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    fprintf(stderr, "%s: cannot be opened\n", path);
    exit(1);
  }
  fseek(f, 0, SEEK_END);
  size_t n = (size_t)ftell(f);
  rewind(f);
  char *p = aligned_alloc(64, (n + 64) & ~(size_t)63);
  if (p == NULL || fread(p, 1, n, f) != n)
    exit(1);
  fclose(f);
  return (struct lib_span){p, n};
}

static inline const char *peer_text(const void *peer) {
  return peer;
}

static inline void peer_server_start(const struct http_route *routes, size_t routes_n) {
  static struct lib_span bytes;
  const char *path = getenv("THIMBLE_WIRE_PACK"), *why = "";
  if (bytes.p == NULL)
    bytes = peer_read_file(path ? path : PEER_PACK_DEFAULT);
  memset(&peer_server, 0, sizeof peer_server);
  if (http_pack_open(&peer_server.pack, bytes, &why) < 0) {
    fprintf(stderr, "pack: %s\n", why);
    exit(1);
  }
  peer_server.routes = routes;
  peer_server.routes_n = routes_n;
  peer_server.groups = UINT32_MAX;
  peer_server.name = LIB_SPAN("wire");
  peer_server.work_alloc = peer_alloc;
  peer_server.work_free = peer_free;
  peer_server.peer_text = peer_text;
  peer_server.key = (struct lib_siphash_key){1, 2};
  http_server_init(&peer_server);
  http_server_time(&peer_server, 1700000000000, 0);
  peer_no_memory = false;
}

static inline void peer_open(struct peer *p) {
  memset(p, 0, sizeof *p);
  p->now_ms = 1000;
  http_conn_init(&p->conn, &peer_server, "192.0.2.1", p->now_ms);
}

static inline void peer_close(struct peer *p) {
  http_conn_fini(&p->conn);
  free(p->in);
  free(p->out);
  memset(p, 0, sizeof *p);
}

static inline bool peer_tx(struct peer *p) {
  struct http_out o = http_conn_tx_buf(&p->conn, p->now_ms);
  size_t n = o.bytes.n;
  if (p->stalled || n == 0)
    return false;
  if (!o.whole && p->step && n > p->step)
    n = p->step;
  if (p->out_n + n > p->out_cap) {
    p->out_cap = 2 * (p->out_n + n);
    p->out = realloc(p->out, p->out_cap);
    LIB_ASSERT(p->out != NULL);
  }
  memcpy(p->out + p->out_n, o.bytes.p, n);
  p->out_n += n;
  http_conn_tx_ack(&p->conn, n, p->now_ms);
  return true;
}

static inline bool peer_rx(struct peer *p) {
  if (p->in_n == 0)
    return false;
  int n = http_conn_rx(&p->conn, (struct lib_span){p->in, p->in_n}, p->now_ms);
  if (n == E_CLOSED)
    n = (int)p->in_n;
  if (n < 0)
    return false;
  LIB_ASSERT(n > 0 && (size_t)n <= p->in_n);
  p->in_n -= (size_t)n;
  memmove(p->in, p->in + n, p->in_n);
  return true;
}

static inline void peer_pump(struct peer *p) {
  while (peer_tx(p) || peer_rx(p))
    ;
}

static inline void peer_send(struct peer *p, struct lib_span bytes) {
  p->in = realloc(p->in, p->in_n + bytes.n + 1);
  LIB_ASSERT(p->in != NULL);
  memcpy(p->in + p->in_n, bytes.p, bytes.n);
  p->in_n += bytes.n;
  peer_pump(p);
}

/* Let time pass to the connection's next deadline, or by `ms`. */
static inline void peer_wait(struct peer *p, uint64_t ms) {
  uint64_t until = p->now_ms + ms;
  while (http_conn_deadline_ms(&p->conn) <= until) {
    p->now_ms = http_conn_deadline_ms(&p->conn);
    http_conn_tick(&p->conn, p->now_ms);
    peer_pump(p);
  }
  p->now_ms = until;
}

/* ---- one answer, as a client reads it ---- */

struct answer {
  unsigned status;
  struct lib_span head; /* field lines with their CR LF */
  struct lib_span body; /* without framing; owned when `owned` */
  char *owned;
  size_t bytes; /* of the whole answer */
  bool has_end; /* its end was seen, not only the connection's */
};

/* The value of a field line; p is NULL when there is none. */
static inline struct lib_span answer_field(const struct answer *a, struct lib_span name) {
  struct lib_span rest = a->head, line;
  while (lib_span_split(&rest, '\n', &line)) {
    size_t colon = lib_span_find(line, ':');
    if (lib_span_ieq(lib_span_sub(line, 0, colon), name) && colon + 1 < line.n)
      return lib_span_trim(lib_span_sub(line, colon + 1, line.n - 1));
  }
  return (struct lib_span){NULL, 0};
}

/* Remove chunked framing; 0 when it is incomplete or wrong. */
static inline size_t answer_unchunk(struct answer *a, struct lib_span in) {
  a->owned = malloc(in.n + 1);
  LIB_ASSERT(a->owned != NULL);
  a->body = (struct lib_span){a->owned, 0};
  for (size_t at = 0; at < in.n;) {
    char *end;
    size_t size = strtoul(in.p + at, &end, 16);
    size_t data = (size_t)(end - in.p) + 2;
    if (end == in.p + at || data + size + 2 > in.n || memcmp(end, "\r\n", 2) != 0 ||
        memcmp(in.p + data + size, "\r\n", 2) != 0)
      return 0;
    memcpy(a->owned + a->body.n, in.p + data, size);
    a->body.n += size;
    at = data + size + 2;
    if (size == 0)
      return at;
  }
  return 0;
}

static inline bool answer_frame(struct answer *a, struct lib_span rest, bool head_only,
                                bool closed) {
  uint64_t n;
  struct lib_span length = answer_field(a, LIB_SPAN("Content-Length"));
  a->has_end = true;
  if (head_only || a->status == 204 || a->status == 304 || a->status < 200)
    return true;
  if (answer_field(a, LIB_SPAN("Transfer-Encoding")).p) {
    size_t used = answer_unchunk(a, rest);
    a->bytes += used;
    return used > 0;
  }
  a->body = rest;
  a->has_end = length.p != NULL;
  if (length.p && (lib_span_u64(length, rest.n, &n) < 0))
    return false;
  if (length.p)
    a->body.n = (size_t)n;
  a->bytes += a->body.n;
  return length.p != NULL || closed;
}

static inline const char *answer_head_end(struct lib_span in) {
  for (size_t i = 0; i + 4 <= in.n; i++)
    if (memcmp(in.p + i, "\r\n\r\n", 4) == 0)
      return in.p + i;
  return NULL;
}

/* Read one answer off the front of `in`. False when there is no whole one.
 *
 * in          is followed by a NUL
 * head_only   the answer to HEAD
 * closed      nothing will follow `in` */
static inline bool answer_read(struct answer *a, struct lib_span in, bool head_only, bool closed) {
  memset(a, 0, sizeof *a);
  const char *end = answer_head_end(in);
  if (end == NULL || in.n < 17 || memcmp(in.p, "HTTP/1.1 ", 9) != 0)
    return false;
  const char *line = memchr(in.p, '\n', in.n);
  a->status = (unsigned)strtoul(in.p + 9, NULL, 10);
  a->head = (struct lib_span){line + 1, (size_t)(end + 2 - line - 1)};
  a->bytes = (size_t)(end + 4 - in.p);
  return answer_frame(a, lib_span_sub(in, a->bytes, in.n), head_only, closed);
}

static inline void answer_free(struct answer *a) {
  free(a->owned);
  a->owned = NULL;
}

/* The next answer among what the peer has received; it borrows from there until
 * more is sent. answer_free it. */
static inline bool peer_answer(struct peer *p, struct answer *a, bool head_only) {
  if (p->out_n == p->out_cap) {
    p->out = realloc(p->out, ++p->out_cap);
    LIB_ASSERT(p->out != NULL);
  }
  p->out[p->out_n] = '\0';
  struct lib_span rest = {p->out + p->seen, p->out_n - p->seen};
  if (!answer_read(a, rest, head_only, http_conn_done(&p->conn)))
    return false;
  p->seen += a->bytes;
  return true;
}

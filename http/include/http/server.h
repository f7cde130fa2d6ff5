/* SPDX-License-Identifier: BSD-2-Clause
 * What all connections share: the site, the pages, clocks, counters and the
 * buffers that one call needs. http/ has no heap: memory for dynamic answers
 * comes through work_alloc. One server per program is usual; it is large
 * (about 32 KB), so give it static storage. */
#pragma once

#include <lib/histogram.h>
#include <lib/limits.h>
#include <lib/siphash.h>

#include <http/pack.h>
#include <http/request.h>

struct http_route; /* http/handler.h */

/* One answer, for the access log. Spans are borrowed until return. */
struct http_access {
  const char *peer;       /* address */
  struct lib_span method; /* as sent; these are "" when the request never came */
  struct lib_span target;
  struct lib_span host;
  struct lib_span referer;
  struct lib_span user_agent;
  unsigned minor; /* HTTP/1.minor */
  unsigned status;
  uint64_t bytes;       /* of the body to be sent; 0 for a stream */
  uint64_t duration_ms; /* from the first byte of the request to this decision */
  int64_t wall_unix;
};

struct http_counters {
  uint64_t requests; /* answers begun */
  /* Answers by route (0: none, else 1 + its index) and first digit of the status. */
  uint64_t by_route[1 + HTTP_ROUTES_MAX][6];
  /* Answers by the time from the head of the request until all is sent. One
   * that was cut off is not in it. */
  struct lib_histogram durations;
  uint64_t received_bytes, sent_bytes;
  uint64_t timeouts;  /* heads, bodies and answers that were too slow */
  uint64_t refusals;  /* 503 and 429 */
  uint64_t no_memory; /* work_alloc answered NULL */
};

/* A rendered head of a file that is served often. */
struct http_head {
  const struct lib_pack_resource *resource; /* NULL: none */
  const struct lib_pack_variant *variant;
  uint64_t date_ms; /* server->date_ms of the date in it */
  uint16_t n;       /* bytes of text */
  bool keep;        /* for a connection that goes on */
  char text[HTTP_HEAD_KEPT];
};

struct http_server {
  /* Set by the owner before http_server_init. */
  struct http_pack pack;           /* opened; stays while a connection lives */
  const struct http_route *routes; /* pages by code; looked at before the pack */
  size_t routes_n;
  uint32_t groups;              /* of pages that this site has, or-ed */
  uint32_t private_groups;      /* and those that it has on private connections only */
  struct lib_span name;         /* the Server field; "" for none */
  uint16_t https_port;          /* plain requests are sent to it; 0: they are answered */
  struct lib_span https_except; /* paths that are answered all the same, a line each; a `*`
                                   may stand at the end */
  struct lib_span hsts;         /* Strict-Transport-Security over TLS; "" for none */
  void *(*work_alloc)(size_t bytes);
  void (*work_free)(void *p);
  void (*log)(const struct http_access *a);   /* may be NULL */
  const char *(*peer_text)(const void *peer); /* the address of what was given to
                                                 http_conn_init, until the next call */
  struct lib_siphash_key key;                 /* random */

  /* Read by anybody. */
  struct http_counters counters;
  unsigned listeners; /* event streams now */

  /* http's own. */
  uint32_t routes_of[32]; /* a bit for each route, by the first letter of a path */
  int64_t wall_zero_ms;   /* wall clock at now_ms == 0, Unix ms */
  uint64_t date_ms;       /* now_ms when the second began that `date` shows */
  char date[29];
  uint64_t auth_seen[HTTP_AUTH_CACHE_N]; /* keyed hashes of verified credentials */
  unsigned auth_next;                    /* the one to be replaced next */
  uint64_t auth_window_ms;               /* when the checks below began */
  unsigned auth_checks;
  uint32_t boundaries;              /* multipart answers so far */
  struct http_request request;      /* of the call that runs */
  char path[HTTP_TARGET_MAX + 1];   /* its decoded path */
  char query[HTTP_TARGET_MAX];      /* its decoded query values */
  char scratch[HTTP_SCRATCH_BYTES]; /* a rendered head */
  struct http_head heads[HTTP_HEADS_N];
};

/* Prepare the fields that are http's own. */
void http_server_init(struct http_server *s);

/* Tell the wall clock: it was `wall_unix_ms` at `now_ms`. Again whenever it is
 * corrected. */
void http_server_time(struct http_server *s, int64_t wall_unix_ms, uint64_t now_ms);

/* The wall clock in Unix seconds. */
int64_t http_server_wall_unix(const struct http_server *s, uint64_t now_ms);

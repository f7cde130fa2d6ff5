// SPDX-License-Identifier: BSD-2-Clause
/* N requests over C connections, a blocking thread each; prints JSON:
 *   requests [-s] [-C] [-R] [-p PORT] [-u PATH] [-n N] [-c C] [-w WARM] [-t SECONDS] [-k FILE]
 * ADDRESS -s  TLS                        -C  a new connection for each request -R  and resume its
 * session     -w  requests before those that are measured -t  the most time to take      -k
 * counters of icount.c, to say what they grew by */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"

#define CONNS_MAX 256
#define SETTLE_US 20000 // for what a guest does after an answer's last byte

static struct target target;
static int conns = 1;
static double limit_ms = 60e3, deadline_ms;
static int left, failed, done, resumed;
static double *latency_ms;

static bool one_request(struct client *c) {
  double start = now_ms();
  if (c->fd < 0 && !client_connect(c))
    return false;
  bool ok = client_get(c);
  if (ok && target.session && SSL_session_reused(c->ssl))
    __atomic_add_fetch(&resumed, 1, __ATOMIC_RELAXED);
  if (!ok || target.close)
    client_close(c);
  if (ok)
    latency_ms[__atomic_fetch_add(&done, 1, __ATOMIC_RELAXED)] = now_ms() - start;
  return ok;
}

static void *run_thread(void *unused) {
  struct client c;
  client_init(&c, &target);
  while (now_ms() < deadline_ms && __atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0)
    if (!one_request(&c))
      __atomic_add_fetch(&failed, 1, __ATOMIC_RELAXED);
  client_fini(&c);
  return unused;
}

static void run(int n) {
  pthread_t threads[CONNS_MAX];
  left = n;
  failed = done = resumed = 0;
  deadline_ms = now_ms() + limit_ms;
  for (int i = 0; i < conns; i++)
    if (pthread_create(&threads[i], NULL, run_thread, NULL))
      abort();
  for (int i = 0; i < conns; i++)
    pthread_join(threads[i], NULL);
}

/* The newest session that a server gave, kept by us. */
static int on_session(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  if (target.session)
    return 0;
  target.session = session;
  return 1;
}

/* One connection whose session all others resume. */
static bool get_session(void) {
  struct client c;
  SSL_CTX_set_session_cache_mode(target.tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(target.tls, on_session);
  client_init(&c, &target);
  bool ok = client_connect(&c) && client_get(&c) && target.session;
  client_fini(&c);
  return ok;
}

static const volatile uint64_t *map_counters(const char *path) {
  static const uint64_t none[2];
  if (!path)
    return none;
  int fd = open(path, O_RDONLY);
  void *at = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (at == MAP_FAILED) {
    perror(path);
    exit(2);
  }
  return at;
}

static int compare(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return (d > 0) - (d < 0);
}

static double percentile(double share) {
  return done ? latency_ms[(int)(share * (done - 1))] : 0;
}

static void measure(int n, int warm, const char *counter_path) {
  const volatile uint64_t *counters = map_counters(counter_path);
  latency_ms = calloc((size_t)(n > warm ? n : warm), sizeof *latency_ms);
  if (warm)
    run(warm);
  usleep(SETTLE_US);
  uint64_t all = counters[0], repeated = counters[1];
  double start = now_ms();
  run(n);
  double seconds = (now_ms() - start) / 1e3;
  usleep(SETTLE_US);
  all = counters[0] - all;
  repeated = counters[1] - repeated;
  qsort(latency_ms, (size_t)done, sizeof *latency_ms, compare);
  printf("{\"ok\": %d, \"failed\": %d, \"resumed\": %d, \"seconds\": %.3f, \"per_s\": %.1f, "
         "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"insn\": %lu, \"insn_repeated\": "
         "%lu}\n",
         done, failed, resumed, seconds, done / seconds, percentile(.5), percentile(.99),
         percentile(.999), all, repeated);
}

static int usage(void) {
  fputs("usage: requests [-s] [-C] [-R] [-p PORT] [-u PATH] [-n N] [-c C] [-w WARM] [-t SECONDS] "
        "[-k FILE] ADDRESS\n",
        stderr);
  return 2;
}

int main(int argc, char **argv) {
  int option, port = 0, n = 1000, warm = 0;
  bool https = false, resume = false, fresh = false;
  const char *counters = NULL, *path = "/";
  while ((option = getopt(argc, argv, "sCRp:u:n:c:w:t:k:")) != -1) {
    switch (option) {
    case 's':
      https = true;
      break;
    case 'C':
      fresh = true;
      break;
    case 'R':
      fresh = resume = true;
      break;
    case 'p':
      port = atoi(optarg);
      break;
    case 'u':
      path = optarg;
      break;
    case 'n':
      n = atoi(optarg);
      break;
    case 'c':
      conns = atoi(optarg);
      break;
    case 'w':
      warm = atoi(optarg);
      break;
    case 't':
      limit_ms = atof(optarg) * 1e3;
      break;
    case 'k':
      counters = optarg;
      break;
    default:
      return usage();
    }
  }
  if (optind + 1 != argc || conns < 1 || conns > CONNS_MAX || n < 1)
    return usage();
  if (!target_init(&target, argv[optind], port ? port : https ? 443 : 80, https))
    return usage();
  target.path = path;
  target.close = fresh;
  if (resume && !get_session()) {
    fputs("requests: no session to resume\n", stderr);
    return 1;
  }
  measure(n, warm, counters);
  return 0;
}

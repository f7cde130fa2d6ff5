// SPDX-License-Identifier: BSD-2-Clause
/* Waits for the first complete answer of a server that is starting:
 *   first [-s] [-t SECONDS] ADDRESS
 * Prints "ready" when it begins, then the CLOCK_MONOTONIC time in ms at the
 * answer's last byte. It opens connections beside those that got no reply
 * yet, and asks on the first that is accepted. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define ATTEMPTS_MAX 64
#define STEP_MS 4       // between attempts, at first
#define STEP_SHARE 0.04 // of the time so far: a slow guest is not kept busy with those given up

static struct pollfd attempts[ATTEMPTS_MAX];
static int attempts_n;

static void drop(int i) {
  close(attempts[i].fd);
  for (attempts_n--; i < attempts_n; i++)
    attempts[i] = attempts[i + 1];
}

static void attempt(const struct target *t) {
  if (attempts_n == ATTEMPTS_MAX)
    drop(0);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return;
  attempts[attempts_n++] = (struct pollfd){.fd = fd, .events = POLLOUT};
  if (connect(fd, (const struct sockaddr *)&t->address, sizeof t->address) && errno != EINPROGRESS)
    drop(attempts_n - 1);
}

/* The descriptor of an attempt that was accepted, taken out; -1: none yet. */
static int take_accepted(void) {
  for (int i = 0; i < attempts_n; i++) {
    int error = 0;
    socklen_t n = sizeof error;
    if (!attempts[i].revents)
      continue;
    getsockopt(attempts[i].fd, SOL_SOCKET, SO_ERROR, &error, &n);
    int fd = error ? -1 : dup(attempts[i].fd);
    drop(i--);
    if (fd >= 0)
      return fd;
  }
  return -1;
}

static bool answered(struct client *c, int fd) {
  bool ok = client_adopt(c, fd) && client_get(c);
  double end_ms = now_ms();
  client_close(c);
  if (ok)
    printf("%.3f\n", end_ms);
  return ok;
}

static bool wait_for_answer(struct client *c, double deadline_ms) {
  double start_ms = now_ms(), next_ms = 0;
  while (now_ms() < deadline_ms) {
    if (now_ms() >= next_ms) {
      attempt(c->target);
      double step_ms = STEP_SHARE * (now_ms() - start_ms);
      next_ms = now_ms() + (step_ms > STEP_MS ? step_ms : STEP_MS);
    }
    poll(attempts, (nfds_t)attempts_n, 1);
    int fd = take_accepted();
    if (fd >= 0 && answered(c, fd))
      return true;
  }
  return false;
}

int main(int argc, char **argv) {
  struct target target;
  struct client client;
  bool https = false;
  double limit_s = 60;
  int option;
  while ((option = getopt(argc, argv, "st:")) != -1) {
    if (option == 's')
      https = true;
    if (option == 't')
      limit_s = atof(optarg);
  }
  if (optind + 1 != argc || !target_init(&target, argv[optind], https ? 443 : 80, https)) {
    fputs("usage: first [-s] [-t SECONDS] ADDRESS\n", stderr);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  client_init(&client, &target);
  puts("ready");
  bool ok = wait_for_answer(&client, now_ms() + limit_s * 1e3);
  client_fini(&client);
  return !ok;
}

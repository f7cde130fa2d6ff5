// SPDX-License-Identifier: BSD-2-Clause
/* A blocking HTTP client over TCP or TLS: see client.h. */

#define _GNU_SOURCE
#include "client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

bool target_init(struct target *t, const char *address, int port, bool https) {
  memset(t, 0, sizeof *t);
  t->address.sin_family = AF_INET;
  t->address.sin_port = htons((uint16_t)port);
  t->path = "/";
  t->timeout_s = 5;
  if (inet_pton(AF_INET, address, &t->address.sin_addr) != 1)
    return false;
  if (!https)
    return true;
  t->tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_options(t->tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
  return t->tls != NULL;
}

void client_init(struct client *c, const struct target *t) {
  *c = (struct client){.target = t, .fd = -1, .answer = malloc(ANSWER_MAX)};
  if (!c->answer)
    abort();
}

/* A copy, as OpenSSL gives up a session of TLS 1.3 once it was resumed. */
static void offer_session(SSL *ssl, SSL_SESSION *session) {
  SSL_SESSION *copy = SSL_SESSION_dup(session);
  SSL_set_session(ssl, copy);
  SSL_SESSION_free(copy);
}

static bool handshake(struct client *c) {
  c->ssl = SSL_new(c->target->tls);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_tlsext_host_name(c->ssl, "localhost");
  if (c->target->session)
    offer_session(c->ssl, c->target->session);
  return SSL_connect(c->ssl) == 1;
}

bool client_adopt(struct client *c, int fd) {
  struct timeval timeout = {c->target->timeout_s, 0};
  int on = 1;
  c->fd = fd;
  fcntl(fd, F_SETFL, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (!c->target->tls || handshake(c))
    return true;
  client_close(c);
  return false;
}

bool client_connect(struct client *c) {
  const struct target *t = c->target;
  struct timeval timeout = {t->timeout_s, 0};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout); // of connect, too
  if (!connect(fd, (const struct sockaddr *)&t->address, sizeof t->address))
    return client_adopt(c, fd);
  close(fd);
  return false;
}

static bool send_request(struct client *c) {
  char text[512];
  int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                   c->target->path, c->target->close ? "Connection: close\r\n" : "");
  return (c->ssl ? SSL_write(c->ssl, text, n) : send(c->fd, text, (size_t)n, MSG_NOSIGNAL)) == n;
}

/* Bytes of the whole answer by its head, 0 while that is incomplete, -1 if it
 * has no length. `text` ends with a NUL. */
static long answer_bytes(const char *text) {
  const char *end = strstr(text, "\r\n\r\n");
  if (!end)
    return 0;
  const char *length = strcasestr(text, "\r\ncontent-length:");
  return length && length < end ? end + 4 - text + atol(length + 17) : -1;
}

bool client_get(struct client *c) {
  if (!send_request(c))
    return false;
  long wanted = 0;
  for (long got = 0; !wanted || got < wanted;) {
    size_t room = (size_t)(ANSWER_MAX - 1 - got);
    long n = c->ssl ? SSL_read(c->ssl, c->answer + got, (int)room)
                    : recv(c->fd, c->answer + got, room, 0);
    if (n <= 0)
      return false;
    got += n;
    c->answer[got] = 0;
    if (!wanted)
      wanted = answer_bytes(c->answer);
    if (wanted < 0 || wanted >= ANSWER_MAX)
      return false;
  }
  return !strncmp(c->answer, "HTTP/1.1 200 ", 13);
}

void client_close(struct client *c) {
  if (c->ssl) {
    SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
  }
  if (c->fd >= 0)
    close(c->fd);
  c->ssl = NULL;
  c->fd = -1;
}

void client_fini(struct client *c) {
  client_close(c);
  free(c->answer);
}

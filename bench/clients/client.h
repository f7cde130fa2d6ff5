// SPDX-License-Identifier: BSD-2-Clause
/* A blocking HTTP client over TCP or TLS, for the bench's programs. */

#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#define ANSWER_MAX (2 << 20)

struct target {
  struct sockaddr_in address;
  const char *path;
  SSL_CTX *tls;         // NULL: plain HTTP
  bool close;           // ask for the connection's end with each answer
  int timeout_s;        // of each read and write
  SSL_SESSION *session; // to be resumed; NULL: full handshakes
};

struct client {
  const struct target *target;
  int fd; // -1: not connected
  SSL *ssl;
  char *answer; // ANSWER_MAX bytes
};

/* Milliseconds of CLOCK_MONOTONIC. */
double now_ms(void);

/* Fill in the address and, for https, a context that verifies nothing.
 * errors  false: not an IPv4 address */
bool target_init(struct target *t, const char *address, int port, bool https);

void client_init(struct client *c, const struct target *t);

/* Go on with the connected socket `take_fd`: the handshake of TLS, if it is to
 * be. false: failed, and nothing is open. */
bool client_adopt(struct client *c, int take_fd);

/* Connect, with the handshake of TLS. false: failed, and nothing is open. */
bool client_connect(struct client *c);

/* One GET and its whole answer, which must be a 200 with a Content-Length. */
bool client_get(struct client *c);

void client_close(struct client *c);
void client_fini(struct client *c);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * One connection = stream + HTTP engine, with a TLS session between them on the
 * TLS port: the place to start reading. All bytes of the server pass
 * app_conn_pump. A connection dies in conn_end only. */
#include "conn.h"

#include <http/conn.h>
#include <kernel/clock.h>
#include <kernel/entropy.h>
#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <memstat/memstat.h>
#include <tls/tls.h>

#include "crowd.h"
#include "metrics.h"
#include "secure.h"
#include "wheel.h"

enum conn_state {
  OPEN,
  LINGER, /* all is sent and our side ended: wait for the peer's end, since a
             close with unread bytes would reset what it has not yet read */
};

struct app_conn {
  struct app_timer timer; /* first: the wheel hands back its address */
  struct net_stream *stream;
  struct tls_session *tls; /* NULL: plain HTTP */
  struct http_conn http;
  struct app_conn *idle_next, **idle_link; /* among the idle; link NULL: busy */
  uint32_t unsent; /* lingering: bytes not acknowledged, when last looked at */
  uint16_t crowd;  /* its address's slot */
  uint8_t state;   /* enum conn_state */
};

enum {
  LINGER_MS = 2000,
  LINGER_WINDOW_BYTES = HTTP_RATE_MIN * HTTP_WRITE_WINDOW_MS / 1000,
  STARVED_MS = 50
};

static struct http_server *server;
static struct kernel_pool pool;
static struct app_wheel wheel;
static struct app_crowd crowd;
static struct app_conn *idle;           /* waiting for a request, the newest first */
static uint16_t tls_port, private_port; /* 0: none */

static uint64_t now(void) {
  return kernel_clock_ns() / 1000000;
}

/* The TLS session of `c`, or NULL. In an image without TLS the compiler knows. */
static struct tls_session *session(const struct app_conn *c) {
  return tls_here() ? c->tls : NULL;
}

/* Written when somebody asks. */
static const char *peer_text(const void *c) {
  static char text[46];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text - 1);
  net_stream_peer(((const struct app_conn *)c)->stream, &o);
  text[o.n] = '\0';
  return text;
}

void app_conn_init(struct http_server *s, uint16_t secure, uint16_t private) {
  server = s;
  server->peer_text = peer_text;
  tls_port = secure;
  private_port = private;
  struct lib_siphash_key key;
  uint32_t most = (uint32_t)(memstat_total() / LIMIT_CONN_RAM);
  kernel_entropy_read(&key, sizeof key);
  app_wheel_init(&wheel, now());
  app_crowd_init(&crowd, &key, most - most / LIMIT_CONN_PER_ADDRESS);
  kernel_pool_init(&pool, "conn", MEMSTAT_CONN, sizeof(struct app_conn), most);
}

static void set_busy(struct app_conn *c) {
  if (!c->idle_link)
    return;
  *c->idle_link = c->idle_next;
  if (c->idle_next)
    c->idle_next->idle_link = c->idle_link;
  c->idle_link = NULL;
}

static void set_idle(struct app_conn *c) {
  set_busy(c);
  c->idle_next = idle;
  c->idle_link = &idle;
  if (idle)
    idle->idle_link = &c->idle_next;
  idle = c;
}

static void conn_end(struct app_conn *c, void (*end)(struct net_stream *)) {
  set_busy(c);
  app_crowd_leave(&crowd, c->crowd);
  app_wheel_set(&wheel, &c->timer, UINT64_MAX);
  http_conn_fini(&c->http);
  if (session(c))
    tls_session_free(c->tls);
  end(c->stream);
  kernel_pool_put(&pool, c);
  memstat_vm.conns_now--;
}

/* No memory for a connection: the newest idle one, which is the least likely
 * to be used again soon by somebody who is reading, gives way. */
static struct app_conn *conn_alloc(void) {
  struct app_conn *c = kernel_pool_get(&pool);
  if (c || !idle)
    return c;
  conn_end(idle, net_stream_close);
  return kernel_pool_get(&pool);
}

/* Likewise for a TLS session. */
static struct tls_session *session_alloc(uint64_t now_ms) {
  struct tls_session *s = tls_session_new(now_ms);
  if (s || !idle)
    return s;
  conn_end(idle, net_stream_close);
  return tls_session_new(now_ms);
}

static bool is_secure(uint16_t port) {
  return tls_here() && port == tls_port;
}

/* Too many: said in one segment, without a connection of ours. */
static void turn_away(struct net_stream *s, uint16_t port) {
  static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                               "Retry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  app_counters.turned_away++;
  if (is_secure(port)) { /* saying it would take a handshake */
    net_stream_abort(s);
    return;
  }
  net_stream_tx(s, LIB_SPAN(answer), true);
  net_stream_tx_flush(s);
  net_stream_close(s);
}

/* Memory is short, and this address has enough of it. */
static bool is_greedy(uint16_t slot) {
  return crowd.counts[slot] > LIMIT_CONN_MODEST && kernel_page_short();
}

static void conn_new(struct net_stream *stream, uint16_t port, uint64_t now_ms) {
  uint8_t ip[16];
  uint16_t slot;
  net_stream_peer_ip(stream, ip);
  if (!app_crowd_enter(&crowd, ip, &slot)) {
    turn_away(stream, port);
    return;
  }
  bool greedy = is_greedy(slot);
  struct tls_session *tls = is_secure(port) && !greedy ? session_alloc(now_ms) : NULL;
  struct app_conn *c = greedy || (is_secure(port) && !tls) ? NULL : conn_alloc();
  if (!c) {
    app_crowd_leave(&crowd, slot);
    if (tls)
      tls_session_free(tls);
    turn_away(stream, port);
    return;
  }
  c->timer.link = NULL;
  c->stream = stream;
  c->tls = tls;
  c->idle_link = NULL;
  c->crowd = slot;
  c->state = OPEN;
  http_conn_init(&c->http, server, c, now_ms);
  if (port == private_port)
    http_conn_set_private(&c->http);
  if (tls)
    http_conn_secure(&c->http);
  net_stream_set_owner(stream, c);
  memstat_vm.conns_total++;
  if (++memstat_vm.conns_now > memstat_vm.conns_high_water)
    memstat_vm.conns_high_water = memstat_vm.conns_now;
}

void app_conn_accept(void) {
  struct net_stream *stream;
  uint16_t port;
  while ((stream = net_accept(&port)) != NULL)
    conn_new(stream, port, now());
}

bool app_conn_finish(void) {
  while (idle)
    conn_end(idle, net_stream_close);
  return memstat_vm.conns_now == 0;
}

/* HTTP to stream. False when nothing moved. */
static bool pump_tx(struct app_conn *c, uint64_t now_ms) {
  struct http_out out = http_conn_tx_buf(&c->http, now_ms);
  if (out.bytes.n == 0)
    return false;
  if (out.whole && net_stream_tx_room(c->stream) < out.bytes.n)
    return false;
  int n = net_stream_tx(c->stream, out.bytes, out.stable);
  if (n < 0)
    return false;
  http_conn_tx_ack(&c->http, (size_t)n, now_ms);
  return true;
}

/* Stream to HTTP. False when nothing moved: no bytes, part of a head, or an
 * answer has to go out first. */
static bool pump_rx(struct app_conn *c, uint64_t now_ms) {
  struct lib_span in = net_stream_rx_buf(c->stream);
  if (in.n == 0) {
    if (net_stream_rx_ended(c->stream))
      http_conn_rx_end(&c->http, now_ms);
    return false;
  }
  int n = http_conn_rx(&c->http, in, now_ms);
  if (n == E_AGAIN && in.n < net_stream_rx_bytes(c->stream)) {
    if (net_stream_rx_gather(c->stream) < 0)
      return false;
    n = http_conn_rx(&c->http, net_stream_rx_buf(c->stream), now_ms);
  }
  if (n < 0) {
    if (net_stream_rx_final(c->stream) && http_conn_reading(&c->http))
      http_conn_rx_end(&c->http, now_ms); /* a head that will not be completed */
    return false;
  }
  net_stream_rx_ack(c->stream, (size_t)n);
  return true;
}

/* All that can be moved. True: nothing more will ever be sent. */
static bool pump(struct app_conn *c, uint64_t now_ms) {
  if (session(c))
    return app_secure_pump(c->tls, c->stream, &c->http, now_ms);
  do
    while (http_conn_sends(&c->http) && pump_tx(c, now_ms))
      ;
  while (pump_rx(c, now_ms));
  return http_conn_done(&c->http);
}

/* What is still under way gets the time that an answer gets. */
static void linger_on(struct app_conn *c, uint64_t now_ms) {
  c->unsent = (uint32_t)net_stream_tx_pending(c->stream);
  app_wheel_set(&wheel, &c->timer, now_ms + (c->unsent ? HTTP_WRITE_WINDOW_MS : LINGER_MS));
}

/* The answer that ends the connection is queued: end our side. */
static void linger(struct app_conn *c, uint64_t now_ms) {
  set_busy(c);
  net_stream_tx_end(c->stream);
  c->state = LINGER;
  linger_on(c, now_ms);
}

/* Discard what comes while lingering. False: the connection is over. */
static bool drain(struct app_conn *c, uint64_t now_ms) {
  net_stream_rx_ack_all(c->stream);
  if (c->unsent && net_stream_tx_pending(c->stream) == 0)
    linger_on(c, now_ms);
  return !net_stream_rx_ended(c->stream);
}

/* Enough of what is under way has arrived in the last window. */
static bool arrives(const struct app_conn *c) {
  size_t pending = net_stream_tx_pending(c->stream);
  return pending && pending + LINGER_WINDOW_BYTES <= c->unsent;
}

static uint64_t deadline_ms(const struct app_conn *c) {
  uint64_t http = http_conn_deadline_ms(&c->http);
  uint64_t handshake = session(c) ? tls_session_deadline_ms(c->tls) : UINT64_MAX;
  return http < handshake ? http : handshake;
}

static void app_conn_pump(struct app_conn *c, uint64_t now_ms) {
  if (net_stream_broken(c->stream)) {
    conn_end(c, net_stream_close);
    return;
  }
  if (c->state == OPEN) {
    if (pump(c, now_ms))
      linger(c, now_ms);
    net_stream_tx_flush(c->stream);
  }
  if (c->state == LINGER) {
    if (!drain(c, now_ms))
      conn_end(c, net_stream_close);
    return;
  }
  net_stream_rx_gather(c->stream); /* without memory it stays where it is */
  uint64_t due = deadline_ms(c), again = now_ms + STARVED_MS;
  bool starved = net_stream_starved(c->stream);
  app_wheel_set(&wheel, &c->timer, starved && again < due ? again : due);
  if (!http_conn_idle(&c->http))
    set_busy(c);
  else if (!c->idle_link)
    set_idle(c);
}

static void on_timer(struct app_conn *c, uint64_t now_ms) {
  bool late = session(c) && tls_session_deadline_ms(c->tls) <= now_ms;
  if (c->state == LINGER && arrives(c)) {
    linger_on(c, now_ms);
    return;
  }
  if (c->state == LINGER || late) {
    conn_end(c, net_stream_abort);
    return;
  }
  http_conn_tick(&c->http, now_ms);
  app_conn_pump(c, now_ms);
}

void app_conn_run(uint64_t now_ms) {
  struct net_stream *s;
  struct app_timer *t;
  while ((s = net_stream_ready()) != NULL)
    app_conn_pump(net_stream_owner(s), now_ms);
  while ((t = app_wheel_due(&wheel, now_ms)) != NULL)
    on_timer((struct app_conn *)t, now_ms);
}

uint64_t app_conn_deadline_ms(void) {
  return app_wheel_deadline_ms(&wheel);
}

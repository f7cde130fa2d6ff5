/* SPDX-License-Identifier: BSD-2-Clause
 * Streams over lwIP's raw TCP interface. The callbacks at the end of this file
 * touch nothing but the stream's own queue and flags; whatever may free a
 * control block is done from the loop. */
#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <net/stream.h>
#include <string.h>

#include "congestion.h"
#include "held.h"
#include "netif.h"
#include "pcbs.h"
#include "segment.h"
#include "text.h"
#include "way.h"
#include "window.h"

struct net_stream {
  struct tcp_pcb *pcb;     /* NULL once lwIP has given it up */
  struct pbuf *rx;         /* received, not acknowledged by the consumer */
  struct net_stream *next; /* on the ready or the accepted list */
  void *owner;             /* the consumer's */
  struct net_window window;
  bool listed;  /* on one of the lists */
  bool fin;     /* the peer has ended its side */
  bool starved; /* memory was refused: no event will tell when to try again */
};

struct list {
  struct net_stream *first, **last;
};

enum {
  SHORT_PIECE = 4 * TCP_MSS,
  SMALL_PIECE = 512, /* cheaper to copy than to refer to */
};

static struct list ready = {NULL, &ready.first}, accepted = {NULL, &accepted.first};
static struct kernel_pool pool;
static struct net_held *held; /* between net_stream_tx_buf and _commit */

static void list_add(struct list *l, struct net_stream *s) {
  if (s->listed)
    return;
  s->listed = true;
  s->next = NULL;
  *l->last = s;
  l->last = &s->next;
}

static struct net_stream *list_take(struct list *l) {
  struct net_stream *s = l->first;
  if (!s)
    return NULL;
  l->first = s->next;
  if (!l->first)
    l->last = &l->first;
  s->listed = false;
  return s;
}

static void list_remove(struct list *l, struct net_stream *s) {
  struct net_stream **at = &l->first;
  while (*at && *at != s)
    at = &(*at)->next;
  if (!*at)
    return;
  *at = s->next;
  if (l->last == &s->next)
    l->last = at;
  s->listed = false;
}

struct net_stream *net_accept(uint16_t *port) {
  struct net_stream *s = list_take(&accepted);
  if (!s)
    return NULL;
  if (s->pcb)
    net_congestion_start(s->pcb);
  *port = s->pcb ? s->pcb->local_port : 0;
  list_add(&ready, s); /* bytes may have come with or before the accept */
  return s;
}

struct net_stream *net_stream_ready(void) {
  return list_take(&ready);
}

void net_stream_set_owner(struct net_stream *s, void *owner) {
  s->owner = owner;
}

void *net_stream_owner(const struct net_stream *s) {
  return s->owner;
}

struct lib_span net_stream_rx_buf(const struct net_stream *s) {
  return s->rx ? (struct lib_span){s->rx->payload, s->rx->len} : (struct lib_span){NULL, 0};
}

size_t net_stream_rx_bytes(const struct net_stream *s) {
  return s->rx ? s->rx->tot_len : 0;
}

void net_stream_rx_ack(struct net_stream *s, size_t n) {
  s->rx = pbuf_free_header(s->rx, (uint16_t)n);
  if (!s->pcb)
    return;
  net_window_read(&s->window, s->pcb, (uint32_t)n);
  if (!s->rx && s->pcb->refused_data)
    tcp_process_refused_data(s->pcb); /* calls on_recv */
}

void net_stream_rx_ack_all(struct net_stream *s) {
  while (s->rx)
    net_stream_rx_ack(s, s->rx->len);
}

int net_stream_rx_gather(struct net_stream *s) {
  if (!s->rx || (!s->rx->next && !(s->rx->flags & PBUF_FLAG_IS_CUSTOM)))
    return 0;
  struct pbuf *own = pbuf_clone(PBUF_RAW, PBUF_RAM, s->rx);
  if (!own) {
    s->starved = true;
    return E_NOMEM;
  }
  pbuf_free(s->rx);
  s->rx = own;
  return 0;
}

bool net_stream_rx_ended(const struct net_stream *s) {
  return s->fin && !s->rx;
}

bool net_stream_rx_final(const struct net_stream *s) {
  return s->fin;
}

bool net_stream_broken(const struct net_stream *s) {
  return !s->pcb;
}

size_t net_stream_tx_room(const struct net_stream *s) {
  if (!s->pcb || tcp_sndqueuelen(s->pcb) + 8 > TCP_SND_QUEUELEN)
    return 0;
  return s->pcb->snd_buf;
}

/* For bytes in memory of their own: no more than a share of what is free. */
static size_t own_room(const struct net_stream *s) {
  size_t used = net_stream_tx_pending(s), room = net_stream_tx_room(s);
  size_t share = kernel_page_free_bytes() / LIMIT_NET_STREAM_SHARE;
  size_t most = LWIP_MAX(share, (size_t)LIMIT_NET_STREAM_TX);
  return used >= most ? 0 : LWIP_MIN(most - used, room);
}

/* When little is left, each connection may have but one piece under way. */
static bool must_wait(const struct net_stream *s) {
  return kernel_page_short() && net_stream_tx_pending(s) > 0;
}

/* All of it or nothing. */
static bool queue(struct net_stream *s, const char *p, size_t n, uint8_t flags) {
  if (net_segment_write(s->pcb, p, (uint16_t)n, TCP_WRITE_FLAG_MORE | flags) == ERR_OK)
    return true;
  s->starved = net_stream_tx_pending(s) == 0; /* else an acknowledgement comes */
  return false;
}

int net_stream_tx(struct net_stream *s, struct lib_span bytes, bool stable) {
  size_t room = stable ? net_stream_tx_room(s) : own_room(s);
  size_t n = bytes.n < room ? bytes.n : room;
  if (!s->pcb)
    return E_CLOSED;
  if (must_wait(s))
    return E_AGAIN;
  if (kernel_page_short() && stable && n > SHORT_PIECE)
    n = SHORT_PIECE;
  /* Halves until it fits: memory or the queue may be short before the window. */
  for (n = n > UINT16_MAX ? UINT16_MAX : n; n > 0; n /= 2) {
    if (!stable && n < bytes.n)
      return E_AGAIN; /* a piece to be copied goes whole */
    if (queue(s, bytes.p, n, stable ? 0 : TCP_WRITE_FLAG_COPY))
      return (int)n;
  }
  return E_AGAIN;
}

char *net_stream_tx_buf(struct net_stream *s, size_t least, size_t *n) {
  size_t room = own_room(s), most = *n < room ? *n : room;
  most = most < NET_STREAM_BUF_MAX ? most : NET_STREAM_BUF_MAX;
  if (must_wait(s))
    return NULL;
  for (*n = most; *n >= least; *n /= 2)
    if ((held = net_held_alloc(*n)) != NULL)
      return held->bytes;
  s->starved = most >= least && net_stream_tx_pending(s) == 0;
  return NULL;
}

int net_stream_tx_commit(struct net_stream *s, size_t n) {
  bool small = n <= SMALL_PIECE, done = false;
  if (n > 0) {
    net_held_queue(held);
    done = queue(s, held->bytes, n, small ? TCP_WRITE_FLAG_COPY : 0);
    net_held_queue(NULL);
  }
  net_held_drop(held);
  return done ? 0 : E_AGAIN;
}

bool net_stream_starved(struct net_stream *s) {
  bool starved = s->starved;
  s->starved = false;
  return starved;
}

void net_stream_tx_flush(struct net_stream *s) {
  if (s->pcb)
    net_tcp_output(s->pcb);
}

size_t net_stream_tx_pending(const struct net_stream *s) {
  const struct net_pcb *p = (const struct net_pcb *)s->pcb;
  return p ? TCP_SND_BUF + p->sender.room - p->tcp.snd_buf : 0;
}

void net_stream_tx_end(struct net_stream *s) {
  if (s->pcb)
    tcp_shutdown(s->pcb, 0, 1);
}

/* lwIP calls nothing of ours for this control block any more. */
static struct tcp_pcb *detach(struct net_stream *s) {
  struct tcp_pcb *pcb = s->pcb;
  if (pcb) {
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
  }
  s->pcb = NULL;
  return pcb;
}

static void stream_free(struct net_stream *s) {
  if (s->listed)
    list_remove(&ready, s);
  if (s->rx)
    pbuf_free(s->rx);
  kernel_pool_put(&pool, s);
}

void net_stream_close(struct net_stream *take_s) {
  struct tcp_pcb *pcb = detach(take_s);
  stream_free(take_s);
  if (!pcb)
    return;
  pcb->rcv_wnd = TCP_WND_MAX(pcb); /* for lwIP: all was read */
  if (tcp_close(pcb) != ERR_OK)
    tcp_abort(pcb);
}

void net_stream_abort(struct net_stream *take_s) {
  struct tcp_pcb *pcb = detach(take_s);
  stream_free(take_s);
  if (pcb)
    tcp_abort(pcb);
}

void net_stream_peer_ip(const struct net_stream *s, uint8_t ip[16]) {
  memset(ip, 0, 16);
  if (s->pcb)
    net_ip_bytes(ip, &s->pcb->remote_ip);
}

void net_stream_peer(const struct net_stream *s, struct lib_out *o) {
  if (!s->pcb)
    return;
  if (IP_IS_V6(&s->pcb->remote_ip))
    net_text_ip6(o, ip_2_ip6(&s->pcb->remote_ip)->addr);
  else
    net_text_ip4(o, &ip_2_ip4(&s->pcb->remote_ip)->addr);
}

/* lwIP's callbacks. */

static bool has_room(struct net_stream *s, const struct pbuf *p) {
  if (s->rx->tot_len + p->tot_len <= UINT16_MAX)
    return pbuf_clen(s->rx) < LIMIT_NET_STREAM_RX_PBUFS || net_stream_rx_gather(s) == 0;
  if (s->listed) /* it will be read before long */
    net_netif_pause = true;
  return false;
}

/* Bytes, or the peer's end when `p` is NULL. A peer that sends crumbs and
 * makes them pile up gets them put together; what finds no memory, or is more
 * than a pbuf can tell, is refused and comes again. */
static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err) {
  struct net_stream *s = arg;
  (void)pcb, (void)err;
  if (!p)
    s->fin = true;
  else if (!s->rx)
    s->rx = p;
  else if (!has_room(s, p))
    return ERR_MEM;
  else
    pbuf_cat(s->rx, p);
  list_add(&ready, s);
  return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n) {
  (void)pcb, (void)n;
  list_add(&ready, arg);
  return ERR_OK;
}

static void on_err(void *arg, err_t err) {
  struct net_stream *s = arg;
  if (err == ERR_RST)
    net_counters.resets_received++;
  else
    net_counters.aborted++;
  s->pcb = NULL;
  list_add(&ready, s);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err) {
  (void)arg;
  if (err != ERR_OK || !pcb)
    return ERR_VAL;
  struct net_stream *s = kernel_pool_get(&pool);
  if (!s)
    return ERR_MEM; /* lwIP resets the connection */
  *s = (struct net_stream){.pcb = pcb};
  tcp_arg(pcb, s);
  tcp_recv(pcb, on_recv);
  tcp_sent(pcb, on_sent);
  tcp_err(pcb, on_err);
  tcp_nagle_disable(pcb); /* the loop flushes when an answer is complete */
  list_add(&accepted, s);
  net_way_proven();
  return ERR_OK;
}

int net_listen(uint16_t port) {
  if (pool.stat.object_bytes == 0)
    kernel_pool_init(&pool, "stream", MEMSTAT_CONN, sizeof(struct net_stream), UINT32_MAX);
  struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
  if (!pcb)
    return E_NOMEM;
  if (tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK) {
    tcp_close(pcb);
    return E_LIMIT;
  }
  struct tcp_pcb *listener = tcp_listen(pcb);
  if (!listener) {
    tcp_close(pcb);
    return E_NOMEM;
  }
  tcp_accept(listener, on_accept);
  return 0;
}

void net_listen_end(void) {
  while (tcp_listen_pcbs.listen_pcbs)
    tcp_close((struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs);
}

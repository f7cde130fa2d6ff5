/* SPDX-License-Identifier: BSD-2-Clause
 * Between the network card and lwIP, without a copy either way: a received
 * frame becomes a pbuf whose descriptor lies in the buffer's scratch space; a
 * sent one is a list of pieces, held until the device has read them. */
#include "netif.h"

#include <kernel/clock.h>
#include <kernel/netdev.h>
#include <lib/assert.h>
#include <lib/err.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/pbuf.h>
#include <netif/ethernet.h>
#include <string.h>

#include "offload.h"
#include "pcbs.h"
#include "segment.h"
#include "tcp_in.h"
#include "way.h"

struct netif net_netif;
bool net_netif_pause;
static struct kernel_netdev_info card;

_Static_assert(sizeof(struct pbuf_custom) <= KERNEL_NETDEV_SCRATCH, "scratch holds a pbuf");

/* All sums in software but those the card makes. */
static uint16_t checksum_flags(bool rx_checked) {
  uint16_t flags = NETIF_CHECKSUM_ENABLE_ALL;
  if (card.tx_checksum)
    flags &= (uint16_t) ~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP);
  if (rx_checked)
    flags &= (uint16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
  return flags;
}

static void rx_free(struct pbuf *p) {
  kernel_netdev_rx_free(p); /* the descriptor is the scratch */
}

/* A pbuf over the driver's buffer; or a copy when peers hold so many buffers
 * (with segments out of order, say) that the card would soon have none. */
static struct pbuf *rx_pbuf(const struct kernel_netdev_frame *frame) {
  struct pbuf_custom *custom = frame->scratch;
  uint16_t n = (uint16_t)frame->n;
  if (!frame->scarce) {
    custom->custom_free_function = rx_free;
    return pbuf_alloced_custom(PBUF_RAW, n, PBUF_REF, custom, frame->p, n);
  }
  struct pbuf *copy = pbuf_alloc(PBUF_RAW, n, PBUF_RAM);
  if (copy)
    pbuf_take(copy, frame->p, n);
  kernel_netdev_rx_free(frame->scratch);
  return copy;
}

/* All pieces of the frame that begins with `piece`; NULL when one is missing. */
static struct pbuf *rx_chain(struct kernel_netdev_frame *piece) {
  struct pbuf *p = rx_pbuf(piece);
  bool whole = p != NULL;
  while (piece->more && kernel_netdev_rx(piece)) {
    struct pbuf *next = rx_pbuf(piece);
    whole = whole && next && p->tot_len + next->tot_len <= UINT16_MAX;
    if (whole)
      pbuf_cat(p, next);
    else if (next)
      pbuf_free(next);
  }
  if (whole && !piece->more)
    return p;
  if (p)
    pbuf_free(p);
  return NULL;
}

/* The short way of a segment of a connection that is known. */
static void rx_segment(struct kernel_netdev_frame *frame, const struct net_layout *l,
                       struct tcp_pcb *pcb) {
  frame->p += l->transport;
  frame->n = l->transport_n;
  struct pbuf *p = rx_pbuf(frame);
  if (p)
    net_tcp_in(pcb, p);
}

static void rx_other(struct kernel_netdev_frame *frame) {
  struct pbuf *p = rx_chain(frame);
  if (p && net_netif.input(p, &net_netif) != ERR_OK)
    pbuf_free(p);
}

static void rx_frame(struct kernel_netdev_frame *frame) {
  struct net_layout l;
  bool tcp = net_layout_read(frame->p, frame->n, &l) && l.protocol == IP_PROTO_TCP &&
             l.transport + TCP_HLEN <= frame->n;
  struct tcp_pcb *pcb = tcp ? net_pcbs_find(frame->p, &l) : NULL;
  NETIF_SET_CHECKSUM_CTRL(&net_netif, checksum_flags(frame->checksum_ok));
  if (tcp && !(pcb && pcb->state >= ESTABLISHED))
    net_way_back(frame->p, &l);
  if (pcb && pcb->state != TIME_WAIT && frame->checksum_ok && !frame->more &&
      net_layout_is_plain(frame->p, frame->n, &l) && l.transport_n >= TCP_HLEN) {
    rx_segment(frame, &l, pcb);
    return;
  }
  if (tcp)
    net_pcbs_show(pcb);
  else
    net_way_forget();
  rx_other(frame);
  net_pcbs_show_all();
}

/* The pieces of a chain; 0 when there are too many. */
static unsigned pieces_of(const struct pbuf *p, struct kernel_netdev_piece *piece) {
  unsigned n = 0;
  for (; p; p = p->next) {
    if (p->len == 0)
      continue;
    if (n == KERNEL_NETDEV_PIECES_MAX)
      return 0;
    piece[n++] = (struct kernel_netdev_piece){p->payload, p->len};
  }
  return n;
}

static bool refused; /* a frame, since the card last gave one back */

/* Frees what the card has sent; is there room since? */
static bool tx_reap(void) {
  struct pbuf *p;
  bool any = false;
  for (; (p = kernel_netdev_tx_done()) != NULL; any = true)
    pbuf_free(p);
  return any;
}

/* The ring is full: as a rule the device makes room in less time than it takes to
 * come back to the frame. */
static bool tx_wait(const struct kernel_netdev_tx *tx) {
  enum { PATIENCE_NS = 2000000 };
  uint64_t deadline = kernel_clock_ns() + PATIENCE_NS;
  kernel_netdev_flush();
  do {
    tx_reap();
    if (kernel_netdev_tx(tx) == 0)
      return true;
  } while (kernel_clock_ns() < deadline);
  return false;
}

/* Hand the frame to the card; when it lies in more pages than the card takes at
 * once, a copy of it in a row. Owns `tx->cookie`. */
static bool tx_send(struct kernel_netdev_tx *tx) {
  struct pbuf *p = tx->cookie;
  int err = kernel_netdev_tx(tx);
  if (err == E_LIMIT) {
    tx->cookie = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    pbuf_free(p);
    if ((p = tx->cookie) == NULL)
      return false;
    tx->pieces_n = pieces_of(p, tx->piece);
    err = kernel_netdev_tx(tx);
  }
  if (err == 0 || tx_wait(tx))
    return true;
  refused = true;
  pbuf_free(p);
  return false;
}

static void tx_init(struct kernel_netdev_tx *tx, struct pbuf *p) {
  tx->cookie = p;
  tx->pieces_n = 0; /* what lies behind them is never looked at */
  tx->checksum_start = tx->checksum_offset = 0;
  tx->segment_bytes = tx->header_bytes = 0;
  tx->ip6 = false;
}

/* Takes a reference of its own on `p`. A chain in too many pieces is copied
 * together. */
err_t net_netif_send(struct pbuf *p, const struct net_layout *l) {
  struct kernel_netdev_tx tx;
  uint16_t mss = net_segment_mss();
  if (mss == 0 && p->tot_len > card.mtu + SIZEOF_ETH_HDR)
    return ERR_IF; /* a large segment that waited for its neighbour's address: TCP repeats it */
  tx_init(&tx, p);
  tx.pieces_n = pieces_of(p, tx.piece);
  if (tx.pieces_n)
    pbuf_ref(p);
  else if ((tx.cookie = p = pbuf_clone(PBUF_RAW, PBUF_RAM, p)) != NULL)
    tx.pieces_n = pieces_of(p, tx.piece);
  else
    return ERR_MEM;
  if (card.tx_checksum && l)
    net_offload_prepare(p->payload, p->len, l, mss, &tx);
  return tx_send(&tx) ? ERR_OK : ERR_MEM;
}

/* lwIP's output. */
static err_t tx_frame(struct netif *netif, struct pbuf *p) {
  struct net_layout l;
  (void)netif;
  return net_netif_send(p, net_layout_read(p->payload, p->len, &l) ? &l : NULL);
}

static err_t netif_setup(struct netif *netif) {
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->mtu = card.mtu;
  netif->hwaddr_len = sizeof card.mac;
  memcpy(netif->hwaddr, card.mac, sizeof card.mac);
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
  netif->output = etharp_output;
  netif->output_ip6 = ethip6_output;
  netif->linkoutput = tx_frame;
  netif->hostname = "thimble";
  return ERR_OK;
}

int net_netif_open(void) {
  int err = kernel_netdev_open(&card);
  if (err < 0)
    return err;
  LIB_ASSERT(netif_add_noaddr(&net_netif, NULL, netif_setup, ethernet_input) != NULL);
  net_segment_init(card.tso4 ? card.tso_max : 0, card.tso6 ? card.tso_max : 0);
  NETIF_SET_CHECKSUM_CTRL(&net_netif, checksum_flags(false));
  netif_set_default(&net_netif);
  netif_set_link_up(&net_netif);
  netif_set_up(&net_netif);
  return 0;
}

/* A bounded batch, so that a flood does not keep the loop from answering. */
void net_netif_poll(void) {
  enum { BATCH = 128 };
  struct kernel_netdev_frame frame;
  if (tx_reap() && refused) {
    refused = false;
    tcp_txnow(); /* else a connection would wait for lwIP's next tick */
  }
  net_netif_pause = false;
  for (int i = 0; i < BATCH && !net_netif_pause && kernel_netdev_rx(&frame); i++) {
    rx_frame(&frame);
    net_way_settle();
  }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "segment.h"

#include <lib/assert.h>
#include <lwip/inet_chksum.h>
#include <lwip/priv/tcp_priv.h>
#include <netif/ethernet.h>
#include <stdbool.h>
#include <string.h>

#include "held.h"
#include "netif.h"
#include "pcbs.h"

enum {
  MSS_LEAST = 536,   /* with less, a frame would make more packets than a card may take */
  HEADERS = 60,      /* IPv6 and TCP */
  PIECES_MOST = 12,  /* of a segment that may still grow: pbufs, a descriptor each */
  DEFER_SHARE = 4,   /* room for less than this part of the window is waited for */
  FAR_US = 5000,     /* a peer so far away is likely behind queues shorter than 64 KB ... */
  FAR_BURST = 16384, /* ... into which no more than this goes at once */
};

static uint32_t most4, most6; /* bytes of a frame to be segmented */
static uint16_t mss_now;

void net_segment_init(uint32_t tso_max4, uint32_t tso_max6) {
  most4 = tso_max4 > UINT16_MAX ? UINT16_MAX : tso_max4;
  most6 = tso_max6 > UINT16_MAX ? UINT16_MAX : tso_max6;
}

uint16_t net_segment_mss(void) {
  return mss_now;
}

/* Payload of the largest segment for this peer: a multiple of its MSS. */
static uint16_t largest(const struct tcp_pcb *pcb) {
  uint32_t most = IP_IS_V6_VAL(pcb->remote_ip) ? most6 : most4;
  if (most < HEADERS + SIZEOF_ETH_HDR + 2u * pcb->mss || pcb->mss < MSS_LEAST)
    return pcb->mss;
  most -= HEADERS + SIZEOF_ETH_HDR;
  if (((const struct net_pcb *)pcb)->sender.rtt_least_us > FAR_US)
    most = LWIP_MIN(most, (uint32_t)FAR_BURST);
  return (uint16_t)(most - most % pcb->mss);
}

static struct tcp_seg *last_of(struct tcp_seg *seg) {
  while (seg && seg->next)
    seg = seg->next;
  return seg;
}

/* tcp_write fills its last segment up to the MSS: here that is how large a
 * segment may become, or no more than it is when it has many pieces. */
err_t net_segment_write(struct tcp_pcb *pcb, const void *bytes, uint16_t n, uint8_t flags) {
  const struct tcp_seg *last = last_of(pcb->unsent);
  uint16_t mss = pcb->mss, most = largest(pcb);
  if (last && last->len > mss && (last->len > most || pbuf_clen(last->p) > PIECES_MOST))
    most = last->len;
  pcb->mss = most;
  err_t err = tcp_write(pcb, bytes, n, flags);
  pcb->mss = mss;
  return err;
}

static uint32_t seqno_of(const struct tcp_seg *seg) {
  return lwip_ntohl(seg->tcphdr->seqno);
}

/* The card may still read it: neither header nor length may change. */
static bool is_busy(const struct tcp_seg *seg) {
  return seg->p->ref != 1;
}

/* `n` bytes of `q` from `from` on as a pbuf of their own. What is there for
 * good is pointed at, the rest copied. */
static struct pbuf *piece_of(const struct pbuf *q, uint16_t from, uint16_t n) {
  bool stable = (q->type_internal &
                 (PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS | PBUF_TYPE_FLAG_DATA_VOLATILE)) == 0;
  net_held_queue(stable ? net_held_of(q) : NULL);
  struct pbuf *piece = pbuf_alloc(PBUF_RAW, n, stable ? PBUF_ROM : PBUF_RAM);
  net_held_queue(NULL);
  if (piece && stable)
    piece->payload = (char *)q->payload + from;
  else if (piece)
    memcpy(piece->payload, (char *)q->payload + from, n);
  return piece;
}

/* Cut the chain behind `at` bytes, which is inside it. The rest or NULL. */
static struct pbuf *cut(struct pbuf *p, uint16_t at) {
  uint16_t rest_n = (uint16_t)(p->tot_len - at);
  struct pbuf *q = p, *rest;
  uint16_t from = at;
  for (; from > q->len; q = q->next)
    from = (uint16_t)(from - q->len);
  rest = q->next;
  if (from < q->len) {
    struct pbuf *tail = piece_of(q, from, (uint16_t)(q->len - from));
    if (!tail)
      return NULL;
    if (rest)
      pbuf_cat(tail, rest);
    rest = tail;
  }
  q->len = from;
  q->next = NULL;
  for (q = p; q; q = q->next)
    q->tot_len = (uint16_t)(q->tot_len - rest_n);
  return rest;
}

/* A segment for what follows `n` bytes of `seg`, its header a copy. */
static struct tcp_seg *remainder_new(const struct tcp_seg *seg, uint16_t n) {
  struct tcp_seg *rest = memp_malloc(MEMP_TCP_SEG);
  struct pbuf *header = pbuf_alloc(PBUF_IP, TCP_HLEN, PBUF_RAM);
  if (!rest || !header)
    goto fail;
  *rest = (struct tcp_seg){.next = seg->next, .p = header, .tcphdr = header->payload};
  rest->len = (uint16_t)(seg->len - n);
  memcpy(rest->tcphdr, seg->tcphdr, TCP_HLEN);
  rest->tcphdr->seqno = lwip_htonl(seqno_of(seg) + n);
  return rest;
fail:
  memp_free(MEMP_TCP_SEG, rest);
  if (header)
    pbuf_free(header);
  return NULL;
}

/* `seg` keeps its first `n` bytes, a segment behind it gets the rest. Data
 * segments have no options, so their headers are alike.
 * False: there is no memory, or the card has it; nothing was changed. */
static bool split(struct tcp_pcb *pcb, struct tcp_seg *seg, uint16_t n) {
  LIB_ASSERT(n > 0 && n < seg->len);
  struct tcp_seg *rest = is_busy(seg) ? NULL : remainder_new(seg, n);
  if (!rest)
    return false;
  uint16_t pieces = pbuf_clen(seg->p);
  struct pbuf *data = cut(seg->p, (uint16_t)(seg->p->tot_len - seg->len + n));
  if (!data) {
    tcp_seg_free(rest);
    return false;
  }
  pbuf_cat(rest->p, data);
  TCPH_UNSET_FLAG(seg->tcphdr, TCP_PSH | TCP_FIN);
  seg->len = n;
  seg->next = rest;
  pcb->snd_queuelen =
      (uint16_t)(pcb->snd_queuelen + pbuf_clen(seg->p) + pbuf_clen(rest->p) - pieces);
  return true;
}

/* Drop what the peer has acknowledged of a segment at the head of a queue. */
static void trim(struct tcp_pcb *pcb, struct tcp_seg **queue) {
  struct tcp_seg *head = *queue;
  uint32_t acked = head ? pcb->lastack - seqno_of(head) : 0;
  if (!head || acked == 0 || acked >= head->len || !split(pcb, head, (uint16_t)acked))
    return;
  *queue = head->next;
  pcb->snd_queuelen = (uint16_t)(pcb->snd_queuelen - pbuf_clen(head->p));
  tcp_seg_free(head);
}

/* How much of `seg`, which begins `at` bytes into the window, should go now:
 * whole packets. Less than a packet or a small part of the window waits for
 * the acknowledgements of what is under way; not while some is lost, as then
 * each packet brings word of the others. */
static uint16_t share(const struct tcp_pcb *pcb, uint32_t window, uint32_t at) {
  uint32_t room = window > at ? window - at : 0;
  if (pcb->unacked && !net_recovery_uneven(pcb) && room < window / DEFER_SHARE)
    return 0;
  return (uint16_t)(room - room % pcb->mss);
}

/* Make the head of the queue such that lwIP, which sends whole segments, can
 * fill the window. */
static void fit(struct tcp_pcb *pcb) {
  uint32_t window = LWIP_MIN(pcb->snd_wnd, pcb->cwnd);
  if (!pcb->unsent)
    return;
  trim(pcb, &pcb->unsent);
  for (struct tcp_seg *seg = pcb->unsent; seg; seg = seg->next) {
    uint32_t at = seqno_of(seg) - pcb->lastack;
    if (at + seg->len <= window)
      continue;
    uint16_t n = seg->len > pcb->mss ? share(pcb, window, at) : 0;
    if (n)
      split(pcb, seg, n); /* without memory it is tried again at the next event */
    return;
  }
}

/* Send nothing while lwIP is at work on a segment: it asks again at its end. */
err_t net_tcp_output(struct tcp_pcb *pcb) {
  if (pcb == tcp_input_pcb)
    return ERR_OK;
  uint32_t window = net_recovery_window(pcb);
  if (!pcb->unsent && !(pcb->flags & TF_ACK_NOW))
    return ERR_OK;
  bool timed = pcb->rttest, first = !pcb->unacked;
  tcpwnd_size_t cwnd = pcb->cwnd;
  pcb->cwnd = window;
  fit(pcb);
  mss_now = pcb->mss;
  err_t err = tcp_output(pcb);
  mss_now = 0;
  pcb->cwnd = cwnd;
  if (pcb->unacked)
    net_recovery_sent(pcb, timed, first);
  return err;
}

/* Losses are found in net/recovery.c, but for those of the handshake. */
err_t net_tcp_rexmit_rto_prepare(struct tcp_pcb *pcb) {
  return pcb->state < ESTABLISHED ? tcp_rexmit_rto_prepare(pcb) : ERR_VAL;
}

void net_tcp_rexmit_rto_commit(struct tcp_pcb *pcb) {
  pcb->nrtx++;
  net_tcp_output(pcb);
}

void net_tcp_rexmit_fast(struct tcp_pcb *pcb) {
  (void)pcb;
}

static struct tcp_seg *segment_with(const struct tcp_pcb *pcb, uint32_t seq) {
  struct tcp_seg *seg = pcb->unacked;
  while (seg && seq - seqno_of(seg) >= (uint32_t)TCP_TCPLEN(seg))
    seg = seg->next;
  return seg;
}

/* A header like that of `seg` with what is true now, and room for IP's. */
static struct pbuf *header_new(const struct tcp_pcb *pcb, const struct tcp_seg *seg, uint32_t seq) {
  struct pbuf *p = pbuf_alloc(PBUF_IP, TCP_HLEN, PBUF_RAM);
  if (!p)
    return NULL;
  struct tcp_hdr *tcp = p->payload;
  memcpy(tcp, seg->tcphdr, TCP_HLEN);
  tcp->seqno = lwip_htonl(seq);
  tcp->ackno = lwip_htonl(pcb->rcv_nxt);
  tcp->wnd = lwip_htons(TCPWND_MIN16(RCV_WND_SCALE(pcb, pcb->rcv_ann_wnd)));
  tcp->chksum = 0;
  return p;
}

/* Add `n` bytes of the chain `q`, from byte `at` on, to `p`. */
static bool append(struct pbuf *p, const struct pbuf *q, uint32_t at, uint32_t n) {
  for (; n; q = q->next) {
    if (at >= q->len) {
      at -= q->len;
      continue;
    }
    uint32_t k = LWIP_MIN(q->len - at, n);
    struct pbuf *piece = piece_of(q, (uint16_t)at, (uint16_t)k);
    if (!piece)
      return false;
    pbuf_cat(p, piece);
    n -= k;
    at = 0;
  }
  return true;
}

static void send_again(struct tcp_pcb *pcb, struct pbuf *p) {
  struct tcp_hdr *tcp = p->payload;
  net_counters_sent(tcp, pcb);
  MIB2_STATS_INC(mib2.tcpoutsegs);
  IF__NETIF_CHECKSUM_ENABLED(&net_netif, NETIF_CHECKSUM_GEN_TCP) {
    tcp->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, &pcb->local_ip, &pcb->remote_ip);
  }
  mss_now = pcb->mss;
  ip_output_if(p, &pcb->local_ip, &pcb->remote_ip, pcb->ttl, pcb->tos, IP_PROTO_TCP, &net_netif);
  mss_now = 0;
}

uint32_t net_segment_again(struct tcp_pcb *pcb, uint32_t seq, uint32_t n) {
  const struct tcp_seg *seg = segment_with(pcb, seq);
  struct pbuf *p = seg ? header_new(pcb, seg, seq) : NULL;
  if (!p)
    return 0;
  uint32_t at = seq - seqno_of(seg), all = TCP_TCPLEN(seg) - at;
  n = LWIP_MIN(n, all);
  uint32_t data_n = LWIP_MIN(n, seg->len - at);
  if (data_n == n)
    TCPH_UNSET_FLAG((struct tcp_hdr *)p->payload, TCP_FIN);
  bool done = append(p, seg->p, seg->p->tot_len - seg->len + at, data_n);
  if (done)
    send_again(pcb, p);
  pbuf_free(p);
  pcb->rttest = 0; /* RFC 6298 3: its acknowledgement could be for either */
  return done ? n : 0;
}

err_t net_tcp_split_unsent_seg(struct tcp_pcb *pcb, uint16_t n) {
  if (!pcb->unsent || pcb->unsent->len <= n)
    return ERR_OK;
  return n && split(pcb, pcb->unsent, n) ? ERR_OK : ERR_MEM;
}

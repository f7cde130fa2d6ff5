/* SPDX-License-Identifier: BSD-2-Clause */
#include "segment.h"

#include <lib/assert.h>
#include <lwip/priv/tcp_priv.h>
#include <netif/ethernet.h>
#include <stdbool.h>
#include <string.h>

#include "held.h"

enum {
  MSS_LEAST = 536,  /* with less, a frame would make more packets than a card may take */
  HEADERS = 60,     /* IPv6 and TCP */
  PIECES_MOST = 12, /* of a segment that may still grow: pbufs, a descriptor each */
  DEFER_SHARE = 4,  /* room for less than this part of the window is waited for */
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
  if (last && last->len > mss && pbuf_clen(last->p) > PIECES_MOST)
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

/* The bytes of `q` from `from` on as a pbuf of their own. What is there for
 * good is pointed at, the rest copied. */
static struct pbuf *tail_of(const struct pbuf *q, uint16_t from) {
  uint16_t n = (uint16_t)(q->len - from);
  bool stable = (q->type_internal &
                 (PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS | PBUF_TYPE_FLAG_DATA_VOLATILE)) == 0;
  net_held_queue(stable ? net_held_of(q) : NULL);
  struct pbuf *tail = pbuf_alloc(PBUF_RAW, n, stable ? PBUF_ROM : PBUF_RAM);
  net_held_queue(NULL);
  if (tail && stable)
    tail->payload = (char *)q->payload + from;
  else if (tail)
    memcpy(tail->payload, (char *)q->payload + from, n);
  return tail;
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
    struct pbuf *tail = tail_of(q, from);
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
 * the acknowledgements of what is under way. */
static uint16_t share(const struct tcp_pcb *pcb, uint32_t window, uint32_t at) {
  uint32_t room = window > at ? window - at : 0;
  if (pcb->unacked && room < window / DEFER_SHARE)
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

err_t net_tcp_output(struct tcp_pcb *pcb) {
  if (!pcb->unsent && !(pcb->flags & TF_ACK_NOW))
    return ERR_OK;
  fit(pcb);
  mss_now = pcb->mss;
  err_t err = tcp_output(pcb);
  mss_now = 0;
  return err;
}

void net_tcp_rexmit_rto_commit(struct tcp_pcb *pcb) {
  fit(pcb);
  mss_now = pcb->mss;
  tcp_rexmit_rto_commit(pcb);
  mss_now = 0;
}

/* One packet was lost, not all of a segment. */
static void single_out(struct tcp_pcb *pcb) {
  trim(pcb, &pcb->unacked);
  if (pcb->unacked && pcb->unacked->len > pcb->mss)
    split(pcb, pcb->unacked, pcb->mss);
}

/* Called for the third duplicate acknowledgement and each further one. While
 * an earlier loss is made good they tell nothing new. */
void net_tcp_rexmit_fast(struct tcp_pcb *pcb) {
  uint32_t *recover = net_stream_recover(pcb);
  if (pcb->flags & TF_INFR || (recover && *recover))
    return;
  single_out(pcb);
  tcp_rexmit_fast(pcb);
  if (recover && pcb->flags & TF_INFR)
    *recover = pcb->snd_nxt | 1u; /* off by one at most: 0 stands for none */
}

/* An acknowledgement that ends before what was under way at the loss tells of
 * the next loss: it is sent again at once. lwIP alone would wait for its timer. */
static void recover_from(struct tcp_pcb *pcb, uint32_t *recover) {
  if (!TCP_SEQ_LT(pcb->lastack, *recover) || pcb->flags & TF_RTO) {
    *recover = 0;
    return;
  }
  single_out(pcb);
  tcp_rexmit(pcb);
}

/* lwIP counts an acknowledgement as two packets, while one may be for all of a
 * large segment (RFC 3465 2.2 leaves the limit to the sender's burstiness). */
void net_segment_acked(struct tcp_pcb *pcb, uint16_t n) {
  uint32_t *recover = net_stream_recover(pcb);
  if (recover && *recover)
    recover_from(pcb, recover);
  else if (pcb->cwnd < pcb->ssthresh && !(pcb->flags & TF_RTO) && n > 2u * pcb->mss)
    pcb->cwnd += n - 2u * pcb->mss;
}

err_t net_tcp_split_unsent_seg(struct tcp_pcb *pcb, uint16_t n) {
  if (!pcb->unsent || pcb->unsent->len <= n)
    return ERR_OK;
  return n && split(pcb, pcb->unsent, n) ? ERR_OK : ERR_MEM;
}

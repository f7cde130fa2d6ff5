/* SPDX-License-Identifier: BSD-2-Clause */
#include "recovery.h"

#include "clock.h"
#include "congestion.h"
#include "pcbs.h"
#include "sack.h"
#include "segment.h"

enum {
  RTO_FIRST_US = 1000000, /* RFC 6298 2.1 */
  RTO_SLACK_US = 200000,  /* peers delay an acknowledgement for up to so long: less than the
                             second of RFC 6298 2.4, like Linux */
  RTO_MOST_US = 60000000,
  PROBE_SLACK_US = 10000,
  WALK_US = RTO_SLACK_US, /* no timer is shorter, but the one for the tail */
  HOLES_MOST = 118,       /* 2 KB; what is beyond them is noted when there is room */
};

/* Of a connection that has had something out of order, or lost, since it last
 * had nothing under way. */
struct net_recovery {
  struct net_congestion congestion;
  uint32_t end;         /* what is lost is made good when all before it is acknowledged */
  uint32_t probe;       /* end of the bytes sent again to hear about the tail */
  bool active;          /* something is lost */
  bool fresh;           /* and nothing was sent again for it yet */
  bool probed;          /* the tail was sent again */
  bool rescued;         /* and once more at the end of what was lost */
  struct net_sack sack; /* last: with its holes */
};

/* The acknowledgement that lwIP is working on. */
static struct {
  struct tcp_pcb *pcb; /* NULL: none */
  uint32_t acked;      /* bytes it acknowledges */
  uint32_t under_way;  /* when it came */
  uint32_t cwnd;       /* lwIP's own rule for its growth does not count */
} heard;

static struct net_pcb *listed;
static uint64_t due_us = UINT64_MAX;

static struct net_sender *sender_of(struct tcp_pcb *pcb) {
  return &((struct net_pcb *)pcb)->sender;
}

/* Times. */

/* RFC 6298 2 */
static void measure(struct net_sender *s, uint32_t us) {
  uint32_t off = us > s->rtt_us ? us - s->rtt_us : s->rtt_us - us;
  us |= 1;
  s->rtt_last_us = us;
  if (s->rtt_us) {
    s->rttvar_us -= s->rttvar_us / 4 - off / 4;
    s->rtt_us -= s->rtt_us / 8 - us / 8;
  } else {
    s->rttvar_us = us / 2;
    s->rtt_us = s->rtt_least_us = us;
  }
  if (us < s->rtt_least_us)
    s->rtt_least_us = us;
}

static uint32_t rto_us(const struct net_pcb *p) {
  const struct net_sender *s = &p->sender;
  uint32_t us = RTO_FIRST_US, most = RTO_MOST_US >> p->tcp.nrtx;
  if (s->rtt_us)
    us = s->rtt_us + LWIP_MAX(4 * s->rttvar_us, (uint32_t)RTO_SLACK_US);
  return LWIP_MIN(us, most) << p->tcp.nrtx; /* nrtx: TCP_MAXRTX at most */
}

/* Something is out of order or lost. */
static bool is_uneven(const struct net_recovery *r) {
  return r && (r->active || r->sack.holes_n || r->sack.unplaced);
}

bool net_recovery_uneven(const struct tcp_pcb *pcb) {
  return is_uneven(((const struct net_pcb *)pcb)->sender.recovery);
}

/* The tail may be asked about: more than a packet is under way, of which an
 * acknowledgement would not be delayed. */
static bool may_probe(const struct net_pcb *p) {
  const struct net_recovery *r = p->sender.recovery;
  return p->tcp.snd_nxt - p->tcp.lastack > p->tcp.mss && p->sender.rtt_us && !is_uneven(r) &&
         !(r && r->probed) && p->tcp.nrtx == 0;
}

/* RFC 8985 7.2 */
static uint32_t probe_us(const struct net_pcb *p) {
  return 2 * p->sender.rtt_us + PROBE_SLACK_US;
}

static uint32_t timeout_us(const struct net_pcb *p) {
  uint32_t rto = rto_us(p);
  return may_probe(p) ? LWIP_MIN(rto, probe_us(p)) : rto;
}

/* It was silent for so long that a loss would have been repeated. */
static bool is_rested(const struct net_pcb *p) {
  uint32_t silence = net_clock_us32() - p->sender.since_us;
  return silence > RTO_SLACK_US && silence > rto_us(p);
}

static void wake_in(uint32_t us) {
  due_us = LWIP_MIN(due_us, net_clock_us + us);
}

/* The list of those that have bytes under way, or had a short time ago. */

static void enlist(struct net_pcb *p) {
  p->sender.next = listed;
  p->sender.link = &listed;
  if (listed)
    listed->sender.link = &p->sender.next;
  listed = p;
  wake_in(WALK_US);
}

void net_recovery_forget(struct net_pcb *p) {
  struct net_sender *s = &p->sender;
  if (s->link) {
    *s->link = s->next;
    if (s->next)
      s->next->sender.link = s->link;
    s->link = NULL;
  }
  if (s->recovery) {
    net_heap_free(s->recovery);
    s->recovery = NULL;
  }
}

/* What is lost. */

/* The connection's scoreboard. NULL: there is none, and no memory. */
static struct net_recovery *board_of(struct net_pcb *p) {
  struct net_recovery *r = p->sender.recovery;
  if (!r && (r = net_heap_calloc(1, sizeof *r + HOLES_MOST * sizeof *r->sack.hole)) != NULL) {
    net_sack_init(&r->sack, p->tcp.lastack, HOLES_MOST);
    p->sender.recovery = r;
  }
  return r;
}

static void enter(struct tcp_pcb *pcb, struct net_recovery *r) {
  r->active = r->fresh = true;
  r->rescued = false;
  r->end = pcb->snd_nxt;
}

/* RFC 6582 3.2: a peer without SACK tells only that something has come. */
static void hear_plain(struct net_pcb *p, uint32_t acked, bool again) {
  struct net_recovery *r = again ? board_of(p) : p->sender.recovery;
  uint32_t mss = p->tcp.mss, first = p->tcp.lastack + acked + mss;
  if (!r)
    return;
  if (again)
    r->sack.unplaced += mss;
  else
    r->sack.unplaced -= LWIP_MIN(r->sack.unplaced, acked > mss ? acked - mss : 0);
  bool next = r->active && r->sack.holes_n == 0 && TCP_SEQ_LT(p->tcp.lastack + acked, r->end);
  if (next || (!r->active && r->sack.unplaced >= NET_SACK_DUPS * mss))
    net_sack_lose(&r->sack, TCP_SEQ_LT(first, p->tcp.snd_nxt) ? first : p->tcp.snd_nxt);
}

static void judge(struct net_pcb *p, uint32_t una) {
  struct net_recovery *r = p->sender.recovery;
  struct tcp_pcb *pcb = &p->tcp;
  if (!r)
    return;
  if (r->probed && !TCP_SEQ_LT(r->sack.top, r->probe)) {
    r->probed = false;
    r->sack.lost = r->sack.top; /* what was sent long before it should have come */
  }
  if (r->active && !TCP_SEQ_LT(una, r->end))
    r->active = false;
  if (!r->active && net_sack_judge(&r->sack, pcb->mss)) {
    net_congestion_shrink(pcb, &r->congestion);
    pcb->cwnd = pcb->ssthresh;
    enter(pcb, r);
  }
  if (una == pcb->snd_nxt)
    r->sack.unplaced = 0;
}

/* An acknowledgement that tells more than that the next bytes have come, or
 * one for a connection of which something is missing. */
static __attribute__((noinline)) void hear_closely(struct net_pcb *p, const uint8_t *options,
                                                   uint16_t n, uint32_t acked, bool again) {
  uint32_t block[NET_SACK_BLOCKS][2], una = p->tcp.lastack + acked;
  unsigned blocks_n = net_sack_options(options, n, block);
  if (p->sender.recovery)
    net_sack_ack(&p->sender.recovery->sack, una);
  if (!(p->tcp.flags & TF_SACK))
    hear_plain(p, acked, again);
  else
    for (unsigned i = 0; i < blocks_n && board_of(p); i++)
      net_sack_block(&board_of(p)->sack, block[i][0], block[i][1], p->tcp.snd_nxt);
  judge(p, una);
}

void net_recovery_hear(struct tcp_pcb *pcb, const struct tcp_hdr *header, const uint8_t *options,
                       uint16_t n, uint16_t data_n) {
  heard.pcb = NULL;
  if (pcb->state < SYN_RCVD)
    return;
  struct net_pcb *p = (struct net_pcb *)pcb;
  uint32_t acked = header->ackno - pcb->lastack, under_way = pcb->snd_nxt - pcb->lastack;
  if (acked > under_way || !(TCPH_FLAGS(header) & TCP_ACK))
    return;
  pcb->dupacks = 0; /* lwIP shall not act on them */
  if (acked)
    p->sender.since_us = net_clock_us32();
  if (pcb->rttest && TCP_SEQ_LT(pcb->rtseq, header->ackno)) {
    measure(&p->sender, net_clock_us32() - pcb->rttest);
    pcb->rttest = 0;
  }
  if (pcb->state < ESTABLISHED)
    return;
  bool again = !acked && data_n == 0 && under_way &&
               (uint32_t)SND_WND_SCALE(pcb, header->wnd) == pcb->snd_wnd;
  if ((n && under_way) || again || p->sender.recovery)
    hear_closely(p, options, n, acked, again);
  heard.pcb = pcb;
  heard.acked = acked;
  heard.under_way = under_way;
  heard.cwnd = pcb->cwnd;
}

/* The window follows what was heard; while what is lost is made good, only up to
 * ssthresh. */
static void follow(struct tcp_pcb *pcb) {
  struct net_recovery *r = sender_of(pcb)->recovery;
  if (heard.pcb != pcb)
    return;
  heard.pcb = NULL;
  pcb->cwnd = heard.cwnd;
  if (!r || !r->active)
    net_congestion_grow((struct net_pcb *)pcb, r ? &r->congestion : NULL, heard.acked,
                        heard.under_way);
  else if (pcb->cwnd < pcb->ssthresh)
    pcb->cwnd += LWIP_MIN(heard.acked, 2u * pcb->mss);
}

/* What goes out again. */

/* Of the first `n` holes, as much as `pipe` lets. */
static uint32_t fill(struct tcp_pcb *pcb, struct net_recovery *r, uint32_t n, uint32_t pipe) {
  struct net_hole *h;
  while ((h = net_sack_next(&r->sack, n)) != NULL && (r->fresh || pipe + pcb->mss <= pcb->cwnd)) {
    uint32_t room = pcb->cwnd > pipe + pcb->mss ? pcb->cwnd - pipe : pcb->mss;
    room -= room % pcb->mss;
    uint32_t k = net_segment_again(pcb, h->sent, LWIP_MIN(h->end - h->sent, room));
    if (k == 0)
      break;
    h->sent += k;
    h->after = pcb->snd_nxt;
    pipe += k;
    r->fresh = false;
  }
  return pipe;
}

/* The last packet under way. RFC 6675 4, NextSeg (4); RFC 8985 7.3 */
static void send_tail(struct tcp_pcb *pcb) {
  uint32_t n = LWIP_MIN(pcb->snd_nxt - pcb->lastack, (uint32_t)pcb->mss), k = 1;
  for (; n && k; n -= k)
    k = net_segment_again(pcb, pcb->snd_nxt - n, n);
}

/* At the end of what was lost, ask about what came after it, once. */
static void rescue(struct tcp_pcb *pcb, struct net_recovery *r) {
  if (r->rescued || !TCP_SEQ_LT(r->sack.top, pcb->snd_nxt))
    return;
  r->rescued = true;
  send_tail(pcb);
}

uint32_t net_recovery_window(struct tcp_pcb *pcb) {
  struct net_recovery *r = sender_of(pcb)->recovery;
  follow(pcb);
  if (!pcb->unacked && is_rested((struct net_pcb *)pcb))
    net_congestion_restart(pcb);
  if (!r)
    return pcb->cwnd;
  uint32_t lost_n = net_sack_judge(&r->sack, pcb->mss);
  uint32_t pipe = net_sack_pipe(&r->sack, pcb->snd_nxt, lost_n);
  if (r->active) {
    pipe = fill(pcb, r, lost_n, pipe);
    if (!pcb->unsent) /* RFC 6675 4, NextSeg (3) */
      pipe = fill(pcb, r, r->sack.holes_n, pipe);
    if (!pcb->unsent && !r->fresh && pipe + pcb->mss <= pcb->cwnd)
      rescue(pcb, r);
  }
  return pcb->snd_nxt - pcb->lastack + (pcb->cwnd > pipe ? pcb->cwnd - pipe : 0);
}

/* Timers. */

void net_recovery_sent(struct tcp_pcb *pcb, bool timed, bool first) {
  struct net_pcb *p = (struct net_pcb *)pcb;
  if (!timed && pcb->rttest)
    pcb->rttest = net_clock_us32(); /* 0, once in an hour: it is not timed */
  if (first)
    p->sender.since_us = net_clock_us32();
  if (pcb->state < ESTABLISHED)
    return;
  if (!p->sender.link)
    enlist(p);
  if (may_probe(p))
    wake_in(probe_us(p));
}

static void time_out(struct net_pcb *p) {
  struct tcp_pcb *pcb = &p->tcp;
  struct net_recovery *r = board_of(p);
  if (pcb->nrtx == 0)
    net_congestion_shrink(pcb, r ? &r->congestion : NULL);
  pcb->cwnd = pcb->mss;
  pcb->nrtx++; /* lwIP gives up at TCP_MAXRTX */
  if (!r) {
    net_segment_again(pcb, pcb->lastack, pcb->mss);
    return;
  }
  if (pcb->nrtx > 1 || !net_sack_lose(&r->sack, pcb->snd_nxt)) {
    net_sack_init(&r->sack, pcb->lastack, r->sack.holes_most); /* it may have given some up */
    net_sack_lose(&r->sack, pcb->snd_nxt);
  }
  r->sack.unplaced = 0;
  r->probed = false;
  enter(pcb, r);
  net_tcp_output(pcb);
}

static void probe(struct net_pcb *p) {
  struct net_recovery *r = board_of(p);
  if (r) {
    r->probed = true;
    r->probe = p->tcp.snd_nxt;
  }
  send_tail(&p->tcp);
}

/* Act when it is time. The time left until it is next, 0: nothing is under way. */
static uint32_t look_at(struct net_pcb *p) {
  if (!p->tcp.unacked)
    return 0;
  uint32_t past = net_clock_us32() - p->sender.since_us, timeout = timeout_us(p);
  if (past < timeout)
    return timeout - past;
  p->sender.since_us = net_clock_us32();
  if (may_probe(p))
    probe(p);
  else
    time_out(p);
  return timeout_us(p);
}

void net_recovery_run(void) {
  if (net_clock_us < due_us)
    return;
  due_us = UINT64_MAX;
  for (struct net_pcb *p = listed, *next; p; p = next) {
    next = p->sender.next;
    uint32_t left = look_at(p);
    if (left)
      wake_in(left);
    else
      net_recovery_forget(p);
  }
}

uint64_t net_recovery_deadline_ns(void) {
  return due_us == UINT64_MAX ? UINT64_MAX : due_us * 1000;
}

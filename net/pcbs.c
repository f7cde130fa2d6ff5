/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcbs.h"

#include <kernel/entropy.h>
#include <kernel/mem.h>
#include <lib/limits.h>
#include <lwip/prot/tcp.h>
#include <string.h>

#include "netif.h"
#include "offload.h"

/* A list of lwIP's while part of it is shown. */
struct shown {
  struct tcp_pcb **list;      /* lwIP's variable */
  struct tcp_pcb *all;        /* what it was */
  struct tcp_pcb *one, *rest; /* what is shown, and what follows it; or NULL */
};

static struct net_pcb **slots; /* [slots_n] */
static size_t slots_n;         /* a power of two; 0: no table */
static uint64_t key[3];        /* random: a peer cannot aim at a slot */
static bool hidden;
static struct shown active = {.list = &tcp_active_pcbs}, waiting = {.list = &tcp_tw_pcbs};

void net_pcbs_init(void) {
  slots_n = KERNEL_PAGE / sizeof *slots;
  while (slots_n * 2 * LIMIT_PCB_SLOT <= memstat_total())
    slots_n *= 2;
  slots = kernel_page_alloc(MEMSTAT_TCP, slots_n * sizeof *slots / KERNEL_PAGE);
  if (!slots)
    slots_n = 0;
  else
    memset(slots, 0, slots_n * sizeof *slots);
  kernel_entropy_read(key, sizeof key);
}

/* The pair multiply-add of UMAC's NH: collisions cannot be chosen without the key. */
static struct net_pcb **slot_of(const uint8_t ip[16], uint16_t remote_port, uint16_t local_port) {
  uint64_t part[2];
  memcpy(part, ip, sizeof part);
  uint64_t ports = (uint64_t)remote_port << 16 | local_port;
  uint64_t h = (part[0] + key[0]) * (part[1] + key[1]) + (ports + key[2]) * (key[0] | 1);
  return &slots[(h ^ h >> 32) * (key[1] | 1) >> 32 & (slots_n - 1)];
}

static struct net_pcb **slot_of_pcb(const struct tcp_pcb *pcb) {
  uint8_t ip[16];
  net_ip_bytes(ip, &pcb->remote_ip);
  return slot_of(ip, pcb->remote_port, pcb->local_port);
}

void net_pcbs_forget(struct net_pcb *pcb) {
  if (!pcb->link)
    return;
  *pcb->link = pcb->next;
  if (pcb->next)
    pcb->next->link = pcb->link;
  pcb->link = NULL;
}

static void remember(struct net_pcb *pcb) {
  struct net_pcb **slot = slot_of_pcb(&pcb->tcp);
  pcb->next = *slot;
  pcb->link = slot;
  if (pcb->next)
    pcb->next->link = &pcb->next;
  *slot = pcb;
}

static bool is_address(const ip_addr_t *ip, const uint8_t *bytes, uint32_t n) {
  if (IP_IS_V6(ip))
    return n == 16 && memcmp(ip_2_ip6(ip)->addr, bytes, 16) == 0;
  uint32_t ip4;
  memcpy(&ip4, bytes, sizeof ip4);
  return n == 4 && ip_2_ip4(ip)->addr == ip4;
}

static bool reopens(const struct tcp_pcb *pcb, const struct tcp_hdr *tcp) {
  return pcb->state == TIME_WAIT &&
         (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN &&
         TCP_SEQ_GT(lwip_ntohl(tcp->seqno), pcb->rcv_nxt);
}

/* Its time is over. lwIP takes it out of its list at the next tick of its timer,
 * which walks the list anyway: thousands may be in it. */
static void end_waiting(struct tcp_pcb *pcb) {
  net_pcbs_forget((struct net_pcb *)pcb);
  pcb->local_port = pcb->remote_port = 0;
  pcb->tmr = tcp_ticks - 2 * TCP_MSL / TCP_SLOW_INTERVAL - 1;
}

static struct tcp_pcb *find(const uint8_t *from, uint32_t each, uint16_t remote, uint16_t local) {
  uint8_t ip[16] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */
  memcpy(ip + sizeof ip - each, from, each);
  for (struct net_pcb *p = *slot_of(ip, remote, local); p; p = p->next)
    if (p->tcp.remote_port == remote && p->tcp.local_port == local &&
        is_address(&p->tcp.remote_ip, from, each) &&
        is_address(&p->tcp.local_ip, from + each, each))
      return &p->tcp;
  return NULL;
}

struct tcp_pcb *net_pcbs_find(const uint8_t *frame, const struct net_layout *l) {
  const struct tcp_hdr *tcp = (const void *)(frame + l->transport);
  if (!slots_n)
    return NULL;
  struct tcp_pcb *pcb =
      find(frame + l->addresses, l->addresses_n / 2, lwip_ntohs(tcp->src), lwip_ntohs(tcp->dest));
  if (!pcb || !reopens(pcb, tcp))
    return pcb;
  end_waiting(pcb);
  return NULL;
}

static void show(struct shown *s, struct tcp_pcb *one) {
  s->all = *s->list;
  s->one = one;
  s->rest = one ? one->next : NULL;
  *s->list = one;
}

void net_pcbs_show(struct tcp_pcb *pcb) {
  if (!slots_n || (!pcb && !net_memory_pcb_left()))
    return; /* lwIP walks; in the second case to look for one to take */
  hidden = true;
  show(&active, pcb && pcb->state != TIME_WAIT ? pcb : NULL);
  show(&waiting, pcb && pcb->state == TIME_WAIT ? pcb : NULL);
}

/* Take what was shown, and is gone, out of the whole list. */
static void drop(struct shown *s) {
  struct tcp_pcb **at = &s->all;
  while (*at != s->one)
    at = &(*at)->next;
  *at = s->rest;
}

/* lwIP adds in front, and removes no other than the one. */
static void restore(struct shown *s) {
  struct tcp_pcb **end = s->list;
  while (*end && *end != s->one && *end != s->rest)
    end = &(*end)->next;
  if (s->one && *end != s->one)
    drop(s);
  *end = s->all;
}

void net_pcbs_show_all(void) {
  if (hidden) {
    restore(&active);
    restore(&waiting);
    hidden = false;
  }
  struct net_pcb *fresh = (struct net_pcb *)tcp_active_pcbs;
  if (slots_n && fresh && !fresh->link)
    remember(fresh);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Takes the place of lwIP's lwip/stats.h: the places where lwIP counts call
 * here, and the few that net/counters.c reports count; the others compile to
 * nothing. Counters have 64 bits, lwIP's own would have 16 or 32. */
#pragma once

#include <lwip/mem.h>
#include <lwip/memp.h>
#include <lwip/opt.h>
#include <stdint.h>

/* Segments, connections. */
struct net_counters {
  uint64_t received, sent, sent_again, invalid, unmatched;
  uint64_t accepted, resets_received, resets_sent, aborted;
};
extern struct net_counters net_counters;

/* `what` is a literal: the comparisons are made by the compiler. */
static inline __attribute__((always_inline)) void net_count(const char *what) {
#define NET_COUNT(name, field)                                                                     \
  if (__builtin_strcmp(what, name) == 0)                                                           \
  net_counters.field++
  NET_COUNT("tcp.recv", received);
  NET_COUNT("mib2.tcpoutsegs", sent);
  NET_COUNT("mib2.tcpinerrs", invalid);
  NET_COUNT("tcp.proterr", unmatched);
  NET_COUNT("mib2.tcppassiveopens", accepted);
  NET_COUNT("mib2.tcpoutrsts", resets_sent);
#undef NET_COUNT
}

#define TCP_STATS_INC(x) net_count(#x)
#define MIB2_STATS_INC(x) net_count(#x)

#define stats_init()
#define LINK_STATS_INC(x)
#define ETHARP_STATS_INC(x)
#define IP_STATS_INC(x)
#define IP6_STATS_INC(x)
#define IPFRAG_STATS_INC(x)
#define ICMP_STATS_INC(x)
#define ICMP6_STATS_INC(x)
#define IGMP_STATS_INC(x)
#define MLD6_STATS_INC(x)
#define ND6_STATS_INC(x)
#define UDP_STATS_INC(x)
#define FRAG_STATS_INC(x)
#define IP6_FRAG_STATS_INC(x)
#define MEM_STATS_INC(x)
#define MEMP_STATS_DEC(x, i)

/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/clock.h>
#include <kernel/entropy.h>
#include <kernel/netdev.h>
#include <lwip/dhcp.h>
#include <lwip/init.h>
#include <lwip/ip6_addr.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <memstat/memstat.h>
#include <net/net.h>
#include <string.h>

#include "clock.h"
#include "counters.h"
#include "netif.h"
#include "recovery.h"
#include "text.h"

static bool changed;
uint64_t net_clock_us;

u32_t sys_now(void);
u32_t sys_now(void) {
  return (u32_t)(net_clock_us / 1000);
}

static void read_clock(void) {
  net_clock_us = kernel_clock_ns() / 1000;
}

static bool has_address(const struct netif *netif) {
  bool found = !ip4_addr_isany_val(*netif_ip4_addr(netif));
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
    found |= ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) != 0;
  return found;
}

static void status_changed(struct netif *netif) {
  changed = true;
  if (memstat_vm.boot_address_ns == 0 && has_address(netif))
    memstat_vm.boot_address_ns = kernel_clock_ns();
}

static ip4_addr_t address4(const struct net_address *a) {
  ip4_addr_t ip;
  memcpy(&ip.addr, a->ip, 4);
  return ip;
}

static void start_ip4(const struct net_family *f) {
  if (f->mode == NET_AUTO)
    dhcp_start(&net_netif);
  if (f->mode != NET_STATIC)
    return;
  ip4_addr_t ip = address4(&f->address), gateway = address4(&f->gateway), mask;
  mask.addr = f->address.length ? lwip_htonl(UINT32_MAX << (32 - f->address.length)) : 0;
  netif_set_addr(&net_netif, &ip, &mask, &gateway);
}

static ip6_addr_t gateway6; /* any: none was given */

/* lwIP learns routers from advertisements only; this hook of it (see
 * lwipopts.h) names the one of the boot option. */
const ip6_addr_t *net_ip6_gateway(const ip6_addr_t *destination);
const ip6_addr_t *net_ip6_gateway(const ip6_addr_t *destination) {
  (void)destination;
  return ip6_addr_isany(&gateway6) ? NULL : &gateway6;
}

static ip6_addr_t address6(const struct net_address *a) {
  ip6_addr_t ip = {0};
  memcpy(ip.addr, a->ip, 16);
  ip6_addr_assign_zone(&ip, IP6_UNICAST, &net_netif);
  return ip;
}

static void start_ip6(const struct net_family *f) {
  if (f->mode == NET_OFF)
    return;
  netif_create_ip6_linklocal_address(&net_netif, 1);
  net_netif.ip6_autoconfig_enabled = f->mode == NET_AUTO;
  if (f->mode != NET_STATIC)
    return;
  ip6_addr_t ip = address6(&f->address);
  gateway6 = address6(&f->gateway);
  netif_ip6_addr_set(&net_netif, 1, &ip);
  netif_ip6_addr_set_state(&net_netif, 1, IP6_ADDR_TENTATIVE);
}

int net_init(const struct net_config *config) {
  read_clock();
  lwip_init();
  tcp_ticks = 1; /* 0 would be: no segment is timed */
  net_counters_init();
  int err = net_netif_open();
  if (err < 0)
    return err;
  netif_set_status_callback(&net_netif, status_changed);
  start_ip4(&config->ip4);
  start_ip6(&config->ip6);
  kernel_netdev_flush();
  return 0;
}

void net_poll(void) {
  read_clock();
  net_netif_poll();
  net_recovery_run();
  sys_check_timeouts();
}

void net_flush(void) {
  kernel_netdev_flush();
}

uint64_t net_deadline_ns(void) {
  uint64_t recovery = net_recovery_deadline_ns();
  u32_t ms = sys_timeouts_sleeptime();
  if (ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE)
    return recovery;
  uint64_t lwip = (net_clock_us / 1000 + ms) * 1000000;
  return lwip < recovery ? lwip : recovery;
}

bool net_addresses_changed(void) {
  bool r = changed;
  changed = false;
  return r;
}

void net_addresses(struct lib_out *o) {
  size_t start = o->n;
  if (!ip4_addr_isany_val(*netif_ip4_addr(&net_netif)))
    net_text_ip4(o, &netif_ip4_addr(&net_netif)->addr);
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
    if (!ip6_addr_isvalid(netif_ip6_addr_state(&net_netif, i)))
      continue;
    if (o->n > start)
      lib_out_char(o, ' ');
    net_text_ip6(o, netif_ip6_addr(&net_netif, i)->addr);
  }
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The network as the loop sees it: configure, start, poll. lwIP stays inside
 * this folder. */
#pragma once

#include <lib/out.h>

struct net_address {
  uint8_t ip[16]; /* network order; IPv4 in the first four */
  uint8_t length; /* prefix bits */
};

enum net_mode { NET_AUTO, NET_STATIC, NET_OFF };

/* One protocol's part of the boot options. */
struct net_family {
  enum net_mode mode;         /* AUTO: DHCP, or SLAAC */
  struct net_address address; /* when STATIC */
  struct net_address gateway; /* length 0: none */
  struct net_address dns;     /* length 0: none */
};

struct net_config {
  struct net_family ip4, ip6;
};

/* Parse the value of ip= or ip6=: dhcp | auto | off | ADDR/LEN,gw=ADDR[,dns=ADDR].
 *
 * out      written only on success
 * returns  NULL, or what is wrong with it: a few words for the console */
const char *net_config_parse_ip4(struct lib_span value, struct net_family *out);
const char *net_config_parse_ip6(struct lib_span value, struct net_family *out);

/* Parse the value of gateway=, which comes behind ip=: an IPv4 address. */
const char *net_config_parse_gateway(struct lib_span value, struct net_family *out);

/* Start the card and the stack.
 * errors   as kernel_netdev_open */
int net_init(const struct net_config *config);

/* Take in what the device has received, give back what it has sent, run the
 * timers that are due. Streams become ready by this. */
void net_poll(void);

/* Hand the device what has been queued. Once per round of the loop. */
void net_flush(void);

/* When net_poll has a timer to run, in kernel_clock_ns time. */
uint64_t net_deadline_ns(void);

/* True once, when an address was acquired or changed since the last call. */
bool net_addresses_changed(void);

/* Write the addresses in use, separated by spaces; nothing when there is none. */
void net_addresses(struct lib_out *o);

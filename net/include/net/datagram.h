/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams to one address, out only: for the log. */
#pragma once

#include <net/net.h>

struct net_endpoint {
  struct net_address address; /* length: 32 or 128 */
  uint16_t port;
};

/* Parse ADDR or ADDR:PORT; an IPv6 address with a port stands in brackets.
 *
 * out      written only on success; its port stays as it is when none is named
 * returns  NULL, or what is wrong with it */
const char *net_config_parse_endpoint(struct lib_span value, struct net_endpoint *out);

/* From now on datagrams go to `to`. After net_init.
 * errors   E_NOMEM */
int net_datagram_open(const struct net_endpoint *to);

/* Send one datagram; `bytes` are copied.
 *
 * errors   E_AGAIN   not now: there is no address or way yet, or the peer's
 *                    hardware address is not known: it has been asked for
 *          E_NOMEM   not now: memory is short
 *          E_IO      never: it is too long */
int net_datagram_send(struct lib_span bytes);

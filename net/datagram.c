/* SPDX-License-Identifier: BSD-2-Clause */
#include <net/datagram.h>

#include <lib/err.h>
#include <lwip/udp.h>
#include <string.h>

enum { SILENCE_MS = 60000, ALONE_MS = 200 };

static struct udp_pcb *pcb;
static uint64_t last_ms;  /* of the last datagram; 0: none yet */
static uint64_t again_ms; /* the one after the first may go */

static ip_addr_t ip_of(const struct net_address *a) {
  ip_addr_t ip = {0};
  if (a->length == 32) {
    IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V4);
    memcpy(&ip_2_ip4(&ip)->addr, a->ip, 4);
  } else {
    IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(&ip)->addr, a->ip, 16);
  }
  return ip;
}

int net_datagram_open(const struct net_endpoint *to) {
  ip_addr_t ip = ip_of(&to->address);
  pcb = udp_new_ip_type(IP_GET_TYPE(&ip));
  if (!pcb)
    return E_NOMEM;
  udp_connect(pcb, &ip, to->port);
  return 0;
}

static int error_of(err_t err) {
  return err == ERR_OK ? 0 : err == ERR_MEM ? E_NOMEM : E_AGAIN;
}

int net_datagram_send(struct lib_span bytes, uint64_t now_ms) {
  if (bytes.n > UINT16_MAX)
    return E_IO;
  if (now_ms < again_ms)
    return E_AGAIN;
  struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)bytes.n, PBUF_RAM);
  if (!p)
    return E_NOMEM;
  memcpy(p->payload, bytes.p, bytes.n);
  int err = error_of(udp_send(pcb, p));
  pbuf_free(p);
  if (err < 0)
    return err;
  if (last_ms == 0 || now_ms > last_ms + SILENCE_MS)
    again_ms = now_ms + ALONE_MS;
  last_ms = now_ms;
  return 0;
}

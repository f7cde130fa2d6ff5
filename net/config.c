/* SPDX-License-Identifier: BSD-2-Clause
 * The options ip= and ip6=, parsed strictly. Pure. */
#include <lib/err.h>
#include <lwip/ip4_addr.h>
#include <lwip/ip6_addr.h>
#include <net/net.h>
#include <string.h>

struct family {
  unsigned bits;                                   /* of an address */
  bool (*parse)(const char *text, uint8_t ip[16]); /* text: NUL-terminated */
};

/* ip4addr_aton also takes "10", "0x7f.1" and octal: only the dotted form of
 * four decimal numbers is meant here. */
static bool parse4(const char *text, uint8_t ip[16]) {
  struct lib_span rest = lib_span_str(text), part;
  int n = 0;
  for (; lib_span_split(&rest, '.', &part); n++) {
    uint64_t v;
    if (n == 4 || part.n > 3 || lib_span_u64(part, 255, &v) < 0)
      return false;
    ip[n] = (uint8_t)v;
  }
  return n == 4;
}

static bool parse6(const char *text, uint8_t ip[16]) {
  ip6_addr_t a;
  if (strchr(text, '%') || !ip6addr_aton(text, &a))
    return false;
  memcpy(ip, a.addr, 16);
  return true;
}

static const struct family family4 = {32, parse4}, family6 = {128, parse6};

static bool parse_address(const struct family *f, struct lib_span s, struct net_address *out) {
  char text[48];
  if (s.n == 0 || s.n >= sizeof text)
    return false;
  memcpy(text, s.p, s.n);
  text[s.n] = 0;
  out->length = (uint8_t)f->bits;
  return f->parse(text, out->ip);
}

static const char *parse_static(const struct family *f, struct lib_span value,
                                struct net_family *out) {
  struct lib_span part, address;
  uint64_t length;
  lib_span_split(&value, ',', &part);
  if (!lib_span_split(&part, '/', &address) || lib_span_u64(part, f->bits, &length) < 0)
    return "needs the form ADDRESS/LENGTH";
  if (!parse_address(f, address, &out->address))
    return "not an address";
  out->address.length = (uint8_t)length;
  while (lib_span_split(&value, ',', &part)) {
    struct lib_span key;
    lib_span_split(&part, '=', &key);
    bool gateway = lib_span_eq(key, LIB_SPAN("gw"));
    if (!gateway && !lib_span_eq(key, LIB_SPAN("dns")))
      return "only gw= and dns= may follow the address";
    if (!parse_address(f, part, gateway ? &out->gateway : &out->dns))
      return gateway ? "gw= needs an address" : "dns= needs an address";
  }
  return NULL;
}

static const char *parse(const struct family *f, struct lib_span value, struct lib_span automatic,
                         struct net_family *out) {
  struct net_family r = {.mode = NET_STATIC};
  const char *why = NULL;
  if (lib_span_eq(value, automatic))
    r.mode = NET_AUTO;
  else if (lib_span_eq(value, LIB_SPAN("off")))
    r.mode = NET_OFF;
  else
    why = parse_static(f, value, &r);
  if (!why)
    *out = r;
  return why;
}

const char *net_config_parse_ip4(struct lib_span value, struct net_family *out) {
  return parse(&family4, value, LIB_SPAN("dhcp"), out);
}

const char *net_config_parse_ip6(struct lib_span value, struct net_family *out) {
  return parse(&family6, value, LIB_SPAN("auto"), out);
}

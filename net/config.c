/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses in boot options, parsed strictly. Pure. */
#include <lib/err.h>
#include <net/datagram.h>
#include <net/net.h>
#include <string.h>

struct family {
  unsigned bits; /* of an address */
  bool (*parse)(struct lib_span text, uint8_t ip[16]);
};

/* Four decimal numbers: none of the shorter and octal forms that libraries
 * take, and nothing that looks like one. */
static bool parse4(struct lib_span text, uint8_t ip[16]) {
  struct lib_span part;
  int n = 0;
  for (; lib_span_split(&text, '.', &part); n++) {
    uint64_t v;
    bool octal = part.n > 1 && part.p[0] == '0';
    if (n == 4 || part.n > 3 || octal || lib_span_u64(part, 255, &v) < 0)
      return false;
    ip[n] = (uint8_t)v;
  }
  return n == 4;
}

/* One to four hexadecimal digits. */
static bool parse_group(struct lib_span s, uint8_t out[2]) {
  unsigned v = 0;
  for (size_t i = 0; i < s.n; i++) {
    int digit = lib_hex_digit(s.p[i]);
    if (digit < 0)
      return false;
    v = v << 4 | (unsigned)digit;
  }
  out[0] = (uint8_t)(v >> 8);
  out[1] = (uint8_t)v;
  return s.n >= 1 && s.n <= 4;
}

/* The bytes before and behind "::" are read in a row; the gap is opened last.
 * The three forms of RFC 4291 2.2. */
static bool parse6(struct lib_span rest, uint8_t ip[16]) {
  enum { NO_GAP = 17 };
  struct lib_span part;
  size_t n = 0, gap = NO_GAP;
  if (lib_span_starts(rest, LIB_SPAN("::")))
    rest = lib_span_sub(rest, 1, rest.n);
  else if (lib_span_starts(rest, LIB_SPAN(":")))
    return false;
  while (lib_span_split(&rest, ':', &part)) {
    if (part.n == 0) {
      if (gap != NO_GAP || !rest.p)
        return false;
      gap = n;
      if (rest.n == 0)
        break;
    } else if (!rest.p && n <= 12 && parse4(part, ip + n)) {
      n += 4;
    } else if (n <= 14 && parse_group(part, ip + n)) {
      n += 2;
    } else {
      return false;
    }
  }
  if (n == 16 || gap == NO_GAP)
    return n == 16 && gap == NO_GAP;
  memmove(ip + 16 - (n - gap), ip + gap, n - gap);
  memset(ip + gap, 0, 16 - n);
  return true;
}

static const struct family family4 = {32, parse4}, family6 = {128, parse6};

static bool parse_address(const struct family *f, struct lib_span s, struct net_address *out) {
  out->length = (uint8_t)f->bits;
  return f->parse(s, out->ip);
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

const char *net_config_parse_gateway(struct lib_span value, struct net_family *out) {
  return parse_address(&family4, value, &out->gateway) ? NULL : "not an address";
}

/* The address in front of a port: in brackets, or without a colon of its own. */
static struct lib_span split_port(struct lib_span value, struct lib_span *port) {
  bool bracket = lib_span_starts(value, LIB_SPAN("["));
  size_t end = lib_span_find(value, bracket ? ']' : ':');
  struct lib_span rest = lib_span_sub(value, end + (bracket ? 1 : 0), value.n);
  *port = LIB_SPAN("");
  if (!bracket && rest.n && lib_span_find(lib_span_sub(rest, 1, rest.n), ':') < rest.n - 1)
    return value; /* an IPv6 address */
  *port = rest;
  if (bracket && end == value.n)
    return value; /* not closed */
  return lib_span_sub(value, bracket ? 1 : 0, end);
}

const char *net_config_parse_endpoint(struct lib_span value, struct net_endpoint *out) {
  struct net_endpoint r = *out;
  struct lib_span port, address = split_port(value, &port);
  uint64_t n;
  if (!parse_address(&family4, address, &r.address) &&
      !parse_address(&family6, address, &r.address))
    return "not an address";
  if (port.n && (lib_span_u64(lib_span_sub(port, 1, port.n), UINT16_MAX, &n) < 0 || n == 0 ||
                 port.p[0] != ':'))
    return "needs the form ADDRESS:PORT";
  if (port.n)
    r.port = (uint16_t)n;
  *out = r;
  return NULL;
}

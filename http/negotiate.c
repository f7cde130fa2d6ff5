/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/negotiate.h>

#define UNSET UINT32_MAX

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3"0" ], in thousandths.
 * returns false when it is not one. */
static bool parse_q(struct lib_span s, unsigned *q) {
  if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
    return false;
  unsigned value = (unsigned)(s.p[0] - '0') * 1000, unit = 100;
  for (size_t i = 2; i < s.n; i++, unit /= 10) {
    if (!is_digit(s.p[i]))
      return false;
    value += (unsigned)(s.p[i] - '0') * unit;
  }
  *q = value;
  return value <= 1000;
}

/* Split "name ; q=value". */
static bool parse_member(struct lib_span member, struct lib_span *name, unsigned *q) {
  size_t semicolon = lib_span_find(member, ';');
  *name = lib_span_trim(lib_span_sub(member, 0, semicolon));
  *q = 1000;
  if (semicolon == member.n)
    return name->n > 0;
  struct lib_span weight = lib_span_trim(lib_span_sub(member, semicolon + 1, member.n));
  if (weight.n < 2 || (weight.p[0] != 'q' && weight.p[0] != 'Q') || weight.p[1] != '=')
    return false;
  return parse_q(lib_span_sub(weight, 2, weight.n), q);
}

static void note(struct http_codings *out, unsigned *any, struct lib_span name, unsigned q) {
  if (lib_span_ieq(name, LIB_SPAN("gzip")) || lib_span_ieq(name, LIB_SPAN("x-gzip")))
    out->q[LIB_PACK_GZIP] = q;
  else if (lib_span_ieq(name, LIB_SPAN("br")))
    out->q[LIB_PACK_BR] = q;
  else if (lib_span_ieq(name, LIB_SPAN("identity")))
    out->q[LIB_PACK_IDENTITY] = q;
  else if (lib_span_eq(name, LIB_SPAN("*")))
    *any = q;
}

void http_negotiate_read(const struct http_request *r, struct http_codings *out) {
  static const struct lib_span field = {"accept-encoding", 15};
  struct http_list it = {0};
  struct lib_span member, name;
  unsigned any = UNSET, q;
  for (unsigned i = 0; i <= LIB_PACK_BR; i++)
    out->q[i] = UNSET;
  while (http_request_list(r, field, &it, &member))
    if (parse_member(member, &name, &q))
      note(out, &any, name, q);
  for (unsigned i = LIB_PACK_GZIP; i <= LIB_PACK_BR; i++)
    if (out->q[i] == UNSET)
      out->q[i] = any == UNSET ? 0 : any;
  /* Unless it is named or refused by "*;q=0", identity is acceptable, but less
   * than anything that is asked for. */
  if (out->q[LIB_PACK_IDENTITY] == UNSET)
    out->q[LIB_PACK_IDENTITY] = any == 0 ? 0 : 1;
}

bool http_negotiate_better(unsigned q, uint32_t bytes, unsigned best_q, uint32_t best_bytes) {
  return q > best_q || (q == best_q && q > 0 && bytes < best_bytes);
}

bool http_negotiate_is_foreign(const struct http_request *r) {
  struct lib_span site = http_request_field(r, LIB_SPAN("sec-fetch-site"));
  struct lib_span page = http_request_field(r, LIB_SPAN("referer"));
  if (site.p)
    return lib_span_ieq(site, LIB_SPAN("cross-site"));
  return page.p && !lib_span_ieq(http_request_authority(page), r->host);
}

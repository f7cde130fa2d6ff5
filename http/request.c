/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/request.h>
#include <lib/err.h>

#include <string.h>

#define METHOD_MAX 32 /* bytes; longer ones are refused */

static const struct lib_span method_names[HTTP_METHODS_N] = {
    {"GET", 3},    {"HEAD", 4},    {"POST", 4},  {"PUT", 3},     {"PATCH", 5},
    {"DELETE", 6}, {"OPTIONS", 7}, {"TRACE", 5}, {"CONNECT", 7},
};

struct lib_span http_method_name(unsigned method) {
  for (unsigned i = 0; i < HTTP_METHODS_N; i++)
    if (method == 1u << i)
      return method_names[i];
  return LIB_SPAN("");
}

static int refuse(struct http_request *r, unsigned status) {
  r->status = status;
  return E_PROTO;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* What a byte may be part of: a token (RFC 9110 5.6.2), a reg-name, a target.
 * A target may have the high bytes that people type, too. */
enum { TOKEN = 1, NAME = 2, URI = 4, BOTH = TOKEN | URI, ALL = BOTH | NAME };
static const uint8_t kinds[256] = {
    ['!'] = BOTH,        ['"'] = URI,         ['#'] = TOKEN,         ['$' ... '\''] = BOTH,
    ['(' ... ')'] = URI, ['*'] = BOTH,        ['+'] = BOTH,          [','] = URI,
    ['-' ... '.'] = ALL, ['/'] = URI,         ['0' ... '9'] = ALL,   [':' ... '@'] = URI,
    ['A' ... 'Z'] = ALL, ['[' ... ']'] = URI, ['^'] = BOTH,          ['_'] = ALL,
    ['`'] = BOTH,        ['a' ... 'z'] = ALL, ['{'] = URI,           ['|'] = BOTH,
    ['}'] = URI,         ['~'] = BOTH,        [0x80 ... 0xff] = URI,
};

/* The bytes that are still to be read. */
struct cursor {
  const char *p, *end;
};

/* Take the bytes that are of `kind`, maybe none. */
static struct lib_span take_all(struct cursor *at, unsigned kind) {
  const char *from = at->p;
  while (at->p < at->end && kinds[(unsigned char)*at->p] & kind)
    at->p++;
  return (struct lib_span){from, (size_t)(at->p - from)};
}

/* Take one byte, which has to be `c`; E_AGAIN when none has come. */
static int take(struct cursor *at, char c, struct http_request *r) {
  if (at->p == at->end)
    return E_AGAIN;
  return *at->p++ == c ? 0 : refuse(r, 400);
}

/* Nothing else ends a line. RFC 9112 2.2 */
static int take_crlf(struct cursor *at, struct http_request *r) {
  int rc = take(at, '\r', r);
  return rc < 0 ? rc : take(at, '\n', r);
}

/* RFC 9112 2.2: empty lines before a request line are let pass, a few. */
static int skip_blank_lines(struct cursor *at, struct http_request *r) {
  int rc = 0;
  for (unsigned n = 0; rc == 0 && at->p < at->end && *at->p == '\r'; n++)
    rc = n < HTTP_BLANK_LINES_MAX ? take_crlf(at, r) : refuse(r, 400);
  return rc;
}

static int parse_method(struct cursor *at, struct http_request *r) {
  struct lib_span text = take_all(at, TOKEN);
  if (text.n > METHOD_MAX)
    return refuse(r, 501);
  int rc = take(at, ' ', r);
  if (rc < 0)
    return rc;
  if (text.n == 0)
    return refuse(r, 400);
  r->method_text = text;
  for (unsigned i = 0; i < HTTP_METHODS_N && r->method == 0; i++)
    if (lib_span_eq(text, method_names[i]))
      r->method = 1u << i;
  return 0;
}

/* HTTP/1.0 and 1.1; a later 1.x is answered as 1.1 (RFC 9110 2.5). */
static int parse_version(struct cursor *at, struct http_request *r) {
  static const struct lib_span usual = {"HTTP/1.1\r\n", 10};
  r->minor = 1;
  if (at->end - at->p >= 10 && memcmp(at->p, usual.p, 10) == 0) {
    at->p += usual.n;
    return 0;
  }
  struct lib_span s = take_all(at, URI);
  int rc = s.n > 8 ? refuse(r, 400) : take_crlf(at, r);
  if (rc < 0)
    return rc;
  if (s.n != 8 || !lib_span_starts(s, LIB_SPAN("HTTP/")) || !is_digit(s.p[5]) || s.p[6] != '.' ||
      !is_digit(s.p[7]))
    return refuse(r, 400);
  if (s.p[5] != '1')
    return refuse(r, 505);
  r->minor = s.p[7] != '0';
  return 0;
}

static bool is_ipv6_text(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* Bytes of the address in brackets that `s` begins with; 0: it does not. */
static size_t literal_length(struct lib_span s) {
  size_t n = 1;
  while (n < s.n && is_ipv6_text(s.p[n]))
    n++;
  return n > 2 && n < s.n && s.p[n] == ']' ? n + 1 : 0;
}

/* uri-host [ ":" port ]; the part before the port may be empty only when the
 * whole is. */
static bool valid_host(struct lib_span s) {
  struct cursor at = {s.p, s.p + s.n};
  uint64_t number;
  size_t n = s.n && s.p[0] == '[' ? literal_length(s) : take_all(&at, NAME).n;
  if (n == s.n)
    return true;
  struct lib_span port = lib_span_sub(s, n + 1, s.n);
  return n > 0 && s.p[n] == ':' && (port.n == 0 || lib_span_u64(port, 65535, &number) == 0);
}

static void split_query(struct lib_span s, struct http_request *r) {
  size_t mark = lib_span_find(s, '?');
  r->path = lib_span_sub(s, 0, mark);
  r->query = mark < s.n ? lib_span_sub(s, mark + 1, s.n) : LIB_SPAN("");
}

static size_t scheme_length(struct lib_span s) {
  if (s.n >= 7 && lib_span_ieq(lib_span_sub(s, 0, 7), LIB_SPAN("http://")))
    return 7;
  if (s.n >= 8 && lib_span_ieq(lib_span_sub(s, 0, 8), LIB_SPAN("https://")))
    return 8;
  return 0;
}

struct lib_span http_request_authority(struct lib_span url) {
  size_t at = scheme_length(url), end = at;
  while (at && end < url.n && url.p[end] != '/' && url.p[end] != '?')
    end++;
  return lib_span_sub(url, at, end);
}

/* absolute-form: the authority replaces the Host field (RFC 9112 3.2.2). */
static int parse_absolute(struct lib_span s, struct http_request *r) {
  r->host = http_request_authority(s);
  if (r->host.n == 0 || !valid_host(r->host))
    return refuse(r, 400);
  r->form = HTTP_TARGET_ABSOLUTE;
  split_query(lib_span_sub(s, (size_t)(r->host.p + r->host.n - s.p), s.n), r);
  if (r->path.n == 0)
    r->path = LIB_SPAN("/");
  return 0;
}

static int parse_authority(struct lib_span s, struct http_request *r) {
  if (s.n == 0 || lib_span_find(s, ':') == s.n || !valid_host(s))
    return refuse(r, 400);
  r->form = HTTP_TARGET_AUTHORITY;
  r->host = s;
  return 0;
}

/* What kind of target it is, by the method and its first byte. RFC 9112 3.2 */
static int judge_target(struct http_request *r) {
  struct lib_span s = r->target;
  if (r->method == HTTP_CONNECT)
    return parse_authority(s, r);
  if (s.n && s.p[0] == '/') {
    split_query(s, r);
    return 0;
  }
  if (lib_span_eq(s, LIB_SPAN("*")) && r->method == HTTP_OPTIONS) {
    r->form = HTTP_TARGET_ASTERISK;
    return 0;
  }
  return parse_absolute(s, r);
}

/* method SP request-target SP HTTP-version, single spaces. RFC 9112 3 */
static int parse_request_line(struct cursor *at, struct http_request *r) {
  int rc = parse_method(at, r);
  if (rc < 0)
    return rc;
  struct lib_span target = take_all(at, URI);
  rc = target.n > HTTP_TARGET_MAX ? refuse(r, 414) : take(at, ' ', r);
  if (rc < 0)
    return rc;
  r->target = target;
  rc = parse_version(at, r);
  return rc < 0 ? rc : judge_target(r);
}

/* Bits for those of the 16 bytes at `p` that are control characters, none for
 * what lies behind `end`. Reads 16 bytes before `end` when there are fewer
 * behind `p`: no field's value has fewer before it in a head. */
static unsigned controls(const char *p, const char *end) {
  typedef unsigned char v16 __attribute__((vector_size(16), aligned(1), may_alias));
  typedef char mask __attribute__((vector_size(16)));
  const char *from = end - p < 16 ? end - 16 : p;
  v16 v = *(const v16 *)from;
  unsigned found = (unsigned)__builtin_ia32_pmovmskb128((mask)((v < 0x20) | (v == 0x7f)));
  return found >> (p - from);
}

/* Take what may stand in a field's value: all but control characters, or tabs. */
static struct lib_span take_value(struct cursor *at) {
  const char *from = at->p, *p = from;
  while (p < at->end) {
    unsigned found = controls(p, at->end);
    p += found ? __builtin_ctz(found) : 16;
    if (found && *p++ != '\t') {
      p--;
      break;
    }
  }
  at->p = p < at->end ? p : at->end;
  return lib_span_trim((struct lib_span){from, (size_t)(at->p - from)});
}

/* A line that begins with a space is an obs-fold or an attempt at one: both
 * fail here, as does a space before the colon. RFC 9112 5.1, 5.2 */
static int parse_field(struct cursor *at, struct http_request *r) {
  struct lib_span name = take_all(at, TOKEN);
  int rc = take(at, ':', r);
  if (rc < 0)
    return rc;
  struct lib_span value = take_value(at);
  rc = name.n ? take_crlf(at, r) : refuse(r, 400);
  if (rc < 0)
    return rc;
  if (r->fields_n == HTTP_FIELDS_MAX)
    return refuse(r, 431);
  r->fields[r->fields_n++] = (struct http_field){name, value};
  r->names |= UINT64_C(1) << http_name_bit(name);
  r->conditional |= name.n > 3 && (name.p[0] | 0x20) == 'i' && name.p[2] == '-';
  return 0;
}

/* Nearly all fields are told apart by their lengths. */
static bool is_named(const struct http_field *field, struct lib_span name) {
  return field->name.n == name.n && lib_span_ieq(field->name, name);
}

/* Index of the first field called `name` from `i` on, or fields_n. */
static unsigned find_field(const struct http_request *r, struct lib_span name, unsigned i) {
  while (i < r->fields_n && !is_named(&r->fields[i], name))
    i++;
  return i;
}

struct lib_span http_request_field(const struct http_request *r, struct lib_span name) {
  unsigned i = http_request_may_have(r, name) ? find_field(r, name, 0) : r->fields_n;
  return i < r->fields_n ? r->fields[i].value : (struct lib_span){NULL, 0};
}

/* Offset of the next comma outside quotes, or s.n. */
static size_t member_end(struct lib_span s) {
  bool quoted = false;
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] == '"')
      quoted = !quoted;
    else if (s.p[i] == ',' && !quoted)
      return i;
  }
  return s.n;
}

bool http_request_list(const struct http_request *r, struct lib_span name, struct http_list *it,
                       struct lib_span *member) {
  for (;;) {
    while (it->rest.n) {
      size_t end = member_end(it->rest);
      *member = lib_span_trim(lib_span_sub(it->rest, 0, end));
      it->rest = lib_span_sub(it->rest, end + 1, it->rest.n);
      if (member->n)
        return true;
    }
    it->field = find_field(r, name, it->field);
    if (it->field == r->fields_n)
      return false;
    it->rest = r->fields[it->field++].value;
  }
}

/* RFC 9112 3.2: exactly one Host field, in 1.0 at most one. */
static int check_host(struct http_request *r) {
  static const struct lib_span name = {"host", 4};
  unsigned i = find_field(r, name, 0), n = r->fields_n;
  struct lib_span host = i < n ? r->fields[i].value : LIB_SPAN("");
  bool once = i < n ? find_field(r, name, i + 1) == n : r->minor == 0;
  if (!once || !valid_host(host))
    return refuse(r, 400);
  if (r->form == HTTP_TARGET_ORIGIN || r->form == HTTP_TARGET_ASTERISK)
    r->host = host;
  return 0;
}

/* Only `chunked`, once, alone and not in 1.0. RFC 9112 6.1 */
static int check_transfer_encoding(struct http_request *r) {
  static const struct lib_span name = {"transfer-encoding", 17};
  struct http_list it = {0};
  struct lib_span member;
  unsigned n = 0, chunked = 0;
  bool last_chunked = false;
  if (http_request_field(r, name).p == NULL)
    return 0;
  while (http_request_list(r, name, &it, &member)) {
    last_chunked = lib_span_ieq(member, LIB_SPAN("chunked"));
    chunked += last_chunked;
    n++;
  }
  if (n == 0 || r->minor == 0 || chunked > 1 || (chunked && !last_chunked))
    return refuse(r, 400);
  if (n != 1 || !chunked)
    return refuse(r, 501);
  r->chunked = true;
  return 0;
}

/* RFC 9112 6.3: any doubt about the length is refused. */
static int check_framing(struct http_request *r) {
  static const struct lib_span name = {"content-length", 14};
  int rc = check_transfer_encoding(r);
  unsigned i = find_field(r, name, 0);
  if (rc < 0 || i == r->fields_n)
    return rc;
  if (find_field(r, name, i + 1) < r->fields_n || r->chunked)
    return refuse(r, 400);
  rc = lib_span_u64(r->fields[i].value, INT64_MAX, &r->content_length);
  return rc == 0 ? 0 : refuse(r, rc == E_LIMIT ? 413 : 400);
}

static bool list_has(const struct http_request *r, struct lib_span name, struct lib_span token) {
  struct http_list it = {0};
  struct lib_span member;
  while (http_request_list(r, name, &it, &member))
    if (lib_span_ieq(member, token))
      return true;
  return false;
}

static bool wants_more(const struct http_request *r) {
  static const struct lib_span name = {"connection", 10};
  if (!http_request_may_have(r, name))
    return r->minor == 1;
  bool keep = r->minor == 1 || list_has(r, name, LIB_SPAN("keep-alive"));
  return keep && !list_has(r, name, LIB_SPAN("close"));
}

static int check_expect(struct http_request *r) {
  struct lib_span expect = http_request_field(r, LIB_SPAN("expect"));
  if (expect.p == NULL || r->minor == 0)
    return 0;
  if (!lib_span_ieq(expect, LIB_SPAN("100-continue")))
    return refuse(r, 417);
  r->expect_continue = true;
  return 0;
}

/* What can only be judged when all fields are known. */
static int check_head(struct http_request *r) {
  int rc = check_host(r);
  if (rc == 0 && (http_request_may_have(r, LIB_SPAN("content-length")) ||
                  http_request_may_have(r, LIB_SPAN("transfer-encoding"))))
    rc = check_framing(r);
  r->keep_alive = wants_more(r);
  if (rc == 0 && http_request_may_have(r, LIB_SPAN("expect")))
    rc = check_expect(r);
  if (rc == 0 && r->method == 0)
    rc = refuse(r, 501);
  return rc;
}

static int parse_fields(struct cursor *at, struct http_request *r) {
  int rc = 0;
  while (rc == 0 && (at->p == at->end || *at->p != '\r'))
    rc = parse_field(at, r);
  return rc < 0 ? rc : take_crlf(at, r);
}

int http_request_parse(struct lib_span in, struct http_request *out) {
  struct cursor at = {in.p, in.p + (in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX)};
  out->method = out->status = out->minor = out->fields_n = 0;
  out->form = HTTP_TARGET_ORIGIN;
  out->method_text = out->target = out->path = out->query = out->host = LIB_SPAN("");
  out->keep_alive = out->chunked = out->expect_continue = out->conditional = false;
  out->content_length = out->names = 0;
  int rc = skip_blank_lines(&at, out);
  if (rc == 0)
    rc = parse_request_line(&at, out);
  if (rc == 0)
    rc = parse_fields(&at, out);
  if (rc == E_AGAIN && in.n >= HTTP_HEAD_MAX)
    return refuse(out, 431);
  if (rc == 0)
    rc = check_head(out);
  return rc < 0 ? rc : (int)(at.p - in.p);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/request.h>
#include <lib/err.h>

/* The request line: a method of 32 bytes at the most, the target, the version. */
#define METHOD_MAX 32
#define TARGET_TO_END_MAX (HTTP_TARGET_MAX + sizeof " HTTP/1.1\r" - 1)

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

/* tchar of RFC 9110 5.6.2, and those of them that a reg-name may have. */
enum { TOKEN = 1, NAME = 2, BOTH = TOKEN | NAME };
static const uint8_t kinds[256] = {
    ['!'] = TOKEN,        ['#'] = TOKEN,        ['$'] = TOKEN,        ['%'] = TOKEN, ['&'] = TOKEN,
    ['\''] = TOKEN,       ['*'] = TOKEN,        ['+'] = TOKEN,        ['-'] = BOTH,  ['.'] = BOTH,
    ['^'] = TOKEN,        ['_'] = BOTH,         ['`'] = TOKEN,        ['|'] = TOKEN, ['~'] = TOKEN,
    ['0' ... '9'] = BOTH, ['A' ... 'Z'] = BOTH, ['a' ... 'z'] = BOTH,
};

static bool all_of(struct lib_span s, unsigned kind) {
  for (size_t i = 0; i < s.n; i++)
    if (!(kinds[(unsigned char)s.p[i]] & kind))
      return false;
  return true;
}

static bool all_token(struct lib_span s) {
  return s.n > 0 && all_of(s, TOKEN);
}

/* Visible, or one of the high bytes that people type in URLs and headers. */
static bool is_text(char c) {
  unsigned char u = (unsigned char)c;
  return u > ' ' && u != 0x7f;
}

/* Take one line ending in CRLF off `*rest`. A LF on its own is refused here; a
 * CR by the check of the part that it is in, none of which may have one.
 *
 * errors   E_AGAIN   the line is not complete yet
 *          E_PROTO */
static int take_line(struct lib_span *rest, struct lib_span *line) {
  size_t end = lib_span_find(*rest, '\n');
  if (end == rest->n)
    return E_AGAIN;
  if (end == 0 || rest->p[end - 1] != '\r')
    return E_PROTO;
  *line = lib_span_sub(*rest, 0, end - 1);
  *rest = lib_span_sub(*rest, end + 1, rest->n);
  return 0;
}

/* RFC 9112 2.2: empty lines before a request line are let pass, a few. */
static int skip_blank_lines(struct lib_span *rest, struct http_request *r) {
  for (unsigned n = 0; rest->n && rest->p[0] == '\r'; n++) {
    if (n == HTTP_BLANK_LINES_MAX)
      return refuse(r, 400);
    if (rest->n == 1)
      return E_AGAIN;
    if (rest->p[1] != '\n')
      return refuse(r, 400);
    *rest = lib_span_sub(*rest, 2, rest->n);
  }
  return 0;
}

static int parse_method(struct lib_span text, struct http_request *r) {
  if (!all_token(text))
    return refuse(r, 400);
  r->method_text = text;
  for (unsigned i = 0; i < HTTP_METHODS_N && r->method == 0; i++)
    if (lib_span_eq(text, method_names[i]))
      r->method = 1u << i;
  return 0;
}

/* HTTP/1.0 and 1.1; a later 1.x is answered as 1.1 (RFC 9110 2.5). */
static int parse_version(struct lib_span s, struct http_request *r) {
  if (s.n != 8 || !lib_span_starts(s, LIB_SPAN("HTTP/")) || !is_digit(s.p[5]) || s.p[6] != '.' ||
      !is_digit(s.p[7]))
    return refuse(r, 400);
  if (s.p[5] != '1')
    return refuse(r, 505);
  r->minor = s.p[7] == '0' ? 0 : 1;
  return 0;
}

static bool is_ipv6_text(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

static bool valid_ip_literal(struct lib_span s) {
  if (s.n < 4 || s.p[0] != '[' || s.p[s.n - 1] != ']')
    return false;
  for (size_t i = 1; i < s.n - 1; i++)
    if (!is_ipv6_text(s.p[i]))
      return false;
  return true;
}

/* uri-host [ ":" port ]; the part before the port may be empty only when the
 * whole is. */
static bool valid_host(struct lib_span s) {
  struct lib_span name = s, port;
  uint64_t number;
  size_t from = s.n && s.p[0] == '[' ? lib_span_find(s, ']') : 0;
  size_t colon = from + lib_span_find(lib_span_sub(s, from, s.n), ':');
  if (colon < s.n) {
    name = lib_span_sub(s, 0, colon);
    port = lib_span_sub(s, colon + 1, s.n);
    if (name.n == 0 || (port.n && lib_span_u64(port, 65535, &number) < 0))
      return false;
  }
  return name.n && name.p[0] == '[' ? valid_ip_literal(name) : all_of(name, NAME);
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

/* absolute-form: the authority replaces the Host field (RFC 9112 3.2.2). */
static int parse_absolute(struct lib_span s, struct http_request *r) {
  size_t at = scheme_length(s);
  if (at == 0)
    return refuse(r, 400);
  size_t end = at;
  while (end < s.n && s.p[end] != '/' && s.p[end] != '?')
    end++;
  r->host = lib_span_sub(s, at, end);
  if (r->host.n == 0 || !valid_host(r->host))
    return refuse(r, 400);
  r->form = HTTP_TARGET_ABSOLUTE;
  split_query(lib_span_sub(s, end, s.n), r);
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

static int parse_target(struct lib_span s, struct http_request *r) {
  for (size_t i = 0; i < s.n; i++)
    if (!is_text(s.p[i]) || s.p[i] == '#')
      return refuse(r, 400);
  r->target = s;
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

/* A method longer than any we know: 501 when it may be one, else 400. */
static int refuse_long_method(struct lib_span line, struct http_request *r) {
  return refuse(r, all_token(lib_span_sub(line, 0, METHOD_MAX + 1)) ? 501 : 400);
}

/* method SP request-target SP HTTP-version, single spaces. RFC 9112 3 */
static int parse_request_line(struct lib_span line, struct http_request *r) {
  size_t first = lib_span_find(line, ' ');
  if (first > METHOD_MAX)
    return refuse_long_method(line, r);
  if (first == line.n)
    return refuse(r, 400);
  int rc = parse_method(lib_span_sub(line, 0, first), r);
  if (rc < 0)
    return rc;
  struct lib_span rest = lib_span_sub(line, first + 1, line.n);
  size_t second = lib_span_find(rest, ' ');
  if (second > HTTP_TARGET_MAX)
    return refuse(r, 414);
  if (second == rest.n)
    return refuse(r, 400);
  rc = parse_version(lib_span_sub(rest, second + 1, rest.n), r);
  return rc < 0 ? rc : parse_target(lib_span_sub(rest, 0, second), r);
}

/* A line too long to be a request line, before its end has come. */
static int check_unfinished_line(struct lib_span rest, struct http_request *r) {
  size_t first = lib_span_find(rest, ' ');
  if (first > METHOD_MAX)
    return refuse_long_method(rest, r);
  rest = lib_span_sub(rest, first + 1, rest.n);
  if (lib_span_find(rest, ' ') > HTTP_TARGET_MAX)
    return refuse(r, 414);
  return rest.n > TARGET_TO_END_MAX ? refuse(r, 400) : E_AGAIN;
}

static bool valid_value(struct lib_span s) {
  for (size_t i = 0; i < s.n; i++)
    if ((unsigned char)s.p[i] >= ' ' ? s.p[i] == 0x7f : s.p[i] != '\t')
      return false;
  return true;
}

/* A line that begins with a space is an obs-fold or an attempt at one: both
 * fail here, as does a space before the colon. RFC 9112 5.1, 5.2 */
static int parse_field(struct lib_span line, struct http_request *r) {
  size_t colon = lib_span_find(line, ':');
  struct lib_span name = lib_span_sub(line, 0, colon);
  struct lib_span value = lib_span_trim(lib_span_sub(line, colon + 1, line.n));
  if (colon == line.n || !all_token(name) || !valid_value(value))
    return refuse(r, 400);
  if (r->fields_n == HTTP_FIELDS_MAX)
    return refuse(r, 431);
  r->fields[r->fields_n++] = (struct http_field){name, value};
  r->conditional |= name.n > 3 && (name.p[0] | 0x20) == 'i' && name.p[2] == '-';
  return 0;
}

/* Nearly all fields are told apart by their lengths. */
static bool is_named(const struct http_field *field, struct lib_span name) {
  return field->name.n == name.n && lib_span_ieq(field->name, name);
}

struct lib_span http_request_field(const struct http_request *r, struct lib_span name) {
  for (unsigned i = 0; i < r->fields_n; i++)
    if (is_named(&r->fields[i], name))
      return r->fields[i].value;
  return (struct lib_span){NULL, 0};
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
    while (it->field < r->fields_n && !is_named(&r->fields[it->field], name))
      it->field++;
    if (it->field == r->fields_n)
      return false;
    it->rest = r->fields[it->field++].value;
  }
}

static unsigned count_fields(const struct http_request *r, struct lib_span name) {
  unsigned n = 0;
  for (unsigned i = 0; i < r->fields_n; i++)
    n += is_named(&r->fields[i], name);
  return n;
}

/* RFC 9112 3.2: exactly one Host field, in 1.0 at most one. */
static int check_host(struct http_request *r) {
  unsigned n = count_fields(r, LIB_SPAN("host"));
  struct lib_span host = http_request_field(r, LIB_SPAN("host"));
  if (n > 1 || (n == 0 && r->minor == 1) || !valid_host(host))
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
  if (count_fields(r, name) == 0)
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
  unsigned n = count_fields(r, name);
  int rc = check_transfer_encoding(r);
  if (rc < 0)
    return rc;
  if (n == 0)
    return 0;
  if (n > 1 || r->chunked)
    return refuse(r, 400);
  rc = lib_span_u64(http_request_field(r, name), INT64_MAX, &r->content_length);
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

static int check_options(struct http_request *r) {
  static const struct lib_span name = {"connection", 10};
  bool keep = r->minor == 1 || list_has(r, name, LIB_SPAN("keep-alive"));
  r->keep_alive = keep && !list_has(r, name, LIB_SPAN("close"));
  if (count_fields(r, LIB_SPAN("expect")) == 0 || r->minor == 0)
    return 0;
  struct lib_span expect = http_request_field(r, LIB_SPAN("expect"));
  if (!lib_span_ieq(expect, LIB_SPAN("100-continue")))
    return refuse(r, 417);
  r->expect_continue = true;
  return 0;
}

/* What can only be judged when all fields are known. */
static int check_head(struct http_request *r) {
  int rc = check_host(r);
  if (rc == 0)
    rc = check_framing(r);
  if (rc == 0)
    rc = check_options(r);
  if (rc == 0 && r->method == 0)
    rc = refuse(r, 501);
  return rc;
}

static int parse_fields(struct lib_span *rest, struct http_request *r) {
  struct lib_span line;
  for (;;) {
    int rc = take_line(rest, &line);
    if (rc < 0)
      return rc == E_AGAIN ? E_AGAIN : refuse(r, 400);
    if (line.n == 0)
      return 0;
    rc = parse_field(line, r);
    if (rc < 0)
      return rc;
  }
}

int http_request_parse(struct lib_span in, struct http_request *out) {
  struct lib_span all = in, rest, line;
  out->method = out->status = out->minor = out->fields_n = 0;
  out->form = HTTP_TARGET_ORIGIN;
  out->method_text = out->target = out->path = out->query = out->host = LIB_SPAN("");
  out->keep_alive = out->chunked = out->expect_continue = out->conditional = false;
  out->content_length = 0;
  if (all.n > HTTP_HEAD_MAX)
    all.n = HTTP_HEAD_MAX;
  rest = all;
  int rc = skip_blank_lines(&rest, out);
  if (rc < 0)
    return rc;
  rc = take_line(&rest, &line);
  if (rc == E_AGAIN)
    return check_unfinished_line(rest, out);
  if (rc < 0)
    return refuse(out, 400);
  rc = parse_request_line(line, out);
  if (rc == 0)
    rc = parse_fields(&rest, out);
  if (rc == E_AGAIN && in.n >= HTTP_HEAD_MAX)
    return refuse(out, 431);
  if (rc == 0)
    rc = check_head(out);
  return rc < 0 ? rc : (int)(all.n - rest.n);
}

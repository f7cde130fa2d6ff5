/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/form.h>
#include <lib/err.h>

#include <string.h>

enum state {
  PAIR,           /* urlencoded: a field may begin */
  NAME,           /* urlencoded */
  VALUE,          /* urlencoded, or the data of a part */
  PREAMBLE,       /* multipart: before the first delimiter */
  DELIMITED,      /* behind a delimiter: CR LF or "--" */
  DELIMITED_CR,   /* LF is due */
  DELIMITED_DASH, /* the second '-' is due */
  PART_HEAD,
  EPILOGUE, /* behind the last delimiter */
};

static bool is_multipart(const struct http_form *f) {
  return f->delimiter_n > 0;
}

/* ---- Content-Type ---- */

static bool valid_boundary(struct lib_span s) {
  for (size_t i = 0; i < s.n; i++)
    if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > '~')
      return false;
  return s.n >= 1 && s.n <= HTTP_BOUNDARY_MAX;
}

static struct lib_span unquote(struct lib_span s) {
  bool quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
  return quoted ? lib_span_sub(s, 1, s.n - 1) : s;
}

/* A parameter of a field such as "form-data; name=x"; p is NULL when absent.
 * A ';' inside quotes does not separate. */
static struct lib_span parameter(struct lib_span value, struct lib_span name) {
  size_t at = lib_span_find(value, ';');
  while (at < value.n) {
    size_t from = ++at;
    for (bool quoted = false; at < value.n && (quoted || value.p[at] != ';'); at++)
      quoted ^= value.p[at] == '"';
    struct lib_span pair = lib_span_trim(lib_span_sub(value, from, at));
    size_t equals = lib_span_find(pair, '=');
    if (equals < pair.n && lib_span_ieq(lib_span_sub(pair, 0, equals), name))
      return unquote(lib_span_sub(pair, equals + 1, pair.n));
  }
  return (struct lib_span){NULL, 0};
}

static int begin_multipart(struct http_form *f, struct lib_span content_type) {
  struct lib_span boundary = parameter(content_type, LIB_SPAN("boundary"));
  if (!valid_boundary(boundary))
    return E_PROTO;
  memcpy(f->delimiter, "\r\n--", 4);
  memcpy(f->delimiter + 4, boundary.p, boundary.n);
  f->delimiter_n = (uint8_t)(4 + boundary.n);
  f->state = PREAMBLE;
  f->matched = 2; /* the first delimiter needs no CR LF before it */
  return 0;
}

int http_form_init(struct http_form *f, struct lib_span content_type, char *text, size_t cap) {
  size_t end = lib_span_find(content_type, ';');
  struct lib_span type = lib_span_trim(lib_span_sub(content_type, 0, end));
  f->text = text;
  f->cap = (uint32_t)cap;
  f->n = f->fields_n = f->head_n = 0;
  f->state = PAIR;
  f->matched = f->escape = f->high = f->delimiter_n = 0;
  if (lib_span_ieq(type, LIB_SPAN("application/x-www-form-urlencoded")))
    return 0;
  if (lib_span_ieq(type, LIB_SPAN("multipart/form-data")))
    return begin_multipart(f, content_type);
  return E_NOENT;
}

/* ---- storage ---- */

static int put(struct http_form *f, struct lib_span s) {
  if (s.n > f->cap - f->n)
    return E_LIMIT;
  memcpy(f->text + f->n, s.p, s.n);
  f->n += (uint32_t)s.n;
  return 0;
}

static int put_text(struct http_form *f, struct lib_span s, struct http_form_text *t) {
  t->off = f->n;
  t->n = (uint32_t)s.n;
  return put(f, s);
}

static int begin_field(struct http_form *f) {
  if (f->fields_n == HTTP_FORM_FIELDS_MAX)
    return E_LIMIT;
  struct http_form_field *field = &f->fields[f->fields_n++];
  *field = (struct http_form_field){.name.off = f->n, .value.off = f->n};
  return 0;
}

static struct http_form_field *last_field(struct http_form *f) {
  return &f->fields[f->fields_n - 1];
}

/* A byte of the name or value being read. */
static int put_byte(struct http_form *f, char c) {
  struct http_form_field *field = last_field(f);
  if (f->state == NAME)
    field->name.n++;
  else
    field->value.n++;
  return put(f, (struct lib_span){&c, 1});
}

/* ---- urlencoded ---- */

static int escape_byte(struct http_form *f, char c) {
  int value = lib_hex_digit(c);
  if (value < 0)
    return E_PROTO;
  if (f->escape == 1) {
    f->escape = 2;
    f->high = (uint8_t)value;
    return 0;
  }
  f->escape = 0;
  return put_byte(f, (char)(f->high << 4 | value));
}

static int urlencoded_byte(struct http_form *f, char c) {
  if (f->escape)
    return escape_byte(f, c);
  if (c == '&') {
    f->state = PAIR;
    return 0;
  }
  if (f->state == PAIR) {
    int rc = begin_field(f);
    if (rc < 0)
      return rc;
    f->state = NAME;
  }
  if (c == '=' && f->state == NAME) {
    last_field(f)->value.off = f->n;
    f->state = VALUE;
    return 0;
  }
  if (c == '%') {
    f->escape = 1;
    return 0;
  }
  return put_byte(f, c == '+' ? ' ' : c);
}

/* ---- multipart ---- */

/* Bytes that turned out not to be a delimiter, or any other of a part. */
static int part_data(struct http_form *f, struct lib_span s) {
  if (f->state == PREAMBLE)
    return 0;
  last_field(f)->value.n += (uint32_t)s.n;
  return put(f, s);
}

/* A CR stands only at the delimiter's front, so that on a mismatch nothing but
 * the present byte can begin another. */
static int match_byte(struct http_form *f, char c) {
  if (c != f->delimiter[f->matched]) {
    int rc = part_data(f, (struct lib_span){f->delimiter, f->matched});
    f->matched = 0;
    if (rc < 0 || c != f->delimiter[0])
      return rc < 0 ? rc : part_data(f, (struct lib_span){&c, 1});
  }
  if (++f->matched == f->delimiter_n) {
    f->matched = 0;
    f->state = DELIMITED;
  }
  return 0;
}

static int delimited_byte(struct http_form *f, char c) {
  if (c == '\r')
    f->state = DELIMITED_CR;
  else if (c == '-')
    f->state = DELIMITED_DASH;
  else if (c != ' ' && c != '\t') /* padding, RFC 2046 5.1.1 */
    return E_PROTO;
  return 0;
}

static int expect(struct http_form *f, char c, char wanted, enum state next) {
  if (c != wanted)
    return E_PROTO;
  f->state = (uint8_t)next;
  f->head_n = 0;
  return 0;
}

static int begin_part(struct http_form *f, struct lib_span disposition) {
  struct lib_span name = parameter(disposition, LIB_SPAN("name"));
  struct lib_span filename = parameter(disposition, LIB_SPAN("filename"));
  if (name.p == NULL)
    return E_PROTO;
  int rc = begin_field(f);
  if (rc == 0)
    rc = put_text(f, name, &last_field(f)->name);
  if (rc == 0 && filename.p)
    rc = put_text(f, filename, &last_field(f)->filename);
  last_field(f)->value.off = f->n;
  f->state = VALUE;
  return rc;
}

/* The head is complete: find Content-Disposition among its lines. */
static int read_part_head(struct http_form *f) {
  static const struct lib_span name = {"content-disposition", 19};
  struct lib_span rest = {f->head, f->head_n}, line;
  while (lib_span_split(&rest, '\n', &line)) {
    size_t colon = lib_span_find(line, ':');
    if (!lib_span_ieq(lib_span_sub(line, 0, colon), name))
      continue;
    if (line.n && line.p[line.n - 1] == '\r')
      line.n--;
    return begin_part(f, lib_span_trim(lib_span_sub(line, colon + 1, line.n)));
  }
  return E_PROTO;
}

static int part_head_byte(struct http_form *f, char c) {
  if (f->head_n == HTTP_PART_HEAD_MAX)
    return E_LIMIT;
  f->head[f->head_n++] = c;
  if (f->head_n == 2 && memcmp(f->head, "\r\n", 2) == 0)
    return E_PROTO; /* no field, so no name */
  bool over = f->head_n >= 4 && memcmp(f->head + f->head_n - 4, "\r\n\r\n", 4) == 0;
  return over ? read_part_head(f) : 0;
}

static int multipart_byte(struct http_form *f, char c) {
  switch (f->state) {
  case DELIMITED:
    return delimited_byte(f, c);
  case DELIMITED_CR:
    return expect(f, c, '\n', PART_HEAD);
  case DELIMITED_DASH:
    return expect(f, c, '-', EPILOGUE);
  case PART_HEAD:
    return part_head_byte(f, c);
  case EPILOGUE:
    return 0;
  default:
    return match_byte(f, c);
  }
}

/* ---- */

int http_form_feed(struct http_form *f, struct lib_span in) {
  for (size_t i = 0; i < in.n; i++) {
    int rc = is_multipart(f) ? multipart_byte(f, in.p[i]) : urlencoded_byte(f, in.p[i]);
    if (rc < 0)
      return rc;
  }
  return 0;
}

int http_form_end(struct http_form *f) {
  bool whole = is_multipart(f) ? f->state == EPILOGUE : f->escape == 0;
  return whole ? 0 : E_PROTO;
}

struct lib_span http_form_span(const struct http_form *f, struct http_form_text t) {
  return (struct lib_span){f->text + t.off, t.n};
}

const struct http_form_field *http_form_find(const struct http_form *f, struct lib_span name) {
  for (uint32_t i = 0; i < f->fields_n; i++)
    if (lib_span_eq(http_form_span(f, f->fields[i].name), name))
      return &f->fields[i];
  return NULL;
}

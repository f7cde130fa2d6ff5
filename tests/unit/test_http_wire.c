/* SPDX-License-Identifier: BSD-2-Clause
 * Every case of tests/data/http against the engine in this process, whole and
 * byte by byte. tests/data/http/README.md tells the format; tests/wire.py runs
 * the same files against a server. */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <site/routes.h>

#include "http_peer.h"

#define CASES "tests/data/http"
#define CASES_MIN 250
#define RAW_MAX (256 * 1024)
#define TEXT_MAX 4096

/* What went wrong with the present case, "" if nothing. */
static char wrong[TEXT_MAX * 3];

static bool fail_case(const char *what, struct lib_span have) {
  if (wrong[0] == '\0')
    snprintf(wrong, sizeof wrong, "%s; got \"%.*s\"", what, (int)(have.n < 800 ? have.n : 800),
             have.n ? have.p : "");
  return false;
}

/* ---- escapes and ${...} ---- */

/* GET `path` with a coding and give the value of field `name` in `value`. */
static void look_up(struct lib_span path, struct lib_span coding, struct lib_span name,
                    struct lib_out *value) {
  struct peer p;
  struct answer a;
  char request[TEXT_MAX];
  peer_open(&p);
  int n = snprintf(request, sizeof request,
                   "GET %.*s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %.*s\r\n\r\n", (int)path.n,
                   path.p, (int)coding.n, coding.n ? coding.p : "");
  peer_send(&p, (struct lib_span){request, (size_t)n});
  if (peer_answer(&p, &a, false)) {
    lib_out_span(value, answer_field(&a, name));
    answer_free(&a);
  }
  peer_close(&p);
}

static int hex(char c) {
  return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* \r \n \t \\ \xHH; returns how many characters were used. */
static size_t unescape_one(struct lib_span s, struct lib_out *out) {
  switch (s.n > 1 ? s.p[1] : 0) {
  case 'r':
    lib_out_char(out, '\r');
    return 2;
  case 'n':
    lib_out_char(out, '\n');
    return 2;
  case 't':
    lib_out_char(out, '\t');
    return 2;
  case 'x':
    lib_out_char(out, (char)(hex(s.p[2]) << 4 | hex(s.p[3])));
    return 4;
  default:
    lib_out_char(out, '\\');
    return 2;
  }
}

static void unescape_text(struct lib_span s, struct lib_out *out) {
  for (size_t i = 0; i < s.n;) {
    if (s.p[i] == '\\')
      i += unescape_one(lib_span_sub(s, i, s.n), out);
    else
      lib_out_char(out, s.p[i++]);
  }
}

/* ${etag:PATH[:CODING]} ${modified:PATH} ${repeat:N:TEXT} */
static void expand(struct lib_span inside, struct lib_out *out) {
  struct lib_span kind, first = LIB_SPAN(""), rest = inside;
  lib_span_split(&rest, ':', &kind);
  lib_span_split(&rest, ':', &first);
  if (lib_span_eq(kind, LIB_SPAN("etag")))
    look_up(first, rest, LIB_SPAN("ETag"), out);
  else if (lib_span_eq(kind, LIB_SPAN("modified")))
    look_up(first, rest, LIB_SPAN("Last-Modified"), out);
  else
    for (unsigned long n = strtoul(first.p, NULL, 10); n; n--)
      unescape_text(rest, out);
}

static void unescape(struct lib_span s, struct lib_out *out) {
  for (size_t i = 0; i < s.n;) {
    struct lib_span rest = lib_span_sub(s, i, s.n);
    size_t end = lib_span_find(rest, '}');
    if (lib_span_starts(rest, LIB_SPAN("${")) && end < rest.n) {
      expand(lib_span_sub(rest, 2, end), out);
      i += end + 1;
      continue;
    }
    size_t next = rest.p[0] == '$' ? 1 : lib_span_find(rest, '$');
    unescape_text(lib_span_sub(rest, 0, next), out);
    i += next;
  }
}

/* ---- what is wanted ---- */

struct wanted {
  struct lib_span key, value;
};

static bool contains(struct lib_span s, struct lib_span part) {
  return part.n == 0 || (s.n && memmem(s.p, s.n, part.p, part.n));
}

static bool check_field(const struct answer *a, struct lib_span key, struct lib_span value) {
  size_t colon = lib_span_find(value, ':');
  struct lib_span want = lib_span_trim(lib_span_sub(value, colon + 1, value.n));
  struct lib_span have = answer_field(a, lib_span_sub(value, 0, colon));
  if (lib_span_eq(key, LIB_SPAN("absent")))
    return have.p == NULL || fail_case("a field that must be absent is there", a->head);
  if (lib_span_eq(key, LIB_SPAN("field")))
    return (have.p && lib_span_eq(have, want)) || fail_case("a field differs", a->head);
  return (have.p && contains(have, want)) || fail_case("a field lacks a part", a->head);
}

static bool check_body(const struct answer *a, struct lib_span key, struct lib_span want) {
  if (lib_span_eq(key, LIB_SPAN("body")))
    return lib_span_eq(a->body, want) || fail_case("the body differs", a->body);
  if (lib_span_eq(key, LIB_SPAN("starts")))
    return lib_span_starts(a->body, want) || fail_case("the body begins otherwise", a->body);
  if (lib_span_eq(key, LIB_SPAN("has")))
    return contains(a->body, want) || fail_case("the body lacks a part", a->body);
  return a->body.n == strtoul(want.p, NULL, 10) || fail_case("the body has another size", a->body);
}

static bool is_one_of(struct lib_span key, const char *words) {
  struct lib_span rest = lib_span_str(words), word;
  while (lib_span_split(&rest, ' ', &word))
    if (lib_span_eq(word, key))
      return true;
  return false;
}

static bool check_one(const struct answer *a, struct wanted w) {
  char text[TEXT_MAX];
  struct lib_out value;
  lib_out_init(&value, text, sizeof text - 1);
  unescape(w.value, &value);
  text[value.n] = '\0';
  if (is_one_of(w.key, "field absent field-has"))
    return check_field(a, w.key, lib_out_done(&value));
  if (is_one_of(w.key, "body starts has size"))
    return check_body(a, w.key, lib_out_done(&value));
  return fail_case("unknown key", w.key);
}

/* ---- one case ---- */

struct wire_case {
  struct wanted wanted[64];
  size_t wanted_n;
  struct lib_span raw;
};

static void parse_case(struct lib_span text, struct wire_case *c, struct lib_out *raw) {
  struct lib_span line;
  c->wanted_n = 0;
  while (lib_span_split(&text, '\n', &line)) {
    if (lib_span_starts(line, LIB_SPAN("# "))) {
      size_t colon = lib_span_find(line, ':');
      assert_true(colon < line.n && c->wanted_n < 64);
      c->wanted[c->wanted_n++] =
          (struct wanted){lib_span_sub(line, 2, colon), lib_span_sub(line, colon + 2, line.n)};
    } else {
      unescape(line, raw);
    }
  }
  assert_false(raw->overflow);
  c->raw = lib_out_done(raw);
}

static bool next_answer(struct peer *p, struct answer *a, struct lib_span status, bool head_only) {
  answer_free(a);
  if (!peer_answer(p, a, head_only))
    return fail_case("no whole answer", (struct lib_span){p->out, p->out_n});
  return a->status == strtoul(status.p, NULL, 10) || fail_case("another status", a->head);
}

static bool check_end(struct peer *p, struct lib_span want) {
  struct answer a;
  if (p->out_n != p->seen)
    return fail_case("more than was wanted",
                     (struct lib_span){p->out + p->seen, p->out_n - p->seen});
  if (lib_span_eq(want, LIB_SPAN("close")))
    return http_conn_done(&p->conn) || fail_case("the connection stays open", LIB_SPAN(""));
  if (lib_span_eq(want, LIB_SPAN("wait")))
    return !http_conn_done(&p->conn) || fail_case("the connection is closed", LIB_SPAN(""));
  peer_send(p, LIB_SPAN("GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"));
  bool ok = peer_answer(p, &a, false) && a.status == 200;
  answer_free(&a);
  return ok || fail_case("the connection does not go on", LIB_SPAN(""));
}

static bool check_case(struct peer *p, const struct wire_case *c) {
  struct answer a = {0};
  bool ok = true, head_only = false;
  for (size_t i = 0; i < c->wanted_n && ok; i++) {
    struct wanted w = c->wanted[i];
    if (lib_span_eq(w.key, LIB_SPAN("name")) || lib_span_eq(w.key, LIB_SPAN("source")))
      continue;
    if (lib_span_eq(w.key, LIB_SPAN("head")))
      head_only = lib_span_eq(w.value, LIB_SPAN("yes"));
    else if (lib_span_eq(w.key, LIB_SPAN("status")))
      ok = next_answer(p, &a, w.value, head_only);
    else if (lib_span_eq(w.key, LIB_SPAN("connection")))
      ok = check_end(p, w.value);
    else
      ok = check_one(&a, w);
  }
  answer_free(&a);
  return ok;
}

static bool run_case(const struct wire_case *c, size_t step) {
  struct peer p;
  wrong[0] = '\0';
  peer_open(&p);
  p.step = step;
  for (size_t at = 0; at < c->raw.n; at += step ? step : c->raw.n)
    peer_send(&p, lib_span_sub(c->raw, at, at + (step ? step : c->raw.n)));
  bool ok = check_case(&p, c);
  peer_close(&p);
  if (ok && peer_allocs)
    ok = fail_case("memory is not given back", LIB_SPAN(""));
  return ok;
}

static int is_case(const struct dirent *d) {
  const char *dot = strrchr(d->d_name, '.');
  return dot && strcmp(dot, ".req") == 0;
}

/* Run a file both ways; prints what is wrong. */
static bool run_file(const char *name) {
  static char raw[RAW_MAX], path[512];
  struct wire_case c;
  struct lib_out out;
  lib_out_init(&out, raw, sizeof raw);
  snprintf(path, sizeof path, CASES "/%s", name);
  struct lib_span text = peer_read_file(path);
  /* a fresh server: what one case has used up is no matter of the next */
  peer_server_start(site_routes, site_routes_n);
  parse_case(text, &c, &out);
  bool ok = true;
  for (size_t step = 0; step < 2 && ok; step++) {
    peer_server_start(site_routes, site_routes_n);
    ok = run_case(&c, step);
    if (!ok)
      print_error("%s, %s: %s\n", name, step ? "byte by byte" : "whole", wrong);
  }
  free((char *)text.p);
  return ok;
}

static void all_cases_are_answered_as_wanted(void **state) {
  (void)state;
  struct dirent **names;
  int n = scandir(CASES, &names, is_case, alphasort), failed = 0;
  assert_true(n >= CASES_MIN);
  for (int i = 0; i < n; i++) {
    failed += !run_file(names[i]->d_name);
    free(names[i]);
  }
  free(names);
  if (failed)
    fail_msg("%d of %d wire cases", failed, n);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_cases_are_answered_as_wanted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * What writes text for pages: http/html.c, http/json.c, http/sse.c's events;
 * and http/route.c, which reads patterns. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/route.h>
#include <http/sse.h>

static char buf[512];
static struct lib_out o;

static void begin(void) {
  lib_out_init(&o, buf, sizeof buf);
}

static void html_is_escaped_unless_raw(void **state) {
  (void)state;
  begin();
  http_html(&o, "<p title=\"{}\">{}{} {{}} {</p>", HTTP_STR("<a&\"b'>"), HTTP_RAW(LIB_SPAN("<i>")),
            HTTP_NUMBER(UINT64_MAX), HTTP_TEXT(LIB_SPAN("plain")));
  assert_span(lib_out_done(&o), "<p title=\"&lt;a&amp;&quot;b&#39;&gt;\"><i>18446744073709551615 "
                                "{plain} {</p>");
}

static void a_template_may_end_in_a_brace(void **state) {
  (void)state;
  begin();
  http_html(&o, "{}{", HTTP_STR("x"));
  assert_span(lib_out_done(&o), "x{");
}

static void json_nests_and_separates(void **state) {
  (void)state;
  begin();
  struct http_json j = {&o, false};
  http_json_open(&j, '{');
  http_json_key(&j, "a");
  http_json_open(&j, '[');
  http_json_u64(&j, 1);
  http_json_i64(&j, -2);
  http_json_bool(&j, true);
  http_json_null(&j);
  http_json_open(&j, '{');
  http_json_close(&j, '}');
  http_json_close(&j, ']');
  http_json_key(&j, "b");
  http_json_str(&j, "x");
  http_json_close(&j, '}');
  assert_span(lib_out_done(&o), "{\"a\":[1,-2,true,null,{}],\"b\":\"x\"}");
}

static void expect_json(const char *in, size_t n, const char *want) {
  begin();
  struct http_json j = {&o, false};
  http_json_span(&j, guard((struct lib_span){in, n}));
  assert_span(lib_out_done(&o), want);
}

static void json_strings_are_always_valid(void **state) {
  (void)state;
  expect_json("\"\\\n\x01\x1f", 5, "\"\\\"\\\\\\n\\u0001\\u001f\"");
  expect_json("</script>", 9, "\"\\u003c/script>\"");
  expect_json("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 9,
              "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"");
  expect_json("\xc3", 1, "\"\\ufffd\"");
  expect_json("\x80", 1, "\"\\ufffd\"");
  expect_json("\xc0\x80", 2, "\"\\ufffd\\ufffd\"");                       /* overlong */
  expect_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");            /* a surrogate */
  expect_json("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* too large */
  expect_json("\xe2\x82x", 3, "\"\\ufffd\\ufffdx\"");
}

static void event_data_keeps_its_lines(void **state) {
  (void)state;
  begin();
  http_sse_event(&o, "tick", LIB_SPAN("a\nb"));
  http_sse_event(&o, NULL, LIB_SPAN(""));
  assert_span(lib_out_done(&o), "event: tick\ndata: a\ndata: b\n\ndata: \n\n");
}

/* A CR ends a line too: data cannot write a field of its own. */
static void event_data_cannot_leave_its_field(void **state) {
  (void)state;
  begin();
  http_sse_event(&o, NULL, guard_str("a\rid: 1\r\nb\n"));
  assert_span(lib_out_done(&o), "data: a\ndata: id: 1\ndata: b\ndata: \n\n");
}

static struct lib_span params[HTTP_PARAMS_MAX];

static bool matches(const char *pattern, const char *path) {
  return http_route_match(pattern, guard_str(path), params);
}

static void patterns_match_whole_segments(void **state) {
  (void)state;
  assert_true(matches("/", "/"));
  assert_true(matches("/a", "/a"));
  assert_false(matches("/a", "/a/"));
  assert_false(matches("/a/", "/a"));
  assert_false(matches("/a", "/ab"));
  assert_false(matches("/ab", "/a"));
  assert_false(matches("/a", "/A"));
  assert_true(matches("/:x", "/a"));
  assert_false(matches("/:x", "/"));
  assert_false(matches("/:x", "/a/b"));
  assert_false(matches("/:x/b", "//b"));
}

static void parameters_are_found_by_name(void **state) {
  (void)state;
  const char *pattern = "/:user/posts/:post";
  assert_true(matches(pattern, "/ann/posts/a b"));
  assert_span(http_route_param(pattern, params, "user"), "ann");
  assert_span(http_route_param(pattern, params, "post"), "a b");
  assert_null(http_route_param(pattern, params, "posts").p);
}

static int never(struct http_exchange *x) {
  (void)x;
  return 0;
}

static void the_first_route_of_the_method_wins(void **state) {
  (void)state;
  static const struct http_route routes[] = {
      {HTTP_POST, "/a", never, .body_max = 1},
      {HTTP_GET, "/:x", never, .body_max = 2},
      {HTTP_GET | HTTP_PUT, "/a", never, .body_max = 3},
  };
  static struct http_server s = {.routes = routes, .routes_n = 3};
  unsigned allow;
  http_route_sort(&s);
  assert_ptr_equal(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_GET, params, &allow),
                   &routes[1]);
  assert_ptr_equal(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_HEAD, params, &allow),
                   &routes[1]);
  assert_ptr_equal(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_PUT, params, &allow),
                   &routes[2]);
  assert_null(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_DELETE, params, &allow));
  assert_int_equal(allow, HTTP_GET | HTTP_PUT | HTTP_POST);
  assert_null(http_route_find(&s, s.groups, LIB_SPAN("/b/c"), HTTP_GET, params, &allow));
  assert_int_equal(allow, 0);
}

static void a_group_is_there_when_the_server_has_it(void **state) {
  (void)state;
  static const struct http_route routes[] = {
      {HTTP_POST, "/a", never, .group = 2},
      {HTTP_GET, "/a", never, .body_max = 0},
  };
  static struct http_server s = {.routes = routes, .routes_n = 2, .groups = 1};
  unsigned allow;
  http_route_sort(&s);
  assert_null(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_POST, params, &allow));
  assert_int_equal(allow, HTTP_GET);
  s.groups = 3;
  assert_ptr_equal(http_route_find(&s, s.groups, LIB_SPAN("/a"), HTTP_POST, params, &allow),
                   &routes[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(html_is_escaped_unless_raw),
      cmocka_unit_test(a_template_may_end_in_a_brace),
      cmocka_unit_test(json_nests_and_separates),
      cmocka_unit_test(json_strings_are_always_valid),
      cmocka_unit_test(event_data_keeps_its_lines),
      cmocka_unit_test(event_data_cannot_leave_its_field),
      cmocka_unit_test(patterns_match_whole_segments),
      cmocka_unit_test(parameters_are_found_by_name),
      cmocka_unit_test(the_first_route_of_the_method_wins),
      cmocka_unit_test(a_group_is_there_when_the_server_has_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of the logs: their form, and that nothing a client sends breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/log_format.h"

static char text[APP_LOG_LINE_MAX + 1];
static struct lib_out out;

static struct http_access request(void) {
  return (struct http_access){.peer = "192.0.2.1",
                              .method = LIB_SPAN("GET"),
                              .target = LIB_SPAN("/a?b=c"),
                              .host = LIB_SPAN("example.org"),
                              .minor = 1,
                              .status = 200,
                              .bytes = 12,
                              .duration_ms = 3,
                              .wall_unix = 784111777};
}

static const char *line(enum app_log_access format, const struct http_access *a) {
  lib_out_init(&out, text, APP_LOG_LINE_MAX);
  app_log_access_line(&out, format, a);
  assert_false(out.overflow);
  text[out.n] = 0;
  return text;
}

static void combined_line(void **state) {
  (void)state;
  struct http_access a = request();
  assert_string_equal(line(APP_LOG_COMBINED, &a),
                      "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b=c HTTP/1.1\" 200 12 "
                      "\"-\" \"-\"");
  a.method = a.target = LIB_SPAN("");
  a.status = 408;
  assert_non_null(strstr(line(APP_LOG_COMBINED, &a), "] \"-\" 408 12 \"-\" \"-\""));
}

static void combined_escapes(void **state) {
  (void)state;
  struct http_access a = request();
  a.user_agent = LIB_SPAN("a\"b\\c\n\x7f\xe9");
  assert_non_null(strstr(line(APP_LOG_COMBINED, &a), " \"a\\x22b\\x5cc\\x0a\\x7f\\xe9\""));
}

static void json_line(void **state) {
  (void)state;
  struct http_access a = request();
  a.referer = LIB_SPAN("x\"\n");
  assert_string_equal(
      line(APP_LOG_JSON, &a),
      "{\"time\":\"1994-11-06T08:49:37Z\",\"peer\":\"192.0.2.1\",\"method\":\"GET\","
      "\"host\":\"example.org\",\"target\":\"/a?b=c\",\"status\":200,\"bytes\":12,"
      "\"duration_ms\":3,\"referer\":\"x\\\"\\n\",\"user_agent\":\"\"}");
}

/* Long texts of bytes that grow sixfold: cut, but whole lines. */
static void the_longest_fits(void **state) {
  (void)state;
  static char bytes[4096];
  memset(bytes, 1, sizeof bytes);
  struct http_access a = request();
  a.method = a.target = a.host = a.referer = a.user_agent = (struct lib_span){bytes, sizeof bytes};
  const char *s = line(APP_LOG_JSON, &a);
  assert_int_equal(s[strlen(s) - 1], '}');
  s = line(APP_LOG_COMBINED, &a);
  assert_string_equal(s + strlen(s) - 4, "...\"");
}

static void syslog_head(void **state) {
  (void)state;
  lib_out_init(&out, text, APP_LOG_LINE_MAX);
  app_log_syslog_head(&out, KERNEL_LOG_ERROR, 784111777, LIB_SPAN("a.example"), "event");
  app_log_syslog_head(&out, KERNEL_LOG_INFO, 0, LIB_SPAN(""), "access");
  text[out.n] = 0;
  assert_string_equal(text, "<131>1 1994-11-06T08:49:37Z a.example thimble - event - "
                            "<134>1 - - thimble - access - ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(combined_line), cmocka_unit_test(combined_escapes),
      cmocka_unit_test(json_line),     cmocka_unit_test(the_longest_fits),
      cmocka_unit_test(syslog_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

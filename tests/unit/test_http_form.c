/* SPDX-License-Identifier: BSD-2-Clause
 * http/form.c: the same fields however the body is cut; nothing beyond the
 * buffers given. */
#include "cmocka_all.h"
#include "guard.h"

#include <http/form.h>
#include <lib/err.h>

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=AaB03x"

static struct http_form form;
static char text[1024];

/* Decode in pieces of `step`; the first error, else that of the end. */
static int decode(const char *type, struct lib_span body, size_t step, size_t cap) {
  int rc = http_form_init(&form, lib_span_str(type), text, cap);
  for (size_t at = 0; at < body.n && rc == 0; at += step)
    rc = http_form_feed(&form, guard(lib_span_sub(body, at, at + step)));
  return rc == 0 ? http_form_end(&form) : rc;
}

static void expect_field(const char *name, const char *value) {
  const struct http_form_field *f = http_form_find(&form, lib_span_str(name));
  assert_non_null(f);
  assert_span(http_form_span(&form, f->value), value);
}

static void expect_error(const char *type, const char *body, int rc) {
  for (size_t step = 1; step <= strlen(body) + 1; step++)
    assert_int_equal(decode(type, lib_span_str(body), step, sizeof text), rc);
}

static void urlencoded_fields(void **state) {
  (void)state;
  struct lib_span body = LIB_SPAN("name=J+%C3%96%26&empty=&bare&&a=b=c&%61%3D=x&a=second");
  for (size_t step = 1; step <= body.n; step++) {
    assert_int_equal(decode(URLENCODED, body, step, body.n), 0);
    assert_int_equal(form.fields_n, 6);
    expect_field("name", "J \xc3\x96&");
    expect_field("empty", "");
    expect_field("bare", "");
    expect_field("a", "b=c");
    expect_field("a=", "x");
  }
  assert_null(http_form_find(&form, LIB_SPAN("absent")));
}

static void urlencoded_errors(void **state) {
  (void)state;
  expect_error(URLENCODED, "a=%zz", E_PROTO);
  expect_error(URLENCODED, "a=%4", E_PROTO);
  expect_error(URLENCODED, "%", E_PROTO);
}

static const char parts[] = "a preamble\r\n--AaB03x\r\n"
                            "Content-Disposition: form-data; name=\"one\"\r\n\r\n"
                            "1\r\n-\r\n--AaB03\r\r\n--AaB03y\r\n--AaB03x\r\n"
                            "content-disposition:form-data; filename=\"a;b.txt\"; name=\"two\"\r\n"
                            "Content-Type: text/plain\r\n\r\n"
                            "\r\n--AaB03x \t\r\n"
                            "X: y\r\nContent-Disposition: form-data; name=three\r\n\r\n"
                            "\r\n\r\n--AaB03x--\r\n an epilogue --AaB03x";

static void multipart_fields(void **state) {
  (void)state;
  struct lib_span body = lib_span_str(parts);
  for (size_t step = 1; step <= body.n; step++) {
    assert_int_equal(decode(MULTIPART, body, step, body.n), 0);
    assert_int_equal(form.fields_n, 3);
    expect_field("one", "1\r\n-\r\n--AaB03\r\r\n--AaB03y");
    expect_field("two", "");
    expect_field("three", "\r\n");
    const struct http_form_field *two = http_form_find(&form, LIB_SPAN("two"));
    assert_span(http_form_span(&form, two->filename), "a;b.txt");
  }
}

/* Every cut that loses the last delimiter is noticed. */
static void a_multipart_cut_short_is_an_error(void **state) {
  (void)state;
  struct lib_span body = lib_span_str(parts);
  size_t last = (size_t)(strstr(parts, "x--\r\n") + 3 - parts);
  for (size_t n = 0; n < last; n++)
    assert_int_equal(decode(MULTIPART, lib_span_sub(body, 0, n), 7, body.n), E_PROTO);
  assert_int_equal(decode(MULTIPART, lib_span_sub(body, 0, last), 7, body.n), 0);
}

static void multipart_errors(void **state) {
  (void)state;
  expect_error(MULTIPART, "--AaB03x\r\n\r\nno head\r\n--AaB03x--", E_PROTO);
  expect_error(MULTIPART, "--AaB03x\r\nX: y\r\n\r\nno name\r\n--AaB03x--", E_PROTO);
  expect_error(MULTIPART, "--AaB03x\n", E_PROTO);
  expect_error(MULTIPART, "--AaB03x-x", E_PROTO);
  expect_error(MULTIPART, "", E_PROTO);
}

static void types(void **state) {
  (void)state;
  assert_int_equal(http_form_init(&form, LIB_SPAN("text/plain"), text, 9), E_NOENT);
  assert_int_equal(http_form_init(&form, LIB_SPAN(""), text, 9), E_NOENT);
  assert_int_equal(http_form_init(&form, LIB_SPAN(URLENCODED "; charset=utf-8"), text, 9), 0);
  assert_int_equal(http_form_init(&form, LIB_SPAN("multipart/form-data"), text, 9), E_PROTO);
  assert_int_equal(http_form_init(&form, LIB_SPAN("multipart/form-data; boundary="), text, 9),
                   E_PROTO);
  assert_int_equal(
      http_form_init(&form, LIB_SPAN("multipart/form-data; boundary=\"a b\""), text, 9), 0);
}

static void a_small_buffer_is_a_limit(void **state) {
  (void)state;
  assert_int_equal(decode(URLENCODED, LIB_SPAN("ab=cd"), 1, 3), E_LIMIT);
  assert_int_equal(decode(URLENCODED, LIB_SPAN("ab=cd"), 1, 4), 0);
}

static void fields_and_heads_are_bounded(void **state) {
  (void)state;
  static char many[2 * HTTP_FORM_FIELDS_MAX + 2], head[2 * HTTP_PART_HEAD_MAX];
  for (size_t i = 0; i < sizeof many; i++)
    many[i] = i % 2 ? '&' : 'a';
  struct lib_span all = {many, sizeof many};
  assert_int_equal(decode(URLENCODED, lib_span_sub(all, 0, all.n - 2), 5, sizeof text), 0);
  assert_int_equal(decode(URLENCODED, all, 5, sizeof text), E_LIMIT);
  memset(head, 'h', sizeof head);
  memcpy(head, "--AaB03x\r\n", 10);
  assert_int_equal(decode(MULTIPART, (struct lib_span){head, sizeof head}, 9, sizeof text),
                   E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(urlencoded_fields),
      cmocka_unit_test(urlencoded_errors),
      cmocka_unit_test(multipart_fields),
      cmocka_unit_test(a_multipart_cut_short_is_an_error),
      cmocka_unit_test(multipart_errors),
      cmocka_unit_test(types),
      cmocka_unit_test(a_small_buffer_is_a_limit),
      cmocka_unit_test(fields_and_heads_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

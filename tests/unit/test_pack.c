/* SPDX-License-Identifier: BSD-2-Clause
 * The pack reader: lookups in a good pack, and refusal of damaged ones. Packs
 * are tried in memory of just their size, where a sanitizer sees every step
 * outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <lib/err.h>

#include "sample_pack.h"

#define AT(m) offsetof(struct sample_pack, m)

/* Open the first `n` bytes of a pack, moved to memory of that size, and look at
 * everything in it. */
static int open_copy(const struct sample_pack *p, size_t n, const char **why) {
  struct http_pack pack;
  char *copy = malloc(n ? n : 1);
  memcpy(copy, p, n);
  int rc = http_pack_open(&pack, (struct lib_span){copy, n}, why);
  if (rc == 0)
    sample_walk(&pack);
  free(copy);
  return rc;
}

static struct http_pack open_sample(struct sample_pack *p) {
  struct http_pack pack;
  const char *why = NULL;
  sample_pack_init(p);
  assert_int_equal(http_pack_open(&pack, (struct lib_span){(char *)p, sizeof *p}, &why), 0);
  assert_null(why);
  return pack;
}

static void test_opens(void **state) {
  (void)state;
  struct sample_pack p;
  const char *why;
  struct http_pack pack = open_sample(&p);
  assert_int_equal(http_pack_verify(&pack, &why), 0);
  assert_int_equal(open_copy(&p, sizeof p, &why), 0);
}

static void test_padding_may_follow(void **state) {
  (void)state;
  struct {
    struct sample_pack p;
    char padding[100];
  } padded = {0};
  struct http_pack pack;
  const char *why;
  sample_pack_init(&padded.p);
  struct lib_span bytes = {(char *)&padded, sizeof padded};
  assert_int_equal(http_pack_open(&pack, bytes, &why), 0);
  assert_int_equal(http_pack_verify(&pack, &why), 0);
}

static void test_every_truncation_is_refused(void **state) {
  (void)state;
  struct sample_pack p;
  const char *why;
  sample_pack_init(&p);
  for (size_t n = 0; n < sizeof p; n++) {
    assert_int_equal(open_copy(&p, n, &why), E_PROTO);
    assert_non_null(why);
  }
}

/* Also when the header claims no more than is there. */
static void test_every_cut_is_refused(void **state) {
  (void)state;
  struct sample_pack p;
  const char *why;
  sample_pack_init(&p);
  for (p.head.size = 0; p.head.size < AT(body_gz) + sizeof p.body_gz; p.head.size++)
    assert_int_equal(open_copy(&p, p.head.size, &why), E_PROTO);
}

static void test_misaligned_is_refused(void **state) {
  (void)state;
  static _Alignas(8) char room[sizeof(struct sample_pack) + 8];
  struct sample_pack p;
  struct http_pack pack;
  const char *why;
  sample_pack_init(&p);
  for (size_t by = 1; by < 8; by++) {
    memcpy(room + by, &p, sizeof p);
    struct lib_span bytes = {room + by, sizeof p};
    assert_int_equal(http_pack_open(&pack, bytes, &why), E_PROTO);
  }
}

static void test_checksum_sees_every_byte(void **state) {
  (void)state;
  struct sample_pack p;
  const char *why;
  struct http_pack pack = open_sample(&p);
  for (size_t i = AT(head.checksum); i < sizeof p; i++) {
    ((char *)&p)[i] ^= 1;
    assert_int_equal(http_pack_verify(&pack, &why), E_PROTO);
    assert_non_null(why);
    ((char *)&p)[i] ^= 1;
  }
  assert_int_equal(http_pack_verify(&pack, &why), 0);
}

/* Any value of any byte: refused, or harmless to look through. */
static void test_damage_is_refused_or_harmless(void **state) {
  (void)state;
  static const unsigned char values[] = {0x00, 0x01, 0x0a, 0x2f, 0x7f, 0x80, 0xff};
  struct sample_pack good, p;
  const char *why;
  unsigned refused = 0;
  sample_pack_init(&good);
  for (size_t at = 0; at < AT(body); at++) {
    for (size_t i = 0; i < sizeof values; i++) {
      p = good;
      ((unsigned char *)&p)[at] = values[i];
      refused += open_copy(&p, sizeof p, &why) != 0;
    }
  }
  assert_true(refused > AT(body));
}

struct damage {
  size_t at;      /* offset in the pack */
  unsigned bytes; /* width of the field */
  uint64_t value;
  const char *why; /* a part of the reader's words */
};

#define FIELD(m) AT(m), sizeof(((struct sample_pack *)0)->m)

static const struct damage damages[] = {
    {FIELD(head.magic), 0, "not a site pack"},
    {FIELD(head.version), LIB_PACK_VERSION + 1, "version"},
    {FIELD(head.size), sizeof(struct sample_pack) + 1, "truncated"},
    {FIELD(head.size), 8, "truncated"},
    {FIELD(head.hosts.count), 0, "no host"},
    {FIELD(head.hosts.off), UINT32_MAX - 7, "table"},
    {FIELD(head.hosts.off), 8, "table"},
    {FIELD(head.paths.count), UINT32_MAX, "table"},
    {FIELD(head.paths.count), 4, "host's rows"},
    {FIELD(head.paths.off), AT(paths) + 4, "table"},
    {FIELD(head.prefixes.off), sizeof(struct sample_pack) + 8, "table"},
    {FIELD(head.settings.count), 1u << 28, "table"},
    {FIELD(head.errors.count), 1, "host's rows"},
    {FIELD(head.variants.count), 2, "variants of a resource"},
    {FIELD(hosts[0].name.n), 1, "host's name"},
    {FIELD(hosts[1].name.n), 0, "host's name"},
    {FIELD(text.host_a[0]), 'c', "hosts are not in order"},
    {FIELD(text.host_a[0]), 'A', "host's name"},
    {FIELD(hosts[1].fallback), 2, "fallback"}, /* a redirect */
    {FIELD(hosts[1].fallback), 3, "fallback"},
    {FIELD(hosts[0].paths_n), 2, "host's rows"},
    {FIELD(hosts[0].paths_n), UINT32_MAX, "host's rows"},
    {FIELD(hosts[1].paths_at), 2, "host's rows"},
    {FIELD(hosts[1].paths_n), 1, "host's rows"},
    {FIELD(hosts[2].paths_at), 4, "host's rows"},
    {FIELD(hosts[2].realms_n), 1, "host's rows"},
    {FIELD(hosts[0].prefixes_n), 3, "host's rows"},
    {FIELD(hosts[0].errors_n), 3, "host's rows"},
    {FIELD(paths[0].resource), 3, "path is malformed"},
    {FIELD(paths[0].path.off), UINT32_MAX, "path is malformed"},
    {FIELD(paths[0].path.n), UINT32_MAX, "path is malformed"},
    {FIELD(paths[0].path.n), 0, "path is malformed"},
    {FIELD(paths[1].path.n), 1, "paths are not in order"},
    {FIELD(paths[2].path.n), 3, "paths are not in order"},
    {FIELD(paths[1].path.off), AT(text.old) + 1, "path is malformed"},
    {FIELD(text.page2[2]), '\n', "path is malformed"},
    {FIELD(prefixes[0].status), 200, "prefix rule"},
    {FIELD(prefixes[0].keep_rest), 2, "prefix rule"},
    {FIELD(prefixes[1].status), 0x0131, "prefix rule"},
    {FIELD(prefixes[0].prefix.n), 1, "not in order"},
    {FIELD(prefixes[1].to.off), AT(text.to_path) + 1, "prefix rule"},
    {FIELD(text.to_uri[3]), ' ', "prefix rule"},
    {FIELD(errors[0].status), 399, "error page"},
    {FIELD(errors[1].status), 600, "error page"},
    {FIELD(errors[1].status), 404, "not in order"},
    {FIELD(errors[0].resource), 2, "error page"},
    {FIELD(realms[0].users_at), 3, "realm is malformed"},
    {FIELD(realms[1].users_n), 3, "realm is malformed"},
    {FIELD(realms[0].realm.n), 0, "realm is malformed"},
    {FIELD(realms[0].prefix.n), 4, "realm is malformed"}, /* "/in/" */
    {FIELD(realms[1].prefix.n), 8, "not in order"},
    {FIELD(text.realm[1]), '"', "realm is malformed"},
    {FIELD(text.user[1]), ':', "user is malformed"},
    {FIELD(users[0].name.n), 256, "user is malformed"},
    {FIELD(text.hash[1]), '1', "user is malformed"},
    {FIELD(text.hash[10]), 'x', "user is malformed"},
    {FIELD(users[1].hash.off), sizeof(struct sample_pack) - 10, "user is malformed"},
    {FIELD(resources[0].kind), 3, "unknown kind"},
    {FIELD(resources[0].status), 206, "unknown kind"},
    {FIELD(resources[0].variants_n), 0, "variants of a resource"},
    {FIELD(resources[0].variants_n), 4, "variants of a resource"},
    {FIELD(resources[0].variants_at), 2, "variants of a resource"},
    {FIELD(resources[0].variants_at), UINT32_MAX, "variants of a resource"},
    {FIELD(resources[0].media), 2, "media type"},
    {FIELD(resources[1].media), LIB_PACK_NONE, "media type"},
    {FIELD(resources[0].modified_unix), UINT64_MAX, "modification time"},
    {FIELD(resources[0].modified_unix), 253402300800, "modification time"},
    {FIELD(resources[1].variants_at), 1, "variants of a resource"}, /* gzip comes first */
    {FIELD(resources[0].location.n), UINT32_MAX, "resource lies outside"},
    {FIELD(resources[2].status), 200, "redirect"},
    {FIELD(resources[2].variants_n), 1, "redirect"},
    {FIELD(resources[2].location.n), 0, "redirect"},
    {FIELD(text.location[1]), '\r', "redirect"},
    {FIELD(media[1].type.n), 0, "media type"},
    {FIELD(media[1].type.off), UINT32_MAX, "media type"},
    {FIELD(text.type[4]), '\n', "media type"},
    {FIELD(media[0].fields.n), 10, "header field"},
    {FIELD(media[0].fields.n), UINT32_MAX, "header field"},
    {FIELD(media[1].fields.off), UINT32_MAX, "header field"},
    {FIELD(text.fields[4]), 'x', "header field"},
    {FIELD(text.fields[3]), ' ', "header field"},
    {FIELD(text.fields[0]), ':', "header field"},
    {FIELD(text.fields[9]), 'x', "header field"},
    {FIELD(text.fields[6]), '\0', "header field"},
    {FIELD(text.fields[6]), '\r', "header field"},
    {FIELD(text.fields[6]), '\n', "header field"},
    {FIELD(variants[0].coding), 3, "variant"},
    {FIELD(variants[1].coding), LIB_PACK_IDENTITY, "variants of a resource"},
    {FIELD(variants[1].body.n), 65, "variant"},
    {FIELD(variants[0].body.n), 39, "variants of a resource"},
    {FIELD(settings[0].name.off), AT(text.type), "settings are not in order"},
    {FIELD(settings[0].value.n), UINT32_MAX, "setting"},
    {FIELD(settings[1].name.n), 0, "setting"},
};

static void test_each_check(void **state) {
  (void)state;
  unsigned wrong = 0;
  for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
    const struct damage *d = &damages[i];
    const char *why = "";
    struct sample_pack p;
    sample_pack_init(&p);
    memcpy((char *)&p + d->at, &d->value, d->bytes);
    int rc = open_copy(&p, sizeof p, &why);
    if (rc == E_PROTO && why && strstr(why, d->why))
      continue;
    print_error("row %zu: %d \"%s\" instead of \"%s\"\n", i, rc, why ? why : "", d->why);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void test_find(void **state) {
  (void)state;
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  const struct lib_pack_host *h = http_pack_host(&pack, LIB_SPAN("elsewhere"));
  assert_ptr_equal(http_pack_find(&pack, h, LIB_SPAN("/")), &p.resources[0]);
  assert_ptr_equal(http_pack_find(&pack, h, LIB_SPAN("/page")), &p.resources[1]);
  assert_ptr_equal(http_pack_find(&pack, h, LIB_SPAN("/old")), &p.resources[2]);
  static const char *const missing[] = {"", "/p", "/pag", "/page/", "/pagf", "/page2", "/zzz", "x"};
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
    assert_null(http_pack_find(&pack, h, lib_span_str(missing[i])));
  h = http_pack_host(&pack, LIB_SPAN("a.org"));
  assert_ptr_equal(http_pack_find(&pack, h, LIB_SPAN("/page2")), &p.resources[1]);
  assert_null(http_pack_find(&pack, h, LIB_SPAN("/")));
  h = http_pack_host(&pack, LIB_SPAN("b.example.org"));
  assert_null(http_pack_find(&pack, h, LIB_SPAN("/")));
}

static void test_host(void **state) {
  (void)state;
  static const struct {
    const char *value;
    unsigned host;
  } cases[] = {{"a.org", 1},    {"A.Org", 1},     {"a.org:8080", 1},
               {"a.org.", 1},   {"a.org.:80", 1}, {"b.example.org", 2},
               {"", 0},         {"a.orgg", 0},    {"a.or", 0},
               {"x.a.org", 0},  {".", 0},         {"[::1]", 0},
               {"[::1]:80", 0}, {"[", 0},         {"a.org..", 0},
               {":80", 0}};
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct lib_pack_host *h = http_pack_host(&pack, lib_span_str(cases[i].value));
    if (h != &p.hosts[cases[i].host])
      fail_msg("%s: host %td", cases[i].value, h - p.hosts);
  }
}

static void test_prefix(void **state) {
  (void)state;
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  const struct lib_pack_host *h = &p.hosts[0];
  assert_ptr_equal(http_pack_prefix(&pack, h, LIB_SPAN("/x/long")), &p.prefixes[0]);
  assert_ptr_equal(http_pack_prefix(&pack, h, LIB_SPAN("/x/longer")), &p.prefixes[0]);
  assert_ptr_equal(http_pack_prefix(&pack, h, LIB_SPAN("/x/lon")), &p.prefixes[1]);
  assert_ptr_equal(http_pack_prefix(&pack, h, LIB_SPAN("/x/")), &p.prefixes[1]);
  assert_null(http_pack_prefix(&pack, h, LIB_SPAN("/x")));
  assert_null(http_pack_prefix(&pack, &p.hosts[2], LIB_SPAN("/x/")));
  assert_ptr_equal(http_pack_prefix(&pack, &p.hosts[1], LIB_SPAN("/x/")), &p.prefixes[2]);
}

static void test_realm(void **state) {
  (void)state;
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  const struct lib_pack_host *h = &p.hosts[0];
  assert_ptr_equal(http_pack_realm(&pack, h, LIB_SPAN("/in")), &p.realms[1]);
  assert_ptr_equal(http_pack_realm(&pack, h, LIB_SPAN("/in/")), &p.realms[1]);
  assert_ptr_equal(http_pack_realm(&pack, h, LIB_SPAN("/in/erx")), &p.realms[1]);
  assert_ptr_equal(http_pack_realm(&pack, h, LIB_SPAN("/in/er")), &p.realms[0]);
  assert_ptr_equal(http_pack_realm(&pack, h, LIB_SPAN("/in/er/x")), &p.realms[0]);
  assert_null(http_pack_realm(&pack, h, LIB_SPAN("/inn")));
  assert_null(http_pack_realm(&pack, h, LIB_SPAN("/")));
  assert_null(http_pack_realm(&pack, &p.hosts[1], LIB_SPAN("/in")));
  assert_ptr_equal(http_pack_user(&pack, &p.realms[0], 0), &p.users[1]);
}

static void test_realm_of_everything(void **state) {
  (void)state;
  struct sample_pack p;
  sample_pack_init(&p);
  p.realms[1].prefix = (struct lib_pack_ref)SAMPLE_TEXT(root);
  struct http_pack pack;
  const char *why;
  assert_int_equal(http_pack_open(&pack, (struct lib_span){(char *)&p, sizeof p}, &why), 0);
  assert_ptr_equal(http_pack_realm(&pack, &p.hosts[0], LIB_SPAN("/")), &p.realms[1]);
  assert_ptr_equal(http_pack_realm(&pack, &p.hosts[0], LIB_SPAN("/any")), &p.realms[1]);
  assert_ptr_equal(http_pack_realm(&pack, &p.hosts[0], LIB_SPAN("/in/er")), &p.realms[0]);
}

static void test_media_and_tags(void **state) {
  (void)state;
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  char text[HTTP_ETAG_BYTES];
  assert_ptr_equal(http_pack_media(&pack, &p.resources[0]), &p.media[0]);
  assert_ptr_equal(http_pack_media(&pack, &p.resources[1]), &p.media[1]);
  struct lib_span tag = http_pack_etag(http_pack_variant(&pack, &p.resources[0], 1), text);
  assert_true(lib_span_eq(tag, LIB_SPAN("\"0000000000000002\"")));
  tag = http_pack_etag(http_pack_variant(&pack, &p.resources[1], 0), text);
  assert_true(lib_span_eq(tag, LIB_SPAN("\"fedcba9876543210\"")));
}

static void test_errors_and_settings(void **state) {
  (void)state;
  struct sample_pack p;
  struct http_pack pack = open_sample(&p);
  assert_ptr_equal(http_pack_error(&pack, &p.hosts[0], 404), &p.resources[0]);
  assert_ptr_equal(http_pack_error(&pack, &p.hosts[0], 500), &p.resources[1]);
  assert_null(http_pack_error(&pack, &p.hosts[0], 403));
  assert_null(http_pack_error(&pack, &p.hosts[1], 404));
  assert_true(lib_span_eq(http_pack_setting(&pack, LIB_SPAN("/page")), LIB_SPAN("mine")));
  assert_non_null(http_pack_setting(&pack, LIB_SPAN("server")).p);
  assert_int_equal(http_pack_setting(&pack, LIB_SPAN("server")).n, 0);
  assert_null(http_pack_setting(&pack, LIB_SPAN("serve")).p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opens),
      cmocka_unit_test(test_padding_may_follow),
      cmocka_unit_test(test_every_truncation_is_refused),
      cmocka_unit_test(test_every_cut_is_refused),
      cmocka_unit_test(test_misaligned_is_refused),
      cmocka_unit_test(test_checksum_sees_every_byte),
      cmocka_unit_test(test_damage_is_refused_or_harmless),
      cmocka_unit_test(test_each_check),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_host),
      cmocka_unit_test(test_prefix),
      cmocka_unit_test(test_realm),
      cmocka_unit_test(test_realm_of_everything),
      cmocka_unit_test(test_media_and_tags),
      cmocka_unit_test(test_errors_and_settings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

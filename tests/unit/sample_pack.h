/* SPDX-License-Identifier: BSD-2-Clause
 * A pack with a row in every table, laid out as a struct so that a test can
 * change any field by its name; and a walk over all that a pack leads to. */
#pragma once

#include <http/pack.h>
#include <lib/siphash.h>
#include <stddef.h>
#include <string.h>

/* The texts; each has its own member so that references can name it. */
struct sample_text {
  char host_a[5], host_b[13];
  char root[1], page[5], old[4], page2[6];
  char from_long[7], from[3], to_path[3], to_uri[18];
  char realm_in[6], realm_out[3], realm[5];
  char user[3], hash[11]; /* with its NUL */
  char type[9], location[5];
  char fields[11], fields_2[9];
  char server[6], value[4];
  char end[2]; /* keeps the size a multiple of 8 with what is before */
};

#define TABLE _Alignas(8)

struct sample_pack {
  struct lib_pack_header head;
  TABLE struct lib_pack_host hosts[3];
  TABLE struct lib_pack_path paths[5];
  TABLE struct lib_pack_prefix prefixes[3];
  TABLE struct lib_pack_error errors[2];
  TABLE struct lib_pack_realm realms[2];
  TABLE struct lib_pack_user users[2];
  TABLE struct lib_pack_media media[2];
  TABLE struct lib_pack_resource resources[3];
  TABLE struct lib_pack_variant variants[3];
  TABLE struct lib_pack_setting settings[2];
  struct sample_text text;
  char body[64], body_gz[40];
};

#define SAMPLE_TABLE(m)                                                                            \
  {                                                                                                \
    offsetof(struct sample_pack, m),                                                               \
        sizeof(((struct sample_pack *)0)->m) / sizeof(((struct sample_pack *)0)->m[0])             \
  }
#define SAMPLE_REF(m)                                                                              \
  { offsetof(struct sample_pack, m), sizeof(((struct sample_pack *)0)->m) }
#define SAMPLE_TEXT(m) SAMPLE_REF(text.m)

static const struct sample_text sample_text = {.host_a = "a.org",
                                               .host_b = "b.example.org",
                                               .root = "/",
                                               .page = "/page",
                                               .old = "/old",
                                               .page2 = "/page2",
                                               .from_long = "/x/long",
                                               .from = "/x/",
                                               .to_path = "/y/",
                                               .to_uri = "http://a.org/here/",
                                               .realm_in = "/in/er",
                                               .realm_out = "/in",
                                               .realm = "Realm",
                                               .user = "ada",
                                               .hash = "$5$salt$abc",
                                               .type = "text/html",
                                               .location = "/page",
                                               .fields = "Type: a/b\r\n",
                                               .fields_2 = "Age: 12\r\n",
                                               .server = "server",
                                               .value = "mine"};

/* A fresh sample, its checksum right. */
static inline void sample_pack_init(struct sample_pack *p) {
  static const struct lib_siphash_key key = {0, 0};
  *p = (struct sample_pack){
      .head = {.magic = LIB_PACK_MAGIC,
               .version = LIB_PACK_VERSION,
               .size = sizeof *p,
               .built_unix = 1700000000,
               .hosts = SAMPLE_TABLE(hosts),
               .paths = SAMPLE_TABLE(paths),
               .prefixes = SAMPLE_TABLE(prefixes),
               .errors = SAMPLE_TABLE(errors),
               .realms = SAMPLE_TABLE(realms),
               .users = SAMPLE_TABLE(users),
               .media = SAMPLE_TABLE(media),
               .resources = SAMPLE_TABLE(resources),
               .variants = SAMPLE_TABLE(variants),
               .settings = SAMPLE_TABLE(settings)},
      .hosts = {{{0, 0}, 0, 3, 0, 2, 0, 2, 0, 2, LIB_PACK_NONE},
                {SAMPLE_TEXT(host_a), 3, 2, 2, 1, 2, 0, 2, 0, 1},
                {SAMPLE_TEXT(host_b), 5, 0, 3, 0, 2, 0, 2, 0, LIB_PACK_NONE}},
      .paths = {{SAMPLE_TEXT(root), 0},
                {SAMPLE_TEXT(old), 2},
                {SAMPLE_TEXT(page), 1},
                {SAMPLE_TEXT(page), 0},
                {SAMPLE_TEXT(page2), 1}},
      .prefixes = {{SAMPLE_TEXT(from_long), SAMPLE_TEXT(to_uri), 302, 0},
                   {SAMPLE_TEXT(from), SAMPLE_TEXT(to_path), 0, 1},
                   {SAMPLE_TEXT(root), SAMPLE_TEXT(to_uri), 301, 1}},
      .errors = {{404, 0}, {500, 1}},
      .realms = {{SAMPLE_TEXT(realm_in), SAMPLE_TEXT(realm), 1, 1},
                 {SAMPLE_TEXT(realm_out), SAMPLE_TEXT(realm), 0, 2}},
      .users = {{SAMPLE_TEXT(user), {offsetof(struct sample_pack, text.hash), 10}},
                {SAMPLE_TEXT(user), {offsetof(struct sample_pack, text.hash), 10}}},
      .media = {{SAMPLE_TEXT(type), SAMPLE_TEXT(fields)},
                {SAMPLE_TEXT(type), SAMPLE_TEXT(fields_2)}},
      .resources = {{1700000000, LIB_PACK_FILE, 200, 0, 0, 2, {0, 0}},
                    {0, LIB_PACK_FILE, 200, 1, 2, 1, {0, 0}},
                    {0, LIB_PACK_REDIRECT, 301, LIB_PACK_NONE, 0, 0, SAMPLE_TEXT(location)}},
      .variants = {{1, SAMPLE_REF(body), LIB_PACK_IDENTITY, 0},
                   {2, SAMPLE_REF(body_gz), LIB_PACK_GZIP, 0},
                   {0xfedcba9876543210, {0, 0}, LIB_PACK_IDENTITY, 0}},
      .settings = {{SAMPLE_TEXT(page), SAMPLE_TEXT(value)}, {SAMPLE_TEXT(server), {0, 0}}},
      .text = sample_text,
  };
  p->text.hash[10] = '\0';
  memset(p->body, 'b', sizeof p->body);
  p->head.checksum = lib_siphash(&key, (char *)p + 24, sizeof *p - 24);
}

/* Add up the bytes of a span: a sanitizer sees whether they are there. */
static inline unsigned sample_touch(struct lib_span s) {
  unsigned sum = 0;
  for (size_t i = 0; i < s.n; i++)
    sum += (unsigned char)s.p[i];
  return sum;
}

static inline unsigned sample_walk_resource(const struct http_pack *p,
                                            const struct lib_pack_resource *r) {
  unsigned sum = 0;
  if (r == NULL)
    return 0;
  sum += sample_touch(http_pack_span(p, r->location));
  if (r->kind == LIB_PACK_FILE) {
    const struct lib_pack_media *m = http_pack_media(p, r);
    sum += sample_touch(http_pack_span(p, m->type)) + sample_touch(http_pack_span(p, m->fields));
  }
  for (unsigned i = 0; i < r->variants_n; i++) {
    const struct lib_pack_variant *v = http_pack_variant(p, r, i);
    char etag[HTTP_ETAG_BYTES];
    sum += sample_touch(http_pack_span(p, v->body)) + sample_touch(http_pack_etag(v, etag));
  }
  return sum;
}

static inline unsigned sample_walk_path(const struct http_pack *p, const struct lib_pack_host *h,
                                        struct lib_span path) {
  unsigned sum = sample_walk_resource(p, http_pack_find(p, h, path));
  const struct lib_pack_prefix *prefix = http_pack_prefix(p, h, path);
  const struct lib_pack_realm *realm = http_pack_realm(p, h, path);
  if (prefix)
    sum += sample_touch(http_pack_span(p, prefix->to));
  for (unsigned i = 0; realm && i < realm->users_n; i++) {
    const struct lib_pack_user *u = http_pack_user(p, realm, i);
    sum += sample_touch(http_pack_span(p, u->name));
    sum += (unsigned)strlen(http_pack_span(p, u->hash).p);
  }
  return sum;
}

/* Look up all that an open pack holds, by way of its public functions. */
static inline unsigned sample_walk(const struct http_pack *p) {
  const struct lib_pack_host *hosts = (const void *)(p->base + p->head->hosts.off);
  const struct lib_pack_path *paths = (const void *)(p->base + p->head->paths.off);
  unsigned sum = sample_touch(http_pack_setting(p, LIB_SPAN("server")));
  for (uint32_t i = 0; i < p->head->hosts.count && i < 64; i++) {
    const struct lib_pack_host *h = http_pack_host(p, http_pack_span(p, hosts[i].name));
    for (uint32_t k = 0; k < p->head->paths.count && k < 64; k++)
      sum += sample_walk_path(p, h, http_pack_span(p, paths[k].path));
    sum += sample_walk_path(p, h, LIB_SPAN("/in/er/x")) + sample_walk_path(p, h, LIB_SPAN("/x/y"));
    for (unsigned status = 400; status < 600; status++)
      sum += sample_walk_resource(p, http_pack_error(p, h, status));
  }
  return sum;
}

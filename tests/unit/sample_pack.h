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
  char etag[3], etag_gz[3], head[9], head_gz[9], repr[11];
  char server[6], value[4];
  char end[3]; /* keeps the size a multiple of 8 with what is before */
};

struct sample_pack {
  struct lib_pack_header head;
  struct lib_pack_host hosts[3];
  struct lib_pack_path paths[5];
  struct lib_pack_prefix prefixes[3];
  struct lib_pack_error errors[2];
  struct lib_pack_realm realms[2];
  struct lib_pack_user users[2];
  struct lib_pack_resource resources[3];
  struct lib_pack_variant variants[3];
  struct lib_pack_setting settings[2];
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
                                               .etag = "\"1\"",
                                               .etag_gz = "\"2\"",
                                               .head = "ETag: 1\r\n",
                                               .head_gz = "ETag: 2\r\n",
                                               .repr = "Type: a/b\r\n",
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
               .resources = SAMPLE_TABLE(resources),
               .variants = SAMPLE_TABLE(variants),
               .settings = SAMPLE_TABLE(settings)},
      .hosts = {{{0, 0}, 0, 3, 0, 2, 0, 2, 0, 2, LIB_PACK_NONE, 0},
                {SAMPLE_TEXT(host_a), 3, 2, 2, 1, 2, 0, 2, 0, 1, 0},
                {SAMPLE_TEXT(host_b), 5, 0, 3, 0, 2, 0, 2, 0, LIB_PACK_NONE, 0}},
      .paths = {{SAMPLE_TEXT(root), 0, 0},
                {SAMPLE_TEXT(old), 2, 0},
                {SAMPLE_TEXT(page), 1, 0},
                {SAMPLE_TEXT(page), 0, 0},
                {SAMPLE_TEXT(page2), 1, 0}},
      .prefixes = {{SAMPLE_TEXT(from_long), SAMPLE_TEXT(to_uri), 302, 0, 0},
                   {SAMPLE_TEXT(from), SAMPLE_TEXT(to_path), 0, 1, 0},
                   {SAMPLE_TEXT(root), SAMPLE_TEXT(to_uri), 301, 1, 0}},
      .errors = {{404, 0}, {500, 1}},
      .realms = {{SAMPLE_TEXT(realm_in), SAMPLE_TEXT(realm), 1, 1},
                 {SAMPLE_TEXT(realm_out), SAMPLE_TEXT(realm), 0, 2}},
      .users = {{SAMPLE_TEXT(user), {offsetof(struct sample_pack, text.hash), 10}},
                {SAMPLE_TEXT(user), {offsetof(struct sample_pack, text.hash), 10}}},
      .resources =
          {{LIB_PACK_FILE, 200, 0, 2, LIB_PACK_VARY, 1700000000, SAMPLE_TEXT(type), {0, 0}},
           {LIB_PACK_FILE, 200, 2, 1, 0, 0, SAMPLE_TEXT(type), {0, 0}},
           {LIB_PACK_REDIRECT, 301, 0, 0, 0, 0, {0, 0}, SAMPLE_TEXT(location)}},
      .variants =
          {{LIB_PACK_IDENTITY, 0, SAMPLE_REF(body), SAMPLE_TEXT(etag), SAMPLE_TEXT(head),
            SAMPLE_TEXT(repr)},
           {LIB_PACK_GZIP, 0, SAMPLE_REF(body_gz), SAMPLE_TEXT(etag_gz), SAMPLE_TEXT(head_gz),
            SAMPLE_TEXT(repr)},
           {LIB_PACK_IDENTITY, 0, {0, 0}, SAMPLE_TEXT(etag), SAMPLE_TEXT(head), SAMPLE_TEXT(repr)}},
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
  sum += sample_touch(http_pack_span(p, r->type)) + sample_touch(http_pack_span(p, r->location));
  for (unsigned i = 0; i < r->variants_n; i++) {
    const struct lib_pack_variant *v = http_pack_variant(p, r, i);
    sum += sample_touch(http_pack_span(p, v->body)) + sample_touch(http_pack_span(p, v->etag));
    sum += sample_touch(http_pack_span(p, v->head)) + sample_touch(http_pack_span(p, v->repr));
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

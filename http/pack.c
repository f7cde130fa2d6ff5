/* SPDX-License-Identifier: BSD-2-Clause
 * The pack's reader. Two halves: the lookups, which trust every reference, and
 * above them the check that makes that trust good. Each text has a bound and
 * each range is its owner's alone, so that the check is linear in the size of
 * the pack whatever is in it. */
#include <http/pack.h>
#include <lib/err.h>
#include <lib/out.h>
#include <lib/siphash.h>
#include <string.h>

#define CHECKSUM_FROM 24u /* the checksum covers what stands behind it */

_Static_assert(sizeof(struct lib_pack_header) == 112, "the format is fixed");
_Static_assert(sizeof(struct lib_pack_host) == 44, "the format is fixed");
_Static_assert(sizeof(struct lib_pack_resource) == 32, "the format is fixed");
_Static_assert(sizeof(struct lib_pack_variant) == 24, "the format is fixed");

struct lib_span http_pack_span(const struct http_pack *pack, struct lib_pack_ref ref) {
  return (struct lib_span){pack->base + ref.off, ref.n};
}

static const void *row(const struct http_pack *pack, struct lib_pack_table t, size_t size,
                       uint32_t i) {
  return pack->base + t.off + size * i;
}

#define ROW(pack, table, type, i)                                                                  \
  ((const struct type *)row(pack, (pack)->head->table, sizeof(struct type), i))

/* --- checking ------------------------------------------------------------ */

/* Is `c` allowed in a text of this class? */
typedef bool char_class(unsigned char c);

static bool is_visible(unsigned char c) {
  return c > 0x20 && c < 0x7f;
}
static bool is_text(unsigned char c) {
  return c >= 0x20 && c != 0x7f;
}
static bool is_host(unsigned char c) {
  return is_visible(c) && !(c >= 'A' && c <= 'Z');
}
static bool is_realm(unsigned char c) {
  return is_text(c) && c != '"' && c != '\\';
}
static bool is_user(unsigned char c) {
  return is_text(c) && c != ':';
}
static bool is_type(unsigned char c) {
  return c >= 0x20 && c < 0x7f;
}

/* A token of RFC 9110 5.6.2. */
static bool is_token(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool all(struct lib_span s, char_class *allowed) {
  for (size_t i = 0; i < s.n; i++)
    if (!allowed((unsigned char)s.p[i]))
      return false;
  return true;
}

static bool inside(const struct http_pack *pack, struct lib_pack_ref ref) {
  return ref.off <= pack->head->size && ref.n <= pack->head->size - ref.off;
}

/* A text of 1 to `max` bytes of one class. */
static bool text_ok(const struct http_pack *pack, struct lib_pack_ref ref, uint32_t max,
                    char_class *allowed) {
  return inside(pack, ref) && ref.n >= 1 && ref.n <= max && all(http_pack_span(pack, ref), allowed);
}

static bool path_ok(const struct http_pack *pack, struct lib_pack_ref ref) {
  return text_ok(pack, ref, LIB_PACK_PATH_MAX, is_text) && pack->base[ref.off] == '/';
}

/* Lines of the form "Name: value", each ending in CRLF. */
static bool fields_ok(const struct http_pack *pack, struct lib_pack_ref ref) {
  if (!inside(pack, ref) || ref.n > LIB_PACK_FIELDS_MAX)
    return false;
  struct lib_span rest = http_pack_span(pack, ref);
  while (rest.n > 0) {
    size_t end = lib_span_find(rest, '\n');
    if (end == rest.n || end == 0 || rest.p[end - 1] != '\r')
      return false;
    struct lib_span line = lib_span_sub(rest, 0, end - 1);
    size_t colon = lib_span_find(line, ':');
    if (colon == 0 || colon == line.n || !all(lib_span_sub(line, 0, colon), is_token) ||
        !all(lib_span_sub(line, colon, line.n), is_text))
      return false;
    rest = lib_span_sub(rest, end + 1, rest.n);
  }
  return true;
}

static int order(struct lib_span a, struct lib_span b) {
  size_t n = a.n < b.n ? a.n : b.n;
  int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
  return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Of paths: the shorter one first, so that few have to be compared. */
static int order_path(struct lib_span a, struct lib_span b) {
  return a.n != b.n ? (a.n > b.n) - (a.n < b.n) : order(a, b);
}

static bool ascending(const struct http_pack *pack, struct lib_pack_ref a, struct lib_pack_ref b) {
  return order(http_pack_span(pack, a), http_pack_span(pack, b)) < 0;
}

static bool table_ok(const struct http_pack *pack, struct lib_pack_table t, size_t size) {
  uint32_t whole = pack->head->size;
  return t.off % 8 == 0 && t.off >= sizeof(struct lib_pack_header) && t.off <= whole &&
         t.count <= (whole - t.off) / size;
}

static const char *check_tables(const struct http_pack *pack) {
  const struct lib_pack_header *h = pack->head;
  bool ok = table_ok(pack, h->hosts, sizeof(struct lib_pack_host)) &&
            table_ok(pack, h->paths, sizeof(struct lib_pack_path)) &&
            table_ok(pack, h->prefixes, sizeof(struct lib_pack_prefix)) &&
            table_ok(pack, h->errors, sizeof(struct lib_pack_error)) &&
            table_ok(pack, h->realms, sizeof(struct lib_pack_realm)) &&
            table_ok(pack, h->users, sizeof(struct lib_pack_user)) &&
            table_ok(pack, h->media, sizeof(struct lib_pack_media)) &&
            table_ok(pack, h->resources, sizeof(struct lib_pack_resource)) &&
            table_ok(pack, h->variants, sizeof(struct lib_pack_variant)) &&
            table_ok(pack, h->settings, sizeof(struct lib_pack_setting));
  if (!ok)
    return "a table lies outside of the pack";
  return h->hosts.count > 0 ? NULL : "the pack has no host";
}

static const char *check_media(const struct http_pack *pack) {
  for (uint32_t i = 0; i < pack->head->media.count; i++) {
    const struct lib_pack_media *m = ROW(pack, media, lib_pack_media, i);
    if (!text_ok(pack, m->type, LIB_PACK_NAME_MAX, is_type))
      return "a media type is malformed";
    if (!fields_ok(pack, m->fields))
      return "a header field is malformed";
  }
  return NULL;
}

static const char *check_variants(const struct http_pack *pack) {
  for (uint32_t i = 0; i < pack->head->variants.count; i++) {
    const struct lib_pack_variant *v = ROW(pack, variants, lib_pack_variant, i);
    if (v->coding > LIB_PACK_BR || !inside(pack, v->body))
      return "a variant lies outside of the pack";
  }
  return NULL;
}

/* Identity first, then each coding at most once, none longer than identity. */
static bool variants_ok(const struct http_pack *pack, const struct lib_pack_resource *r) {
  uint32_t count = pack->head->variants.count;
  if (r->variants_n < 1 || r->variants_n > 3 || r->variants_at > count ||
      r->variants_n > count - r->variants_at)
    return false;
  const struct lib_pack_variant *v = ROW(pack, variants, lib_pack_variant, r->variants_at);
  if (v[0].coding != LIB_PACK_IDENTITY)
    return false;
  for (uint32_t i = 1; i < r->variants_n; i++)
    if (v[i].coding <= v[i - 1].coding || v[i].body.n > v[0].body.n)
      return false;
  return true;
}

static bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static const char *check_resource(const struct http_pack *pack, const struct lib_pack_resource *r) {
  if (r->modified_unix < 0 || r->modified_unix > 253402300799) /* 9999-12-31T23:59:59Z */
    return "a modification time is out of range";
  if (!inside(pack, r->location))
    return "a resource lies outside of the pack";
  if (r->kind == LIB_PACK_REDIRECT) {
    bool ok = is_redirect(r->status) && r->variants_n == 0 &&
              text_ok(pack, r->location, LIB_PACK_PATH_MAX, is_visible);
    return ok ? NULL : "a redirect is malformed";
  }
  if (r->kind != LIB_PACK_FILE || r->status != 200)
    return "a resource is of an unknown kind";
  if (r->media >= pack->head->media.count)
    return "a file has no media type";
  return variants_ok(pack, r) ? NULL : "the variants of a resource are malformed";
}

static const char *check_resources(const struct http_pack *pack) {
  const char *why = NULL;
  for (uint32_t i = 0; i < pack->head->resources.count && !why; i++)
    why = check_resource(pack, ROW(pack, resources, lib_pack_resource, i));
  return why;
}

static bool hash_ok(const struct http_pack *pack, struct lib_pack_ref ref) {
  return text_ok(pack, ref, LIB_PACK_HASH_MAX, is_visible) &&
         lib_span_starts(http_pack_span(pack, ref), LIB_SPAN("$5$")) &&
         ref.off + ref.n < pack->head->size && pack->base[ref.off + ref.n] == '\0';
}

static const char *check_users(const struct http_pack *pack) {
  for (uint32_t i = 0; i < pack->head->users.count; i++) {
    const struct lib_pack_user *u = ROW(pack, users, lib_pack_user, i);
    if (!text_ok(pack, u->name, LIB_PACK_NAME_MAX, is_user) || !hash_ok(pack, u->hash))
      return "a user is malformed";
  }
  return NULL;
}

static const char *check_settings(const struct http_pack *pack) {
  for (uint32_t i = 0; i < pack->head->settings.count; i++) {
    const struct lib_pack_setting *s = ROW(pack, settings, lib_pack_setting, i);
    if (!text_ok(pack, s->name, LIB_PACK_NAME_MAX, is_visible) || !inside(pack, s->value) ||
        s->value.n > LIB_PACK_VALUE_MAX)
      return "a setting is malformed";
    if (i > 0 && !ascending(pack, s[-1].name, s->name))
      return "the settings are not in order";
  }
  return NULL;
}

static bool file_ok(const struct http_pack *pack, uint32_t i) {
  return i < pack->head->resources.count &&
         ROW(pack, resources, lib_pack_resource, i)->kind == LIB_PACK_FILE;
}

static const char *check_paths(const struct http_pack *pack, const struct lib_pack_host *host) {
  for (uint32_t i = 0; i < host->paths_n; i++) {
    const struct lib_pack_path *p = ROW(pack, paths, lib_pack_path, host->paths_at + i);
    if (!path_ok(pack, p->path) || p->resource >= pack->head->resources.count)
      return "a path is malformed";
    if (i > 0 && order_path(http_pack_span(pack, p[-1].path), http_pack_span(pack, p->path)) >= 0)
      return "the paths are not in order";
  }
  return NULL;
}

static bool prefix_ok(const struct http_pack *pack, const struct lib_pack_prefix *p) {
  if (!path_ok(pack, p->prefix) || p->keep_rest > 1)
    return false;
  if (p->status == 0)
    return path_ok(pack, p->to);
  return is_redirect(p->status) && text_ok(pack, p->to, LIB_PACK_PATH_MAX, is_visible);
}

static const char *check_prefixes(const struct http_pack *pack, const struct lib_pack_host *host) {
  for (uint32_t i = 0; i < host->prefixes_n; i++) {
    const struct lib_pack_prefix *p = ROW(pack, prefixes, lib_pack_prefix, host->prefixes_at + i);
    if (!prefix_ok(pack, p))
      return "a prefix rule is malformed";
    if (i > 0 && p->prefix.n > p[-1].prefix.n)
      return "the prefix rules are not in order";
  }
  return NULL;
}

static const char *check_errors(const struct http_pack *pack, const struct lib_pack_host *host) {
  for (uint32_t i = 0; i < host->errors_n; i++) {
    const struct lib_pack_error *e = ROW(pack, errors, lib_pack_error, host->errors_at + i);
    if (e->status < 400 || e->status > 599 || !file_ok(pack, e->resource))
      return "an error page is malformed";
    if (i > 0 && e->status <= e[-1].status)
      return "the error pages are not in order";
  }
  return NULL;
}

static const char *check_realms(const struct http_pack *pack, const struct lib_pack_host *host) {
  uint32_t users_n = pack->head->users.count;
  for (uint32_t i = 0; i < host->realms_n; i++) {
    const struct lib_pack_realm *r = ROW(pack, realms, lib_pack_realm, host->realms_at + i);
    if (!path_ok(pack, r->prefix) || !text_ok(pack, r->realm, LIB_PACK_NAME_MAX, is_realm) ||
        r->users_at > users_n || r->users_n > users_n - r->users_at)
      return "a realm is malformed";
    if (r->prefix.n > 1 && pack->base[r->prefix.off + r->prefix.n - 1] == '/')
      return "a realm is malformed";
    if (i > 0 && r->prefix.n > r[-1].prefix.n)
      return "the realms are not in order";
  }
  return NULL;
}

/* Where the rows of the next host must begin. */
struct cursor {
  uint32_t paths, prefixes, errors, realms;
};

/* `at` must continue where the last host ended, and end inside the table. */
static bool advance(uint32_t *cursor, uint32_t at, uint32_t n, struct lib_pack_table t) {
  if (at != *cursor || n > t.count - at)
    return false;
  *cursor += n;
  return true;
}

static bool ranges_ok(const struct lib_pack_header *head, const struct lib_pack_host *h,
                      struct cursor *c) {
  return advance(&c->paths, h->paths_at, h->paths_n, head->paths) &&
         advance(&c->prefixes, h->prefixes_at, h->prefixes_n, head->prefixes) &&
         advance(&c->errors, h->errors_at, h->errors_n, head->errors) &&
         advance(&c->realms, h->realms_at, h->realms_n, head->realms);
}

static const char *check_host(const struct http_pack *pack, const struct lib_pack_host *host,
                              bool is_default) {
  bool name_ok =
      is_default ? host->name.n == 0 : text_ok(pack, host->name, LIB_PACK_NAME_MAX, is_host);
  if (!name_ok)
    return "a host's name is malformed";
  if (host->fallback != LIB_PACK_NONE && !file_ok(pack, host->fallback))
    return "a host's fallback is malformed";
  const char *why = check_paths(pack, host);
  why = why ? why : check_prefixes(pack, host);
  why = why ? why : check_errors(pack, host);
  return why ? why : check_realms(pack, host);
}

static const char *check_hosts(const struct http_pack *pack) {
  const struct lib_pack_header *head = pack->head;
  const struct lib_pack_host *hosts = ROW(pack, hosts, lib_pack_host, 0);
  struct cursor c = {0};
  for (uint32_t i = 0; i < head->hosts.count; i++) {
    if (!ranges_ok(head, &hosts[i], &c))
      return "a host's rows lie outside of their table";
    const char *why = check_host(pack, &hosts[i], i == 0);
    if (why)
      return why;
    if (i > 1 && !ascending(pack, hosts[i - 1].name, hosts[i].name))
      return "the hosts are not in order";
  }
  bool whole = c.paths == head->paths.count && c.prefixes == head->prefixes.count &&
               c.errors == head->errors.count && c.realms == head->realms.count;
  return whole ? NULL : "a row belongs to no host";
}

static const char *check_header(struct lib_span bytes) {
  if (bytes.n < sizeof(struct lib_pack_header))
    return "shorter than a pack's header";
  if ((uintptr_t)bytes.p % 8 != 0)
    return "not at an aligned address";
  const struct lib_pack_header *head = (const void *)bytes.p;
  if (memcmp(head->magic, LIB_PACK_MAGIC, sizeof head->magic) != 0)
    return "not a site pack";
  if (head->version != LIB_PACK_VERSION)
    return "a pack of another version";
  if (head->size < sizeof *head || head->size > bytes.n)
    return "truncated";
  return NULL;
}

int http_pack_open(struct http_pack *pack, struct lib_span bytes, const char **why) {
  *why = check_header(bytes);
  if (*why)
    return E_PROTO;
  struct http_pack p;
  http_pack_trust(&p, bytes);
  *why = check_tables(&p);
  *why = *why ? *why : check_media(&p);
  *why = *why ? *why : check_variants(&p);
  *why = *why ? *why : check_resources(&p);
  *why = *why ? *why : check_users(&p);
  *why = *why ? *why : check_settings(&p);
  *why = *why ? *why : check_hosts(&p);
  if (*why)
    return E_PROTO;
  *pack = p;
  return 0;
}

int http_pack_verify(const struct http_pack *pack, const char **why) {
  static const struct lib_siphash_key key = {0, 0};
  uint64_t sum =
      lib_siphash(&key, pack->base + CHECKSUM_FROM, pack->head->size - (size_t)CHECKSUM_FROM);
  *why = sum == pack->head->checksum ? NULL : "the checksum does not fit";
  return *why ? E_PROTO : 0;
}

/* --- lookups ------------------------------------------------------------- */

/* A Host value's name: no port, no dot at the end. */
static struct lib_span host_name(struct lib_span value) {
  size_t end = value.n;
  if (value.n > 0 && value.p[0] == '[')
    end = lib_span_find(value, ']') + 1; /* IPv6 literal */
  else
    end = lib_span_find(value, ':');
  struct lib_span name = lib_span_sub(value, 0, end);
  if (name.n > 1 && name.p[name.n - 1] == '.')
    name.n--;
  return name;
}

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* order() of `a` in lower case and `b`. */
static int order_lower(struct lib_span a, struct lib_span b) {
  for (size_t i = 0; i < a.n && i < b.n; i++)
    if (lower(a.p[i]) != (unsigned char)b.p[i])
      return lower(a.p[i]) - (unsigned char)b.p[i];
  return (a.n > b.n) - (a.n < b.n);
}

const struct lib_pack_host *http_pack_host(const struct http_pack *pack, struct lib_span value) {
  const struct lib_pack_host *hosts = ROW(pack, hosts, lib_pack_host, 0);
  uint32_t from = 1, to = pack->head->hosts.count;
  if (to == 1)
    return hosts;
  struct lib_span name = host_name(value);
  while (from < to) {
    uint32_t mid = from + (to - from) / 2;
    int c = order_lower(name, http_pack_span(pack, hosts[mid].name));
    if (c == 0)
      return &hosts[mid];
    if (c < 0)
      to = mid;
    else
      from = mid + 1;
  }
  return &hosts[0];
}

const struct lib_pack_resource *http_pack_find(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path) {
  uint32_t from = host->paths_at, to = host->paths_at + host->paths_n;
  while (from < to) {
    uint32_t mid = from + (to - from) / 2;
    const struct lib_pack_path *p = ROW(pack, paths, lib_pack_path, mid);
    int c = order_path(path, http_pack_span(pack, p->path));
    if (c == 0)
      return ROW(pack, resources, lib_pack_resource, p->resource);
    if (c < 0)
      to = mid;
    else
      from = mid + 1;
  }
  return NULL;
}

const struct lib_pack_prefix *http_pack_prefix(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path) {
  for (uint32_t i = 0; i < host->prefixes_n; i++) {
    const struct lib_pack_prefix *p = ROW(pack, prefixes, lib_pack_prefix, host->prefixes_at + i);
    if (lib_span_starts(path, http_pack_span(pack, p->prefix)))
      return p;
  }
  return NULL;
}

/* `path` is `prefix` or lies below it. */
static bool covers(struct lib_span prefix, struct lib_span path) {
  return lib_span_starts(path, prefix) &&
         (path.n == prefix.n || prefix.n == 1 || path.p[prefix.n] == '/');
}

const struct lib_pack_realm *http_pack_realm(const struct http_pack *pack,
                                             const struct lib_pack_host *host,
                                             struct lib_span path) {
  for (uint32_t i = 0; i < host->realms_n; i++) {
    const struct lib_pack_realm *r = ROW(pack, realms, lib_pack_realm, host->realms_at + i);
    if (covers(http_pack_span(pack, r->prefix), path))
      return r;
  }
  return NULL;
}

const struct lib_pack_resource *http_pack_error(const struct http_pack *pack,
                                                const struct lib_pack_host *host, unsigned status) {
  for (uint32_t i = 0; i < host->errors_n; i++) {
    const struct lib_pack_error *e = ROW(pack, errors, lib_pack_error, host->errors_at + i);
    if (e->status == status)
      return ROW(pack, resources, lib_pack_resource, e->resource);
  }
  return NULL;
}

struct lib_span http_pack_setting(const struct http_pack *pack, struct lib_span name) {
  for (uint32_t i = 0; i < pack->head->settings.count; i++) {
    const struct lib_pack_setting *s = ROW(pack, settings, lib_pack_setting, i);
    if (lib_span_eq(http_pack_span(pack, s->name), name))
      return http_pack_span(pack, s->value);
  }
  return (struct lib_span){NULL, 0};
}

const struct lib_pack_variant *http_pack_variant(const struct http_pack *pack,
                                                 const struct lib_pack_resource *r, unsigned i) {
  return ROW(pack, variants, lib_pack_variant, r->variants_at + i);
}

const struct lib_pack_media *http_pack_media(const struct http_pack *pack,
                                             const struct lib_pack_resource *r) {
  return ROW(pack, media, lib_pack_media, r->media);
}

struct lib_span http_pack_etag(const struct lib_pack_variant *v, char text[HTTP_ETAG_BYTES]) {
  struct lib_out o;
  lib_out_init(&o, text, HTTP_ETAG_BYTES);
  lib_out_char(&o, '"');
  lib_out_hex(&o, v->tag, 16);
  lib_out_char(&o, '"');
  return lib_out_done(&o);
}

const struct lib_pack_user *http_pack_user(const struct http_pack *pack,
                                           const struct lib_pack_realm *realm, unsigned i) {
  return ROW(pack, users, lib_pack_user, realm->users_at + i);
}

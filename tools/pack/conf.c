/* SPDX-License-Identifier: BSD-2-Clause
 * One small function for each key of site.conf; the tables at the end list
 * which keys the file, a host and the inner mappings have. */
#include "conf.h"

#include "https.h"
#include "mime.h"
#include "tree.h"

#include <lib/pack.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX 100000 /* of a password's hash: a tenth of a second */

/* --- values -------------------------------------------------------------- */

const char *conf_path(struct yaml_file *f, yaml_node_t *n) {
  const char *s = yaml_text(f, n);
  if (s[0] != '/')
    yaml_problem(f, n, "a path is wanted here, and begins with /");
  else if (strchr(s, '?') || strchr(s, '#'))
    yaml_problem(f, n, "a path has no ? or #");
  else if (strstr(s, "/../") || strstr(s, "/./") || strstr(s, "//") || util_ends(s, "/..") ||
           util_ends(s, "/."))
    yaml_problem(f, n, "a path has no empty, \".\" or \"..\" segment");
  else if (strlen(s) > LIB_PACK_PATH_MAX)
    yaml_problem(f, n, "a path has at most %d bytes", LIB_PACK_PATH_MAX);
  else
    return s;
  return "/";
}

/* Where a redirect leads: a path or a URI with a scheme. */
static const char *target_text(struct yaml_file *f, yaml_node_t *n) {
  const char *s = yaml_text(f, n);
  size_t scheme = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  bool is_uri = scheme > 0 && s[scheme] == ':' && s[scheme + 1];
  if (s[0] != '/' && !is_uri)
    yaml_problem(f, n, "a path that begins with / or a full URL is wanted here");
  return s;
}

static void push_glob(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_globs *g = into;
  const char *s = yaml_text(f, n);
  if (s[0] != '/' && s[0] != '*')
    yaml_problem(f, n, "a pattern begins with / or *");
  UTIL_PUSH(g->at, g->n, (char *)s);
}

static void push_text(const char ***array, size_t *n, const char *s) {
  UTIL_PUSH(*array, *n, s);
}

/* RFC 9110 5.6.2. */
static bool is_token(const char *s) {
  return *s && s[strspn(s, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static char *lower(const char *s) {
  char *t = util_copy(s, strlen(s));
  for (char *c = t; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c + 32);
  return t;
}

static bool has(const yaml_node_t *mapping, struct yaml_file *f, const char *key) {
  for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
       mapping->type == YAML_MAPPING_NODE && p < mapping->data.mapping.pairs.top; p++) {
    yaml_node_t *k = yaml_document_get_node(&f->document, p->key);
    if (k->type == YAML_SCALAR_NODE && strcmp((char *)k->data.scalar.value, key) == 0)
      return true;
  }
  return false;
}

static void demand(struct yaml_file *f, yaml_node_t *mapping, const char *key) {
  if (mapping->type == YAML_MAPPING_NODE && !has(mapping, f, key))
    yaml_problem(f, mapping, "\"%s\" is missing", key);
}

/* --- redirects and rewrites ---------------------------------------------- */

/* Cut a `*` off the end of `s`. */
static const char *cut_star(const char *s, bool *had_star) {
  *had_star = util_ends(s, "*");
  return *had_star ? util_copy(s, strlen(s) - 1) : s;
}

static void read_from(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_rule *r = into;
  r->from = cut_star(conf_path(f, n), &r->is_prefix);
  if (strchr(r->from, '*'))
    yaml_problem(f, n, "* stands only at the end of \"from\"");
}

static void read_to(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_rule *r = into;
  r->to = cut_star(target_text(f, n), &r->keep_rest);
}

static void read_status(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"301", "302", "303", "307", "308", NULL};
  ((struct conf_rule *)into)->status = (unsigned)atoi(names[yaml_choice(f, n, names)]);
}

static void check_rule(struct yaml_file *f, yaml_node_t *n, const struct conf_rule *r) {
  if (r->keep_rest && !r->is_prefix)
    yaml_problem(f, n, "\"to\" ends with * but \"from\" does not");
  if (r->status == 0 && r->to[0] != '/')
    yaml_problem(f, n, "a rewrite leads to a path of this site");
}

static void push_rule(struct yaml_file *f, yaml_node_t *n, struct conf_host *h,
                      const struct yaml_key *keys, unsigned status) {
  struct conf_rule r = {.from = "/", .to = "/", .status = status, .node = n};
  yaml_read_keys(f, n, keys, &r);
  demand(f, n, "from");
  demand(f, n, "to");
  check_rule(f, n, &r);
  UTIL_PUSH(h->rules, h->rules_n, r);
}

static void push_redirect(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const struct yaml_key keys[] = {
      {"from", read_from}, {"to", read_to}, {"status", read_status}, {NULL, NULL}};
  push_rule(f, n, into, keys, 301);
}

static void push_rewrite(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const struct yaml_key keys[] = {{"from", read_from}, {"to", read_to}, {NULL, NULL}};
  push_rule(f, n, into, keys, 0);
}

static void read_redirects(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_items(f, n, push_redirect, into);
}

static void read_rewrites(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_items(f, n, push_rewrite, into);
}

/* --- error pages, fallback, names ---------------------------------------- */

static void push_error(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  struct conf_host *h = into;
  struct conf_error e = {yaml_number(f, key, 599), conf_path(f, value), value};
  if (e.status < 400)
    yaml_problem(f, key, "the status of an error is wanted here: 400 to 599");
  UTIL_PUSH(h->errors, h->errors_n, e);
}

static void read_errors(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_error, into);
}

static void read_fallback(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_host *h = into;
  h->fallback = conf_path(f, n);
  h->fallback_node = n;
}

static void push_index(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_host *h = into;
  const char *s = yaml_text(f, n);
  if (!*s || strchr(s, '/'))
    yaml_problem(f, n, "the name of a file is wanted here");
  push_text(&h->index, &h->index_n, s);
}

static void read_index(struct yaml_file *f, yaml_node_t *n, void *into) {
  ((struct conf_host *)into)->index_n = 0;
  ((struct conf_host *)into)->index = NULL;
  yaml_read_items(f, n, push_index, into);
}

static void read_clean_urls(struct yaml_file *f, yaml_node_t *n, void *into) {
  ((struct conf_host *)into)->clean_urls = yaml_bool(f, n);
}

static void read_slash(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"add", "remove", "both", NULL};
  ((struct conf_host *)into)->slash = (enum conf_slash)yaml_choice(f, n, names);
}

static void read_hide(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_items(f, n, push_glob, &((struct conf_host *)into)->hide);
}

static void read_dotfiles(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_items(f, n, push_glob, &((struct conf_host *)into)->dotfiles);
}

/* true: every folder; or a list of patterns. */
static void read_listing(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_globs *g = &((struct conf_host *)into)->listing;
  if (n->type == YAML_SEQUENCE_NODE)
    yaml_read_items(f, n, push_glob, g);
  else if (yaml_bool(f, n))
    UTIL_PUSH(g->at, g->n, (char *)"*");
}

/* --- fields -------------------------------------------------------------- */

/* Fields that the server makes itself: another value would break a response. */
static bool is_reserved(const char *name) {
  static const char *const names[] = {"accept-ranges",
                                      "connection",
                                      "content-encoding",
                                      "content-length",
                                      "content-range",
                                      "date",
                                      "etag",
                                      "keep-alive",
                                      "last-modified",
                                      "location",
                                      "server",
                                      "trailer",
                                      "transfer-encoding",
                                      "upgrade",
                                      "vary",
                                      "allow",
                                      "te",
                                      "www-authenticate",
                                      "strict-transport-security"};
  char *s = lower(name);
  bool found = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    found = found || strcmp(s, names[i]) == 0;
  free(s);
  return found;
}

struct fields_reader {
  struct conf_host *host;
  const char *pattern;
};

static void push_field(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  struct fields_reader *r = into;
  struct conf_field field = {r->pattern, yaml_text(f, key), yaml_text(f, value)};
  if (!is_token(field.name))
    yaml_problem(f, key, "not a field name: \"%s\"", field.name);
  else if (is_reserved(field.name))
    yaml_problem(f, key, "the server makes the field %s itself", field.name);
  else if (strcmp(lower(field.name), "content-type") == 0 && !strchr(field.value, '/'))
    yaml_problem(f, value, "not a media type: \"%s\"", field.value);
  UTIL_PUSH(r->host->fields, r->host->fields_n, field);
}

static void push_pattern(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  struct conf_globs one = {0};
  push_glob(f, key, &one);
  struct fields_reader r = {into, one.at[0]};
  yaml_read_pairs(f, value, push_field, &r);
}

static void read_headers(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_pattern, into);
}

static void read_immutable(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"fingerprinted", NULL};
  struct conf_host *h = into;
  if (n->type == YAML_SEQUENCE_NODE)
    yaml_read_items(f, n, push_glob, &h->immutable);
  else
    h->immutable_names = yaml_choice(f, n, names) == 0;
}

/* --- authentication ------------------------------------------------------ */

/* $5$[rounds=N$]SALT$HASH of crypt(5), 43 characters of hash. */
static bool is_sha256_crypt(const char *s) {
  static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (!util_starts(s, "$5$") || strlen(s) > LIB_PACK_HASH_MAX)
    return false;
  s += 3;
  if (util_starts(s, "rounds=")) {
    size_t digits = strspn(s + 7, "0123456789");
    if (digits < 4 || digits > 6 || s[7 + digits] != '$' || atoi(s + 7) > ROUNDS_MAX)
      return false;
    s += 8 + digits;
  }
  size_t salt = strcspn(s, "$");
  return salt <= 16 && s[salt] == '$' && strlen(s + salt + 1) == 43 &&
         strspn(s + salt + 1, alphabet) == 43;
}

static void push_user(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  struct conf_realm *r = into;
  struct conf_user u = {yaml_text(f, key), yaml_text(f, value)};
  if (!*u.name || strchr(u.name, ':') || strlen(u.name) > LIB_PACK_NAME_MAX)
    yaml_problem(f, key, "a user's name has 1 to %d bytes and no \":\"", LIB_PACK_NAME_MAX);
  if (!is_sha256_crypt(u.hash))
    yaml_problem(f, value,
                 "a hash that begins with $5$ is wanted here, of at most %d rounds: "
                 "openssl passwd -5",
                 ROUNDS_MAX);
  UTIL_PUSH(r->users, r->users_n, u);
}

void conf_read_users(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_user, into);
}

static void read_realm(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_realm *r = into;
  r->realm = yaml_text(f, n);
  if (!*r->realm || strpbrk(r->realm, "\"\\") || strlen(r->realm) > LIB_PACK_NAME_MAX)
    yaml_problem(f, n, "a realm has 1 to %d bytes, no \" and no \\", LIB_PACK_NAME_MAX);
}

static void push_realm(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  static const struct yaml_key keys[] = {
      {"realm", read_realm}, {"users", conf_read_users}, {NULL, NULL}};
  struct conf_host *h = into;
  const char *prefix = conf_path(f, key);
  size_t n = strlen(prefix);
  if (strchr(prefix, '*'))
    yaml_problem(f, key, "a folder is wanted here: everything below it is protected");
  struct conf_realm r = {.realm = "Restricted"};
  r.prefix = n > 1 && prefix[n - 1] == '/' ? util_copy(prefix, n - 1) : prefix;
  yaml_read_keys(f, value, keys, &r);
  demand(f, value, "users");
  UTIL_PUSH(h->realms, h->realms_n, r);
}

static void read_auth(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_realm, into);
}

/* --- hosts --------------------------------------------------------------- */

static void push_name(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf_host *h = into;
  const char *s = lower(yaml_text(f, n));
  bool ok = *s && strlen(s) <= LIB_PACK_NAME_MAX &&
            strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-._[]:") == strlen(s) &&
            (s[0] == '[' || !strchr(s, ':'));
  if (!ok)
    yaml_problem(f, n, "the name of a host is wanted here, without a port (Unicode as xn--...)");
  push_text(&h->names, &h->names_n, s);
}

static void read_aliases(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_items(f, n, push_name, into);
}

static void read_folder(struct yaml_file *f, yaml_node_t *n, void *into) {
  const char *s = yaml_text(f, n);
  char *path = util_format("%s%s", s[0] == '/' ? "" : "/", s);
  size_t length = strlen(path);
  if (length > 1 && path[length - 1] == '/')
    path[length - 1] = '\0';
  bool dots = strstr(path, "/./") || strstr(path, "/../") || strstr(path, "//") ||
              util_ends(path, "/.") || util_ends(path, "/..");
  if (dots || strcmp(path, "/") == 0)
    yaml_problem(f, n, "a folder inside of the site's is wanted here");
  ((struct conf_host *)into)->folder = path;
  ((struct conf_host *)into)->folder_node = n;
}

static void init_host(struct conf_host *h, struct conf *conf) {
  *h = (struct conf_host){.conf = conf};
  push_text(&h->index, &h->index_n, "index.html");
  push_text(&h->index, &h->index_n, "index.htm");
}

#define HOST_KEYS                                                                                  \
  {"index", read_index}, {"clean_urls", read_clean_urls}, {"trailing_slash", read_slash},          \
      {"fallback", read_fallback}, {"errors", read_errors}, {"redirects", read_redirects},         \
      {"rewrites", read_rewrites}, {"headers", read_headers}, {"immutable", read_immutable},       \
      {"auth", read_auth}, {"hide", read_hide}, {"dotfiles", read_dotfiles},                       \
      {"listing", read_listing}, {                                                                 \
    "folder", read_folder                                                                          \
  }

static void push_host(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  static const struct yaml_key keys[] = {HOST_KEYS, {"aliases", read_aliases}, {NULL, NULL}};
  struct conf *c = ((struct conf_host *)into)->conf;
  struct conf_host h;
  init_host(&h, c);
  push_name(f, key, &h);
  yaml_read_keys(f, value, keys, &h);
  UTIL_PUSH(c->hosts, c->hosts_n, h);
}

/* --- the file ------------------------------------------------------------ */

static void read_hosts(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_host, into);
}

static void push_type(struct yaml_file *f, yaml_node_t *key, yaml_node_t *value, void *into) {
  (void)into;
  const char *extension = yaml_text(f, key), *type = yaml_text(f, value);
  const char *slash = strchr(type, '/');
  if (extension[0] != '.' || !extension[1] || strchr(extension, '/'))
    yaml_problem(f, key, "the end of a name is wanted here, with its dot: .txt");
  else if (!slash || slash == type || !slash[1] || strlen(type) > LIB_PACK_NAME_MAX ||
           type[strspn(type, " !\"#$&'*+-./0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ^_"
                             "abcdefghijklmnopqrstuvwxyz{|}~")])
    yaml_problem(f, value, "not a media type: \"%s\"", type);
  else
    mime_add(extension + 1, type);
}

static void read_mime(struct yaml_file *f, yaml_node_t *n, void *into) {
  yaml_read_pairs(f, n, push_type, into);
}

static void read_server(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf *c = ((struct conf_host *)into)->conf;
  struct conf_setting s = {.name = "server", .value = yaml_text(f, n)};
  s.n = strlen(s.value);
  if (s.n > LIB_PACK_NAME_MAX)
    yaml_problem(f, n, "at most %d bytes", LIB_PACK_NAME_MAX);
  UTIL_PUSH(c->settings, c->settings_n, s);
}

static void read_pages(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"samples", NULL};
  struct conf *c = ((struct conf_host *)into)->conf;
  struct conf_setting s = {.name = "pages", .value = names[yaml_choice(f, n, names)]};
  s.n = strlen(s.value);
  UTIL_PUSH(c->settings, c->settings_n, s);
}

static void push_coding(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"gzip", "brotli", NULL};
  unsigned coding = yaml_choice(f, n, names) == 0 ? LIB_PACK_GZIP : LIB_PACK_BR;
  ((struct conf_host *)into)->conf->codings |= 1u << coding;
}

static void read_compress(struct yaml_file *f, yaml_node_t *n, void *into) {
  ((struct conf_host *)into)->conf->codings = 0;
  yaml_read_items(f, n, push_coding, into);
}

static void read_status_port(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf *c = ((struct conf_host *)into)->conf;
  unsigned port = yaml_number(f, n, UINT16_MAX);
  if (port == 0)
    yaml_problem(f, n, "a port is wanted here: 1 to 65535");
  struct conf_setting s = {.name = "status", .value = util_format("%u", port)};
  s.n = strlen(s.value);
  UTIL_PUSH(c->settings, c->settings_n, s);
}

static void read_status_realm(struct yaml_file *f, yaml_node_t *n, void *into) {
  read_realm(f, n, &((struct conf_host *)into)->conf->status);
}

static void read_status_users(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct conf *c = ((struct conf_host *)into)->conf;
  conf_read_users(f, n, &c->status);
  if (c->status.users_n == 0)
    yaml_problem(f, n, "nobody could enter: name a user, or leave \"users\" out");
}

/* "off", or on which port and for whom. */
static void read_status_pages(struct yaml_file *f, yaml_node_t *n, void *into) {
  static const char *const names[] = {"off", NULL};
  static const struct yaml_key keys[] = {{"port", read_status_port},
                                         {"realm", read_status_realm},
                                         {"users", read_status_users},
                                         {NULL, NULL}};
  struct conf *c = ((struct conf_host *)into)->conf;
  if (n->type == YAML_SCALAR_NODE) {
    struct conf_setting s = {.name = "status", .value = names[yaml_choice(f, n, names)], .n = 3};
    UTIL_PUSH(c->settings, c->settings_n, s);
    return;
  }
  yaml_read_keys(f, n, keys, into);
  if (has(n, f, "realm"))
    demand(f, n, "users");
}

/* The status pages are on every host, and so is their password. */
static void add_status_realms(struct conf *conf) {
  static const char *const paths[] = {"/memory", "/memory.json", "/metrics"};
  for (size_t i = 0; i < conf->hosts_n && conf->status.users_n > 0; i++)
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
      struct conf_realm r = conf->status;
      r.prefix = paths[k];
      UTIL_PUSH(conf->hosts[i].realms, conf->hosts[i].realms_n, r);
    }
}

void conf_load(struct conf *conf, const char *site) {
  static const struct yaml_key keys[] = {HOST_KEYS,
                                         {"hosts", read_hosts},
                                         {"mime", read_mime},
                                         {"server", read_server},
                                         {"pages", read_pages},
                                         {"https", https_read},
                                         {"compress", read_compress},
                                         {"status", read_status_pages},
                                         {NULL, NULL}};
  char *disk = util_format("%s/site.conf", site);
  struct conf_host top;
  *conf =
      (struct conf){.status.realm = "Status", .codings = 1u << LIB_PACK_GZIP | 1u << LIB_PACK_BR};
  init_host(&top, conf);
  top.folder = "";
  UTIL_PUSH(conf->hosts, conf->hosts_n, top); /* its place is kept while others come */
  yaml_node_t *root = NULL;
  if (access(disk, F_OK) == 0)
    root = yaml_file_load(&conf->file, disk, "site.conf");
  if (root)
    yaml_read_keys(&conf->file, root, keys, &top);
  conf->hosts[0] = top;
  add_status_realms(conf);
  https_protect(conf);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * First every file and folder claims its addresses, then the exact rules of
 * site.conf claim theirs. Of several claims to one address the highest rank
 * wins, so that the order of the claims does not matter. */
#include "site.h"

#include "listing.h"
#include "resource.h"

#include <stdlib.h>
#include <string.h>

enum rank {
  RANK_SHARED, /* the server's own file */
  RANK_BASE,   /* "/old", from a rule for all below "/old/" */
  RANK_FOLDER, /* "/docs" for "/docs/", and so on */
  RANK_CLEAN,  /* "/about" for "/about.html" */
  RANK_FILE,   /* a file's own path */
  RANK_RULE,   /* a redirect or rewrite of exactly this path */
};

struct claim {
  const char *path;
  uint32_t resource;
  enum rank rank;
};

struct site_host {
  struct image *image;
  const struct conf_host *conf;
  const struct tree *tree;
  const struct site_shared *shared;
  const struct encoder *encoder;
  const struct yaml_file *file;
  uint32_t *resources; /* of each of the tree's files */
  struct claim *claims;
  size_t n;
  size_t settled_n; /* of them, those in order and without rivals */
  struct lib_pack_error *errors;
  size_t errors_n;
  const struct conf_rule **prefixes; /* rules for prefixes, the longest first */
  size_t prefixes_n;
  uint32_t fallback; /* resource or LIB_PACK_NONE */
};

static void claim(struct site_host *h, const char *path, uint32_t resource, enum rank rank) {
  struct claim c = {path, resource, rank};
  UTIL_PUSH(h->claims, h->n, c);
}

static void claim_redirect(struct site_host *h, const char *from, const char *to, enum rank rank) {
  char *location = util_encode_path(to);
  claim(h, from, resource_add_redirect(h->image, location, 301), rank);
}

/* As the server looks them up (lib/pack.h). */
static int path_order(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  return n != m ? (n > m) - (n < m) : memcmp(a, b, n);
}

/* By path, the winner first. */
static int by_path(const void *a, const void *b) {
  const struct claim *x = a, *y = b;
  int c = path_order(x->path, y->path);
  return c != 0 ? c : (x->rank < y->rank) - (x->rank > y->rank);
}

/* Sort the claims and drop those that lose. */
static void settle(struct site_host *h) {
  size_t n = 0;
  util_sort(h->claims, h->n, sizeof *h->claims, by_path);
  for (size_t i = 0; i < h->n; i++) {
    if (n > 0 && strcmp(h->claims[n - 1].path, h->claims[i].path) == 0)
      continue;
    h->claims[n++] = h->claims[i];
  }
  h->n = h->settled_n = n;
}

/* Index of the first claim to `path` or behind it. */
static size_t lower_bound(const struct site_host *h, const char *path) {
  size_t from = 0, to = h->settled_n;
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    if (path_order(h->claims[mid].path, path) < 0)
      from = mid + 1;
    else
      to = mid;
  }
  return from;
}

/* What answers at `path`, among settled claims; NULL when nothing does. */
static const struct claim *find(const struct site_host *h, const char *path) {
  size_t i = lower_bound(h, path);
  return i < h->settled_n && strcmp(h->claims[i].path, path) == 0 ? &h->claims[i] : NULL;
}

/* --- files and folders --------------------------------------------------- */

static int entry_order(const void *a, const void *b) {
  return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

static const struct tree_entry *find_entry(const struct site_host *h, char *path) {
  struct tree_entry key = {.path = path};
  if (h->tree->n == 0)
    return NULL;
  return bsearch(&key, h->tree->entries, h->tree->n, sizeof key, entry_order);
}

/* The file that site.conf names: by its own path, or by one at which a file
 * answers; LIB_PACK_NONE when there is none. */
static uint32_t find_file(const struct site_host *h, const char *path) {
  const struct tree_entry *e = find_entry(h, (char *)path);
  const struct claim *c = find(h, path);
  if (e && !e->is_folder)
    return h->resources[e - h->tree->entries];
  bool is_file = c && h->image->resources[c->resource].kind == LIB_PACK_FILE;
  return is_file ? c->resource : LIB_PACK_NONE;
}

/* "/docs" with a slash behind it, "/" as it is. */
static char *with_slash(const char *folder) {
  return util_format("%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/");
}

static const struct tree_entry *index_of(const struct site_host *h, const char *folder) {
  for (size_t i = 0; i < h->conf->index_n; i++) {
    char *path = util_format("%s%s", with_slash(folder), h->conf->index[i]);
    const struct tree_entry *e = find_entry(h, path);
    if (e && !e->is_folder)
      return e;
  }
  return NULL;
}

/* The address of a folder that has a page. */
static char *folder_url(const struct site_host *h, const char *folder) {
  bool bare = h->conf->slash == CONF_SLASH_REMOVE && strcmp(folder, "/") != 0;
  return bare ? util_copy(folder, strlen(folder)) : with_slash(folder);
}

/* The path without ".html", or NULL. */
static char *clean_path(const struct site_host *h, const char *path) {
  const char *dot = strrchr(path, '.');
  bool html = dot && dot[-1] != '/' && (strcmp(dot, ".html") == 0 || strcmp(dot, ".htm") == 0);
  return h->conf->clean_urls && html ? util_copy(path, (size_t)(dot - path)) : NULL;
}

static char *parent_of(const char *path) {
  size_t n = (size_t)(strrchr(path, '/') - path);
  return util_copy(path, n ? n : 1);
}

/* A folder's page answers at "/docs/" (or as trailing_slash wants it). */
static void claim_folder(struct site_host *h, const char *folder, uint32_t resource) {
  char *url = folder_url(h, folder), *slashed = with_slash(folder);
  claim(h, url, resource, RANK_FOLDER);
  if (strcmp(folder, "/") == 0)
    return;
  const char *other = strcmp(url, folder) == 0 ? slashed : folder;
  if (h->conf->slash == CONF_SLASH_BOTH)
    claim(h, other, resource, RANK_FOLDER);
  else
    claim_redirect(h, other, url, RANK_FOLDER);
}

/* "/about" answers, "/about.html" leads there. */
static void claim_clean(struct site_host *h, const char *path, const char *clean,
                        uint32_t resource) {
  claim(h, clean, resource, RANK_CLEAN);
  claim_redirect(h, path, clean, RANK_FILE);
  char *slashed = with_slash(clean);
  if (h->conf->slash == CONF_SLASH_BOTH)
    claim(h, slashed, resource, RANK_FOLDER);
  else if (h->conf->slash == CONF_SLASH_REMOVE)
    claim_redirect(h, slashed, clean, RANK_FOLDER);
}

static void add_file(struct site_host *h, const struct tree_entry *e) {
  char *folder = parent_of(e->path), *clean = clean_path(h, e->path);
  bool is_index = index_of(h, folder) == e;
  char *url = is_index ? folder_url(h, folder) : clean ? clean : e->path;
  uint32_t r = resource_add_file(h->image, h->conf, h->encoder, e, url);
  h->resources[e - h->tree->entries] = r;
  if (is_index)
    claim_folder(h, folder, r);
  if (is_index && clean)
    claim_redirect(h, e->path, url, RANK_FILE);
  else if (clean)
    claim_clean(h, e->path, clean, r);
  else
    claim(h, e->path, r, RANK_FILE);
}

/* A folder without an index is listed when site.conf wants that. */
static void add_folder(struct site_host *h, const struct tree_entry *e) {
  char *slashed = with_slash(e->path);
  if (index_of(h, e->path) || !tree_match(slashed, h->conf->listing.at, h->conf->listing.n))
    return;
  struct util_buf page = {0};
  int64_t mtime = listing_render(h->tree, e->path, &page);
  char *url = folder_url(h, e->path);
  claim_folder(h, e->path, resource_add_page(h->image, h->conf, h->encoder, url, &page, mtime));
}

static void add_tree(struct site_host *h) {
  h->resources = util_alloc(h->tree->n * sizeof *h->resources);
  for (size_t i = 0; i < h->tree->n; i++) {
    if (h->tree->entries[i].is_folder)
      add_folder(h, &h->tree->entries[i]);
    else
      add_file(h, &h->tree->entries[i]);
  }
  settle(h);
}

/* --- realms -------------------------------------------------------------- */

/* The innermost realm that covers a path, or NULL. */
static const struct conf_realm *realm_of(const struct conf_host *conf, const char *path) {
  const struct conf_realm *best = NULL;
  for (size_t i = 0; i < conf->realms_n; i++) {
    const struct conf_realm *r = &conf->realms[i];
    size_t n = strlen(r->prefix);
    bool covers = util_starts(path, r->prefix) && (n == 1 || !path[n] || path[n] == '/');
    if (covers && (!best || n > strlen(best->prefix)))
      best = r;
  }
  return best;
}

/* Nothing may show a protected file to whom its own path would refuse it. */
static void check_realm(struct site_host *h, const char *target, const char *from,
                        const yaml_node_t *node) {
  const struct conf_realm *r = realm_of(h->conf, target);
  if (r && (!from || realm_of(h->conf, from) != r))
    yaml_problem(h->file, node, "%s is protected by \"auth\" and would be shown without it",
                 target);
}

static int realm_order(const void *a, const void *b) {
  const struct conf_realm *x = a, *y = b;
  size_t n = strlen(x->prefix), m = strlen(y->prefix);
  return n != m ? (n < m) - (n > m) : strcmp(x->prefix, y->prefix);
}

static void sort_realms(struct site_host *h) {
  size_t n = h->conf->realms_n;
  util_sort(h->conf->realms, n, sizeof *h->conf->realms, realm_order);
  for (size_t i = 1; i < n; i++)
    if (strcmp(h->conf->realms[i - 1].prefix, h->conf->realms[i].prefix) == 0)
      util_problem("site.conf: \"auth\" names %s twice", h->conf->realms[i].prefix);
}

static void push_realm(struct image *m, const struct conf_realm *r) {
  struct lib_pack_realm realm = {image_string(m, r->prefix), image_string(m, r->realm),
                                 (uint32_t)m->users_n, (uint32_t)r->users_n};
  for (size_t i = 0; i < r->users_n; i++) {
    struct lib_pack_user user = {image_string(m, r->users[i].name),
                                 image_string_z(m, r->users[i].hash)};
    UTIL_PUSH(m->users, m->users_n, user);
  }
  UTIL_PUSH(m->realms, m->realms_n, realm);
}

/* --- rules --------------------------------------------------------------- */

static void add_exact(struct site_host *h, const struct conf_rule *r) {
  uint32_t target = r->status ? LIB_PACK_NONE : find_file(h, r->to);
  if (r->status) {
    target = resource_add_redirect(h->image, r->to, r->status);
  } else if (target == LIB_PACK_NONE) {
    yaml_problem(h->file, r->node, "no file answers at %s", r->to);
    return;
  } else {
    check_realm(h, r->to, r->from, r->node);
  }
  const struct claim *c = find(h, r->from);
  if (c && c->rank == RANK_FILE)
    util_notice("site.conf:%zu: the rule for %s hides the file of that name",
                r->node->start_mark.line + 1, r->from);
  claim(h, r->from, target, RANK_RULE);
}

static bool is_twice(const struct conf_host *conf, const struct conf_rule *rule) {
  for (const struct conf_rule *r = conf->rules; r < rule; r++)
    if (r->is_prefix == rule->is_prefix && strcmp(r->from, rule->from) == 0)
      return true;
  return false;
}

/* "/old" belongs to what is said of all below "/old/". */
static void add_base(struct site_host *h, const struct conf_rule *r) {
  size_t n = strlen(r->from);
  if (n < 2 || r->from[n - 1] != '/')
    return;
  char *base = util_copy(r->from, n - 1);
  unsigned status = r->status ? r->status : 301;
  const char *to = r->status ? r->to : util_encode_path(r->from);
  claim(h, base, resource_add_redirect(h->image, to, status), RANK_BASE);
}

static void add_rules(struct site_host *h) {
  for (size_t i = 0; i < h->conf->rules_n; i++) {
    const struct conf_rule *r = &h->conf->rules[i];
    if (is_twice(h->conf, r))
      yaml_problem(h->file, r->node, "a second rule for %s", r->from);
    else if (r->is_prefix)
      add_base(h, r);
    else
      add_exact(h, r);
  }
  settle(h);
}

static int prefix_order(const void *a, const void *b) {
  const struct conf_rule *x = *(const struct conf_rule *const *)a;
  const struct conf_rule *y = *(const struct conf_rule *const *)b;
  size_t n = strlen(x->from), m = strlen(y->from);
  return n != m ? (n < m) - (n > m) : strcmp(x->from, y->from);
}

static void push_prefix(struct image *m, const struct conf_rule *r) {
  const char *to = r->status ? resource_encode_target(r->to) : r->to;
  if (strlen(to) > LIB_PACK_PATH_MAX)
    util_problem("a rule leads to more than %d bytes: %s", LIB_PACK_PATH_MAX, to);
  struct lib_pack_prefix p = {.prefix = image_string(m, r->from),
                              .to = image_string(m, to),
                              .status = (uint16_t)r->status,
                              .keep_rest = r->keep_rest};
  UTIL_PUSH(m->prefixes, m->prefixes_n, p);
}

static void sort_prefixes(struct site_host *h) {
  for (size_t i = 0; i < h->conf->rules_n; i++)
    if (h->conf->rules[i].is_prefix)
      UTIL_PUSH(h->prefixes, h->prefixes_n, &h->conf->rules[i]);
  util_sort(h->prefixes, h->prefixes_n, sizeof *h->prefixes, prefix_order);
}

/* --- the server's own files ------------------------------------------------ */

void site_share(struct site_shared *shared, struct image *image, const struct encoder *encoder,
                const char *folder, const char *prefix) {
  static const struct conf_host plain;
  static const struct tree_rules all;
  struct tree tree;
  tree_walk(&tree, folder, "", &all);
  for (size_t i = 0; i < tree.n; i++) {
    const struct tree_entry *e = &tree.entries[i];
    if (e->is_folder)
      continue;
    const char *path = util_format("%s%s", prefix, e->path);
    size_t n = shared->n;
    UTIL_PUSH(shared->paths, n, path);
    UTIL_PUSH(shared->resources, shared->n, resource_add_file(image, &plain, encoder, e, path));
  }
}

static void add_shared(struct site_host *h) {
  for (size_t i = 0; i < h->shared->n; i++) {
    if (find(h, h->shared->paths[i]))
      util_notice("the site has a %s of its own, which the server's pages now use",
                  h->shared->paths[i]);
    else
      claim(h, h->shared->paths[i], h->shared->resources[i], RANK_SHARED);
  }
  settle(h);
}

/* --- error pages and fallback -------------------------------------------- */

/* The same with a message when there is none. */
static uint32_t named_file(struct site_host *h, const char *path, const yaml_node_t *node) {
  uint32_t r = find_file(h, path);
  if (r == LIB_PACK_NONE)
    yaml_problem(h->file, node, "no file answers at %s", path);
  else
    check_realm(h, path, NULL, node);
  return r;
}

static void add_error(struct site_host *h, unsigned status, uint32_t file) {
  struct lib_pack_error e = {status, file};
  if (file != LIB_PACK_NONE)
    UTIL_PUSH(h->errors, h->errors_n, e);
}

static int error_order(const void *a, const void *b) {
  const struct lib_pack_error *x = a, *y = b;
  return (x->status > y->status) - (x->status < y->status);
}

/* A file /404.html is the page for 404 unless site.conf names another. */
static void add_errors(struct site_host *h) {
  bool has_404 = false;
  for (size_t i = 0; i < h->conf->errors_n; i++) {
    const struct conf_error *e = &h->conf->errors[i];
    has_404 = has_404 || e->status == 404;
    add_error(h, e->status, named_file(h, e->path, e->node));
  }
  if (!has_404 && !realm_of(h->conf, "/404.html"))
    add_error(h, 404, find_file(h, "/404.html"));
  util_sort(h->errors, h->errors_n, sizeof *h->errors, error_order);
}

/* --- the host ------------------------------------------------------------ */

struct site_host *site_host_new(struct image *image, const struct conf_host *conf,
                                const struct tree *tree, const struct site_shared *shared,
                                const struct encoder *encoder, const struct yaml_file *file) {
  struct site_host *h = util_alloc(sizeof *h);
  *h = (struct site_host){.image = image,
                          .conf = conf,
                          .tree = tree,
                          .shared = shared,
                          .encoder = encoder,
                          .file = file};
  add_tree(h);
  add_rules(h);
  add_shared(h);
  add_errors(h);
  sort_prefixes(h);
  sort_realms(h);
  h->fallback = LIB_PACK_NONE;
  if (conf->fallback)
    h->fallback = named_file(h, conf->fallback, conf->fallback_node);
  return h;
}

static void push_paths(struct image *m, const struct site_host *h) {
  for (size_t i = 0; i < h->n; i++) {
    struct lib_pack_path path = {.path = image_string(m, h->claims[i].path),
                                 .resource = h->claims[i].resource};
    UTIL_PUSH(m->paths, m->paths_n, path);
  }
}

void site_host_add(struct site_host *h, const char *name) {
  struct image *m = h->image;
  struct lib_pack_host row = {image_string(m, name),
                              (uint32_t)m->paths_n,
                              (uint32_t)h->n,
                              (uint32_t)m->prefixes_n,
                              (uint32_t)h->prefixes_n,
                              (uint32_t)m->errors_n,
                              (uint32_t)h->errors_n,
                              (uint32_t)m->realms_n,
                              (uint32_t)h->conf->realms_n,
                              h->fallback};
  push_paths(m, h);
  for (size_t i = 0; i < h->prefixes_n; i++)
    push_prefix(m, h->prefixes[i]);
  for (size_t i = 0; i < h->errors_n; i++)
    UTIL_PUSH(m->errors, m->errors_n, h->errors[i]);
  for (size_t i = 0; i < h->conf->realms_n; i++)
    push_realm(m, &h->conf->realms[i]);
  UTIL_PUSH(m->hosts, m->hosts_n, row);
}

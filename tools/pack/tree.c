/* SPDX-License-Identifier: BSD-2-Clause
 * The walk keeps a list of folders still to be read instead of recursing. Each
 * folder knows its parent: a link to one of a folder's ancestors is a loop. */
#include "tree.h"

#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <lib/pack.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
  char *path; /* as in tree_entry, but "" for the site itself */
  char *disk;
  dev_t dev;
  ino_t ino;
  const struct folder *parent;
};

struct walk {
  struct tree *tree;
  const struct tree_rules *rules;
  const char *root;        /* real path of the site */
  struct folder **folders; /* found so far; those from `next` on are unread */
  size_t folders_n, next;
  struct stat conf; /* the site's site.conf, st_ino 0 when there is none */
};

bool tree_match(const char *path, char *const *patterns, size_t patterns_n) {
  for (size_t i = 0; i < patterns_n; i++)
    if (fnmatch(patterns[i], path, 0) == 0)
      return true;
  return false;
}

/* Bytes of the UTF-8 character at `s`, or 0 when malformed (RFC 3629 4). */
static unsigned utf8_length(const unsigned char *s) {
  if (s[0] < 0x80)
    return 1;
  unsigned n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4)
    return 0;
  for (unsigned i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
  bool beyond = (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90);
  return overlong || beyond ? 0 : n;
}

bool tree_name_ok(const char *s) {
  const unsigned char *c = (const void *)s;
  while (*c) {
    unsigned n = utf8_length(c);
    bool control = *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0);
    if (n == 0 || control)
      return false;
    c += n;
  }
  return true;
}

/* `path` is `root` or inside of it; both are real paths. */
static bool is_inside(const char *path, const char *root) {
  size_t n = strlen(root);
  return util_starts(path, root) && (path[n] == '\0' || path[n] == '/' || strcmp(root, "/") == 0);
}

static int64_t clamp_time(int64_t s) {
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  char *end = NULL;
  if (epoch && *epoch) {
    long long limit = strtoll(epoch, &end, 10);
    if (*end || limit < 0)
      util_die("SOURCE_DATE_EPOCH is not a number of seconds: %s", epoch);
    if (s > limit)
      s = limit;
  }
  return s < 0 ? 0 : s;
}

static void add_entry(struct walk *w, const char *path, const char *disk, const struct stat *st) {
  struct tree_entry e = {.path = util_copy(path, strlen(path)),
                         .disk = util_copy(disk, strlen(disk)),
                         .is_folder = S_ISDIR(st->st_mode),
                         .mtime = clamp_time(st->st_mtime)};
  e.bytes = e.is_folder ? 0 : (uint64_t)st->st_size;
  UTIL_PUSH(w->tree->entries, w->tree->n, e);
}

static void add_folder(struct walk *w, const struct folder *parent, const char *path,
                       const char *disk, const struct stat *st) {
  struct folder *f = util_alloc(sizeof *f);
  *f = (struct folder){util_copy(path, strlen(path)), util_copy(disk, strlen(disk)), st->st_dev,
                       st->st_ino, parent};
  UTIL_PUSH(w->folders, w->folders_n, f);
  add_entry(w, *path ? path : "/", disk, st);
}

static bool is_loop(const struct folder *f, const struct stat *st) {
  for (; f; f = f->parent)
    if (f->dev == st->st_dev && f->ino == st->st_ino)
      return true;
  return false;
}

/* Left out of the site without being an error? */
static bool is_hidden(const struct walk *w, const char *path, const char *name) {
  const struct tree_rules *r = w->rules;
  if (strcmp(path, "/site.conf") == 0 || tree_match(path, r->hide, r->hide_n))
    return true;
  for (size_t i = 0; i < r->skip_n; i++)
    if (strcmp(path, r->skip[i]) == 0)
      return true;
  if (name[0] != '.' || strcmp(path, "/.well-known") == 0 ||
      tree_match(path, r->dotfiles, r->dotfiles_n))
    return false;
  util_notice("left out, its name begins with a dot: %s", path);
  return true;
}

/* A link must lead to something inside of the site; site.conf holds secrets. */
static bool link_ok(const struct walk *w, const char *path, const char *disk) {
  char *real = realpath(disk, NULL);
  bool ok = real && is_inside(real, w->root);
  if (!real)
    util_problem("a link that leads nowhere: %s (%s)", path, strerror(errno));
  else if (!ok)
    util_problem("a link that leaves the site: %s", path);
  free(real);
  return ok;
}

static bool path_fits(const char *path) {
  char *encoded = util_encode_path(path);
  bool fits = strlen(encoded) <= LIB_PACK_PATH_MAX;
  free(encoded);
  return fits;
}

static void add_kind(struct walk *w, const struct folder *parent, const char *path,
                     const char *disk, const struct stat *st) {
  if (S_ISDIR(st->st_mode)) {
    if (is_loop(parent, st))
      util_problem("a link to a folder that it lies in: %s", path);
    else
      add_folder(w, parent, path, disk, st);
  } else if (!S_ISREG(st->st_mode)) {
    util_problem("neither a file nor a folder: %s", path);
  } else if (w->conf.st_ino == st->st_ino && w->conf.st_dev == st->st_dev) {
    util_problem("a second name of site.conf, which is not served: %s", path);
  } else if (access(disk, R_OK) != 0) {
    util_problem("cannot be read: %s (%s)", path, strerror(errno));
  } else {
    add_entry(w, path, disk, st);
  }
}

static void add_name(struct walk *w, const struct folder *parent, const char *name) {
  char *path = util_format("%s/%s", parent->path, name);
  char *disk = util_format("%s/%s", parent->disk, name);
  struct stat st;
  if (is_hidden(w, path, name))
    goto out;
  if (!tree_name_ok(name))
    util_problem("a name that is not UTF-8 or has a control character: %s", path);
  else if (!path_fits(path))
    util_problem("a path over %d bytes: %s", LIB_PACK_PATH_MAX, path);
  else if (lstat(disk, &st) != 0)
    util_problem("cannot be read: %s (%s)", path, strerror(errno));
  else if (S_ISLNK(st.st_mode) && !link_ok(w, path, disk))
    goto out;
  else if (stat(disk, &st) != 0)
    util_problem("cannot be read: %s (%s)", path, strerror(errno));
  else
    add_kind(w, parent, path, disk, &st);
out:
  free(path);
  free(disk);
}

static void read_folder(struct walk *w, const struct folder *f) {
  DIR *dir = opendir(f->disk);
  if (!dir) {
    util_problem("cannot be read: %s (%s)", *f->path ? f->path : "/", strerror(errno));
    return;
  }
  errno = 0;
  for (struct dirent *e; (e = readdir(dir)); errno = 0)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
      add_name(w, f, e->d_name);
  if (errno)
    util_problem("cannot be read: %s (%s)", f->path, strerror(errno));
  closedir(dir);
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

const char *tree_check(const char *site, const char *sub) {
  struct stat st;
  char *root = realpath(site, NULL), *top = util_format("%s%s", site, sub);
  char *real = realpath(top, NULL);
  if (!root || !real || stat(top, &st) != 0)
    return strerror(errno);
  if (!S_ISDIR(st.st_mode))
    return "not a folder";
  return is_inside(real, root) ? NULL : "it leaves the site";
}

void tree_walk(struct tree *tree, const char *site, const char *sub,
               const struct tree_rules *rules) {
  char *root = realpath(site, NULL);
  char *top = util_format("%s%s", site, sub);
  struct walk w = {.tree = tree, .rules = rules, .root = root};
  struct stat st;
  if (!root || stat(top, &st) != 0)
    util_die("cannot be read: %s (%s)", top, strerror(errno));
  char *conf = util_format("%s/site.conf", site);
  if (stat(conf, &w.conf) != 0)
    w.conf = (struct stat){0};
  *tree = (struct tree){0};
  add_folder(&w, NULL, "", top, &st);
  while (w.next < w.folders_n)
    read_folder(&w, w.folders[w.next++]);
  util_sort(tree->entries, tree->n, sizeof *tree->entries, by_path);
}

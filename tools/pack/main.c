/* SPDX-License-Identifier: BSD-2-Clause
 * thimble-pack [OPTION...] FOLDER: makes the site pack of a folder (lib/pack.h).
 * The same folder gives the same bytes: names are sorted, and of a file only its
 * name, contents and modification time count, the last for Last-Modified alone
 * (SOURCE_DATE_EPOCH bounds it). Status 0 when the pack is written; 1 when the
 * folder cannot be packed, which leaves OUT untouched; 2 for wrong use. */
#include "conf.h"
#include "encode.h"
#include "image.h"
#include "mime.h"
#include "site.h"
#include "tls.h"
#include "tree.h"

#include <getopt.h>
#include <lib/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
  const char *out, *cache, *folder, *tls, *shared;
  bool stats;
};

void lib_assert_fail(const char *expr, const char *file, int line) {
  util_die("%s:%d: assertion failed: %s", file, line, expr);
}

static void usage(FILE *to) {
  fputs("usage: thimble-pack [OPTION...] FOLDER\n"
        "  -o OUT                 the pack (site.pack)\n"
        "  --cache DIR            keep what was compressed there, for the next time\n"
        "  --shared DIR:/PREFIX   serve DIR's files below /PREFIX on every host\n"
        "  --stats                say what the pack holds\n"
        "  --tls DIR              put the certificates in that tools/certs left in DIR\n",
        to);
}

static struct options parse(int argc, char **argv) {
  static const struct option longs[] = {
      {"cache", required_argument, NULL, 'c'},  {"stats", no_argument, NULL, 's'},
      {"shared", required_argument, NULL, 'x'}, {"tls", required_argument, NULL, 't'},
      {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
  struct options o = {.out = "site.pack"};
  for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
    switch (c) {
    case 'o':
      o.out = optarg;
      break;
    case 'c':
      o.cache = optarg;
      break;
    case 's':
      o.stats = true;
      break;
    case 't':
      o.tls = optarg;
      break;
    case 'x':
      o.shared = optarg;
      break;
    case 'h':
      usage(stdout);
      exit(0);
    default:
      usage(stderr);
      exit(2);
    }
  }
  if (argc - optind != 1) {
    usage(stderr);
    exit(2);
  }
  o.folder = argv[optind];
  return o;
}

/* The folders of other hosts that lie inside of this one's, seen from it. */
static struct conf_globs foreign_folders(const struct conf *conf, const struct conf_host *host) {
  struct conf_globs skip = {0};
  size_t n = strlen(host->folder);
  for (size_t i = 0; i < conf->hosts_n; i++) {
    const char *other = conf->hosts[i].folder;
    if (other && util_starts(other, host->folder) && other[n] == '/')
      UTIL_PUSH(skip.at, skip.n, (char *)other + n);
  }
  return skip;
}

static void walk_host(struct tree *tree, const struct conf *conf, const struct conf_host *host,
                      const char *site) {
  struct conf_globs skip = foreign_folders(conf, host);
  struct tree_rules rules = {host->hide.at,    host->hide.n, host->dotfiles.at,
                             host->dotfiles.n, skip.at,      skip.n};
  const char *why = tree_check(site, host->folder);
  if (why)
    yaml_problem(&conf->file, host->folder_node, "cannot take %s: %s", host->folder, why);
  else
    tree_walk(tree, site, host->folder, &rules);
}

/* The trees of all hosts; one without a folder has an empty tree. */
static struct tree *walk_all(const struct conf *conf, const char *site) {
  struct tree *trees = util_alloc(conf->hosts_n * sizeof *trees);
  for (size_t i = 0; i < conf->hosts_n; i++)
    if (conf->hosts[i].folder)
      walk_host(&trees[i], conf, &conf->hosts[i], site);
  return trees;
}

static uint64_t compressible_bytes(const struct tree *trees, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < trees[i].n; k++)
      if (!trees[i].entries[k].is_folder && mime_compressible(mime_type(trees[i].entries[k].path)))
        sum += trees[i].entries[k].bytes;
  return sum;
}

/* A name and the host that it belongs to. */
struct name {
  const char *text;
  struct site_host *host;
};

static int by_text(const void *a, const void *b) {
  return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* The server's own files: of DIR:PREFIX, if that is given. */
static struct site_shared share(struct image *image, const struct encoder *encoder,
                                const char *shared) {
  struct site_shared s = {0};
  const char *colon = shared ? strrchr(shared, ':') : NULL;
  if (!shared)
    return s;
  if (!colon || colon[1] != '/' || util_ends(colon, "/"))
    util_die("not DIR:/PREFIX: %s", shared);
  char *folder = util_copy(shared, (size_t)(colon - shared));
  const char *why = tree_check(folder, "");
  if (why)
    util_die("cannot take %s: %s", folder, why);
  site_share(&s, image, encoder, folder, colon + 1);
  return s;
}

/* The rows of all hosts in the order of their names; "" of the default is first. */
static void add_hosts(struct image *image, const struct conf *conf, const struct tree *trees,
                      const struct site_shared *shared, const struct encoder *encoder) {
  struct name *names = NULL;
  size_t n = 0;
  for (size_t i = 0; i < conf->hosts_n; i++) {
    const struct conf_host *c = &conf->hosts[i];
    struct site_host *h = site_host_new(image, c, &trees[i], shared, encoder, &conf->file);
    for (size_t k = 0; k < (i == 0 ? 1 : c->names_n); k++) {
      struct name name = {i == 0 ? "" : c->names[k], h};
      UTIL_PUSH(names, n, name);
    }
  }
  util_sort(names, n, sizeof *names, by_text);
  for (size_t i = 1; i < n; i++)
    if (strcmp(names[i - 1].text, names[i].text) == 0)
      util_problem("site.conf: two hosts have the name %s", names[i].text);
  util_stop_on_problems();
  for (size_t i = 0; i < n; i++)
    site_host_add(names[i].host, names[i].text);
}

static int setting_order(const void *a, const void *b) {
  return strcmp(((const struct conf_setting *)a)->name, ((const struct conf_setting *)b)->name);
}

static void add_settings(struct image *image, const struct conf *conf) {
  util_sort(conf->settings, conf->settings_n, sizeof *conf->settings, setting_order);
  for (size_t i = 0; i < conf->settings_n; i++) {
    struct lib_pack_setting s = {image_string(image, conf->settings[i].name),
                                 image_text(image, conf->settings[i].value, conf->settings[i].n)};
    UTIL_PUSH(image->settings, image->settings_n, s);
  }
}

static void print_stats(const struct image *m, const char *out) {
  uint64_t bytes[3] = {0};
  size_t files = 0, count[3] = {0};
  for (size_t i = 0; i < m->resources_n; i++)
    files += m->resources[i].kind == LIB_PACK_FILE;
  for (size_t i = 0; i < m->variants_n; i++) {
    bytes[m->variants[i].coding] += m->variants[i].body.n;
    count[m->variants[i].coding]++;
  }
  printf("%s: %llu bytes\n", out, (unsigned long long)m->size);
  printf("  %zu hosts, %zu addresses, %zu files, %zu redirects\n", m->hosts_n, m->paths_n, files,
         m->resources_n - files);
  printf("  plain %zu: %llu bytes; gzip %zu: %llu bytes; brotli %zu: %llu bytes\n", count[0],
         (unsigned long long)bytes[0], count[1], (unsigned long long)bytes[1], count[2],
         (unsigned long long)bytes[2]);
}

int main(int argc, char **argv) {
  struct options o = parse(argc, argv);
  struct conf conf;
  struct image image;
  struct encoder encoder;
  const char *why = tree_check(o.folder, "");
  if (why)
    util_die("cannot pack %s: %s", o.folder, why);
  mime_load();
  conf_load(&conf, o.folder);
  if (o.tls)
    tls_add(&conf, o.tls);
  util_stop_on_problems();
  struct tree *trees = walk_all(&conf, o.folder);
  util_stop_on_problems();
  encode_init(&encoder, o.cache, conf.codings, compressible_bytes(trees, conf.hosts_n));
  image_init(&image);
  struct site_shared shared = share(&image, &encoder, o.shared);
  add_hosts(&image, &conf, trees, &shared, &encoder);
  add_settings(&image, &conf);
  util_stop_on_problems();
  image_write(&image, o.out);
  if (o.stats)
    print_stats(&image, o.out);
  return 0;
}

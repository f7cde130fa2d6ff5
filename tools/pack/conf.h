/* SPDX-License-Identifier: BSD-2-Clause
 * What site.conf says (docs/SITE_CONF.md), read and checked. Each value that can
 * only be judged beside the site's files keeps its node, for messages. */
#pragma once

#include "yaml.h"

#include <stdint.h>

/* A list of patterns, as tree_match takes them. */
struct conf_globs {
  char **at;
  size_t n;
};

/* A redirect (status 301 ...) or rewrite (status 0). */
struct conf_rule {
  const char *from; /* path, without the `*` at its end when is_prefix */
  const char *to;   /* path or URI, without the `*` at its end when keep_rest */
  unsigned status;
  bool is_prefix, keep_rest;
  const yaml_node_t *node;
};

struct conf_error {
  unsigned status;
  const char *path;
  const yaml_node_t *node;
};

/* Fields for the files that match a pattern; value "" takes a field away. */
struct conf_field {
  const char *pattern, *name, *value;
};

struct conf_user {
  const char *name, *hash;
};

struct conf_realm {
  const char *prefix; /* no '/' at its end, but for "/" */
  const char *realm;
  struct conf_user *users;
  size_t users_n;
};

enum conf_slash { CONF_SLASH_ADD, CONF_SLASH_REMOVE, CONF_SLASH_BOTH };

/* The settings of one virtual host. */
struct conf_host {
  struct conf *conf;  /* that it belongs to */
  const char **names; /* lower case; none for the default host */
  size_t names_n;
  const char *folder; /* "/shop", "" for the site itself, NULL for none */
  const yaml_node_t *folder_node;
  const char **index; /* names of index files, the best first */
  size_t index_n;
  bool clean_urls;
  enum conf_slash slash;
  const char *fallback; /* path or NULL */
  const yaml_node_t *fallback_node;
  struct conf_error *errors;
  size_t errors_n;
  struct conf_rule *rules; /* redirects and rewrites in their order */
  size_t rules_n;
  struct conf_field *fields; /* a later one overrules an earlier one */
  size_t fields_n;
  bool immutable_names; /* names with a fingerprint never change */
  struct conf_globs immutable;
  struct conf_realm *realms;
  size_t realms_n;
  struct conf_globs hide, dotfiles, listing;
};

struct conf_setting {
  const char *name, *value;
  size_t n; /* bytes of value */
};

struct conf {
  struct yaml_file file;
  struct conf_host *hosts; /* [0] is the default */
  size_t hosts_n;
  struct conf_realm renewers;    /* who may send certificates to the running server */
  struct conf_setting *settings; /* for parts of the server, by name */
  size_t settings_n;
  struct conf_realm status; /* for the status pages of each host; users_n 0: none */
  unsigned codings;         /* compressed forms wanted, a bit for each enum lib_pack_coding */
};

/* The path of a node, spelled as the site's files are: not percent-encoded. */
const char *conf_path(struct yaml_file *f, yaml_node_t *n);

/* Read users with the hashes of their passwords into a struct conf_realm. */
void conf_read_users(struct yaml_file *f, yaml_node_t *n, void *realm);

/* Read site.conf of the folder `site`; a site without one has the defaults. Media
 * types go to mime_add. Problems are reported; the caller stops on them. */
void conf_load(struct conf *conf, const char *site);

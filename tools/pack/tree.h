/* SPDX-License-Identifier: BSD-2-Clause
 * The folder that is packed: a sorted list of its files and folders. What a
 * site cannot hold (a link out of the folder, a device, a name that no URL can
 * carry) is reported as a problem; what it should not show is left out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_entry {
  char *path;     /* from the folder: "/docs/a.html"; "/" is the folder itself */
  char *disk;     /* where to open it */
  uint64_t bytes; /* 0 for a folder */
  int64_t mtime;  /* Unix s, >= 0, not after SOURCE_DATE_EPOCH when that is set */
  bool is_folder;
};

struct tree {
  struct tree_entry *entries; /* sorted bytewise by path */
  size_t n;
};

struct tree_rules {
  char *const *hide; /* patterns of paths to leave out */
  size_t hide_n;
  char *const *dotfiles; /* patterns of paths to keep though hidden by a dot */
  size_t dotfiles_n;
  char *const *skip; /* folders ("/shop") that are another host's */
  size_t skip_n;
};

/* Why `sub` ("" or "/shop") is no folder of the site, or NULL when it is one. */
const char *tree_check(const char *site, const char *sub);

/* Walk the site's folder `sub`, which is one. Links are followed as long as they
 * stay inside of the site. */
void tree_walk(struct tree *tree, const char *site, const char *sub,
               const struct tree_rules *rules);

/* `path` matches one of the patterns (fnmatch(3); `*` also matches '/'). */
bool tree_match(const char *path, char *const *patterns, size_t patterns_n);

/* `s` is well-formed UTF-8 without control characters. */
bool tree_name_ok(const char *s);

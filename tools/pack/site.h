/* SPDX-License-Identifier: BSD-2-Clause
 * A host of the site: its files and what site.conf says about it, made into
 * rows of the pack. Everything that a server would decide per request is
 * decided here: which paths exist, what answers each of them, with which
 * fields. */
#pragma once

#include "conf.h"
#include "encode.h"
#include "image.h"
#include "tree.h"

struct site_host;

/* Files that every host has, apart from its own: the server's. */
struct site_shared {
  const char **paths;
  uint32_t *resources; /* what answers at each */
  size_t n;
};

/* Add the files of `folder` to be shared, at paths that begin with `prefix`. */
void site_share(struct site_shared *shared, struct image *image, const struct encoder *encoder,
                const char *folder, const char *prefix);

/* Work out a host: adds its resources. Problems are reported; the caller stops
 * on them before it adds rows.
 *
 * tree    the host's files; empty for one that only redirects
 * shared  the server's files; where the host has something itself, that counts
 * file    site.conf, for messages */
struct site_host *site_host_new(struct image *image, const struct conf_host *conf,
                                const struct tree *tree, const struct site_shared *shared,
                                const struct encoder *encoder, const struct yaml_file *file);

/* Add the host's rows under one of its names ("" for the default host). The
 * names of all hosts are to be added in bytewise order. */
void site_host_add(struct site_host *host, const char *name);

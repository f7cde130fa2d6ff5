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

/* Work out a host: adds its resources. Problems are reported; the caller stops
 * on them before it adds rows.
 *
 * tree   the host's files; empty for one that only redirects
 * file   site.conf, for messages */
struct site_host *site_host_new(struct image *image, const struct conf_host *conf,
                                const struct tree *tree, const struct encoder *encoder,
                                const struct yaml_file *file);

/* Add the host's rows under one of its names ("" for the default host). The
 * names of all hosts are to be added in bytewise order. */
void site_host_add(struct site_host *host, const char *name);

/* SPDX-License-Identifier: BSD-2-Clause
 * Resources of the pack: a file with its variants and rendered field lines, or
 * a redirect. */
#pragma once

#include "conf.h"
#include "encode.h"
#include "image.h"
#include "tree.h"

/* Add a file.
 *
 * url      where it answers first ("/docs/"); its own path may differ. Patterns
 *          of site.conf apply when they match either.
 * returns  its index */
uint32_t resource_add_file(struct image *image, const struct conf_host *host,
                           const struct encoder *encoder, const struct tree_entry *entry,
                           const char *url);

/* Add a page made by the packer, of type text/html; `take` keeps living. */
uint32_t resource_add_page(struct image *image, const struct conf_host *host,
                           const struct encoder *encoder, const char *url,
                           const struct util_buf *take, int64_t mtime);

/* Add a redirect to `target`, a path or URI; what a URI may not contain is
 * percent-encoded. */
uint32_t resource_add_redirect(struct image *image, const char *target, unsigned status);

/* `target` as a redirect sends it. */
char *resource_encode_target(const char *target);

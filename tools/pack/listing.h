/* SPDX-License-Identifier: BSD-2-Clause
 * The page that lists a folder, made when the site is packed. */
#pragma once

#include "tree.h"
#include "util.h"

/* Append the page of the folder `path` ("/files", "/") to `out`.
 *
 * returns  the newest modification time of what it lists, Unix s */
int64_t listing_render(const struct tree *tree, const char *path, struct util_buf *out);

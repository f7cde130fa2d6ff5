/* SPDX-License-Identifier: BSD-2-Clause
 * The media type of a file, by the end of its name: from the system's table
 * (/etc/mime.types of package media-types), amended by site.conf. */
#pragma once

#include <stdbool.h>

/* Read the system's table. */
void mime_load(void);

/* Let names that end in "." `extension` be of `type`, whatever the table says. */
void mime_add(const char *extension, const char *type);

/* Content-Type of a path, with charset=utf-8 where it is text. */
const char *mime_type(const char *path);

/* A coding could make a file of this type smaller: false for what is compressed
 * by nature, as photographs and archives are. */
bool mime_compressible(const char *type);

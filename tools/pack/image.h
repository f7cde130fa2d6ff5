/* SPDX-License-Identifier: BSD-2-Clause
 * The pack while it is being made: rows of its tables (lib/pack.h), its texts
 * and bodies. Equal texts are kept once, and so are equal bodies and media. Until
 * image_write, references to text count from the start of the texts, and the
 * `off` of a body is its number. */
#pragma once

#include "util.h"

#include <lib/pack.h>

struct image_intern; /* index of what is there already, by digest */

struct image_body {
  const char *p;
  size_t n;
  uint64_t at; /* in the pack */
};

struct image {
  struct lib_pack_host *hosts;
  struct lib_pack_path *paths;
  struct lib_pack_prefix *prefixes;
  struct lib_pack_error *errors;
  struct lib_pack_realm *realms;
  struct lib_pack_user *users;
  struct lib_pack_media *media;
  struct lib_pack_resource *resources;
  struct lib_pack_variant *variants;
  struct lib_pack_setting *settings;
  size_t hosts_n, paths_n, prefixes_n, errors_n, realms_n, users_n;
  size_t media_n, resources_n, variants_n, settings_n;
  struct util_buf text;
  struct image_body *bodies;
  size_t bodies_n;
  struct image_intern *texts_seen, *bodies_seen, *media_seen;
  uint64_t built_unix;
  uint64_t size; /* of the pack; known after image_write */
};

void image_init(struct image *image);

struct lib_pack_ref image_text(struct image *image, const char *p, size_t n);
struct lib_pack_ref image_string(struct image *image, const char *s);

/* A string with a NUL behind it in the pack. */
struct lib_pack_ref image_string_z(struct image *image, const char *s);

/* The row of the table of media with this type and these field lines. */
uint32_t image_media(struct image *image, const char *type, const struct util_buf *fields);

/* A body; `p` stays borrowed until image_write. */
struct lib_pack_ref image_body(struct image *image, const char *p, size_t n);

/* Write the pack to `out`, by way of a temporary file beside it. Ends the
 * program on failure. */
void image_write(struct image *image, const char *out);

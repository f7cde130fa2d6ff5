/* SPDX-License-Identifier: BSD-2-Clause */
#include "resource.h"

#include "mime.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_FROM (1u << 20) /* files from this size on are mapped, not read */
#define IMMUTABLE "public, max-age=31536000, immutable" /* a year: RFC 8246 */
#define LAST_DATE 253402300799                          /* 9999-12-31T23:59:59Z */

/* --- reading ------------------------------------------------------------- */

static bool read_all(int fd, struct util_buf *out) {
  char part[16384];
  ssize_t k;
  while ((k = read(fd, part, sizeof part)) > 0)
    util_buf_add(out, part, (size_t)k);
  return k == 0;
}

static bool map_all(int fd, uint64_t bytes, struct util_buf *out) {
  void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED)
    return false;
  *out = (struct util_buf){p, bytes, bytes};
  return true;
}

static struct util_buf load(const struct tree_entry *entry) {
  struct util_buf b = {0};
  int fd = open(entry->disk, O_RDONLY | O_CLOEXEC);
  bool ok =
      fd >= 0 && (entry->bytes >= MAP_FROM ? map_all(fd, entry->bytes, &b) : read_all(fd, &b));
  if (!ok)
    util_problem("cannot be read: %s (%s)", entry->path, strerror(errno));
  if (fd >= 0)
    close(fd);
  return b;
}

/* --- fields -------------------------------------------------------------- */

/* At least 8 hexadecimal digits, among them a letter and a digit: not a date. */
static bool is_hex_fingerprint(const char *s, size_t n) {
  size_t digits = 0, letters = 0;
  for (size_t i = 0; i < n; i++) {
    digits += s[i] >= '0' && s[i] <= '9';
    letters += s[i] >= 'a' && s[i] <= 'f';
  }
  return n >= 8 && digits + letters == n && digits > 0 && letters > 0;
}

/* 8 characters of base64url with all three kinds among them: no word. */
static bool is_base64_fingerprint(const char *s) {
  size_t upper = 0, lower = 0, digits = 0, other = 0;
  for (size_t i = 0; i < 8; i++) {
    upper += isupper((unsigned char)s[i]) != 0;
    lower += islower((unsigned char)s[i]) != 0;
    digits += isdigit((unsigned char)s[i]) != 0;
    other += s[i] == '-' || s[i] == '_';
  }
  return upper + lower + digits + other == 8 && upper && lower && digits;
}

/* "app.3f2a9c1b.js", "index-BX3k9a_d.css": made by a bundler, never changed. */
static bool has_fingerprint(const char *path) {
  const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
  if (!dot)
    return false;
  for (const char *s = name; s < dot; s += strcspn(s, ".-_") + 1)
    if (s > name && is_hex_fingerprint(s, strcspn(s, ".-_")))
      return true;
  return dot - name > 9 && (dot[-9] == '-' || dot[-9] == '.') && is_base64_fingerprint(dot - 8);
}

struct fields {
  struct conf_field *at;
  size_t n;
};

/* The value of a field, to be replaced; a new field when there is none. */
static void set_field(struct fields *f, const char *name, const char *value) {
  for (size_t i = 0; i < f->n; i++)
    if (strcasecmp(f->at[i].name, name) == 0) {
      f->at[i].value = value;
      return;
    }
  struct conf_field field = {NULL, name, value};
  UTIL_PUSH(f->at, f->n, field);
}

static bool matches(const char *pattern, const char *path, const char *url) {
  char *one = (char *)pattern;
  return tree_match(path, &one, 1) || tree_match(url, &one, 1);
}

static bool is_immutable(const struct conf_host *host, const char *path, const char *url) {
  return (host->immutable_names && has_fingerprint(path)) ||
         tree_match(path, host->immutable.at, host->immutable.n) ||
         tree_match(url, host->immutable.at, host->immutable.n);
}

/* The fields of a file, in the order in which site.conf names them. */
static struct fields fields_of(const struct conf_host *host, const char *path, const char *url,
                               const char *type) {
  struct fields f = {0};
  set_field(&f, "Content-Type", type);
  set_field(&f, "X-Content-Type-Options", "nosniff");
  if (is_immutable(host, path, url))
    set_field(&f, "Cache-Control", IMMUTABLE);
  for (size_t i = 0; i < host->fields_n; i++)
    if (matches(host->fields[i].pattern, path, url))
      set_field(&f, host->fields[i].name, host->fields[i].value);
  return f;
}

/* The media of a file with these fields. */
static uint32_t add_media(struct image *image, const struct fields *f) {
  struct util_buf lines = {0};
  for (size_t i = 1; i < f->n; i++) /* [0] is Content-Type */
    if (*f->at[i].value)
      util_buf_format(&lines, "%s: %s\r\n", f->at[i].name, f->at[i].value);
  if (lines.n > LIB_PACK_FIELDS_MAX)
    util_problem("the header fields of a file have more than %d bytes", LIB_PACK_FIELDS_MAX);
  return image_media(image, f->at[0].value, &lines);
}

/* --- variants ------------------------------------------------------------ */

struct variant {
  enum lib_pack_coding coding;
  struct util_buf body;
};

/* gzip and brotli, each when it is smaller than what is there before it. */
static unsigned make_variants(const struct encoder *encoder, const struct util_buf *body,
                              const char *type, struct variant out[3]) {
  unsigned n = 0;
  out[n++] = (struct variant){LIB_PACK_IDENTITY, *body};
  if (!mime_compressible(type))
    return n;
  for (int coding = LIB_PACK_GZIP; coding <= LIB_PACK_BR; coding++) {
    struct util_buf b = {0};
    bool keep = encode_try(encoder, (enum lib_pack_coding)coding, body->p, body->n, &b);
    if (keep && b.n < out[n - 1].body.n)
      out[n++] = (struct variant){(enum lib_pack_coding)coding, b};
    else if (keep)
      free(b.p);
  }
  return n;
}

static void add_variant(struct image *image, const struct variant *v) {
  struct lib_pack_variant row = {.tag = encode_digest(v->body.p, v->body.n).a,
                                 .body = image_body(image, v->body.p, v->body.n),
                                 .coding = v->coding};
  UTIL_PUSH(image->variants, image->variants_n, row);
}

static uint32_t push(struct image *image, struct lib_pack_resource r) {
  UTIL_PUSH(image->resources, image->resources_n, r);
  return (uint32_t)(image->resources_n - 1);
}

/* A resource of these bytes; they stay borrowed. */
static uint32_t add(struct image *image, const struct conf_host *host,
                    const struct encoder *encoder, const struct util_buf *body, const char *path,
                    const char *url, const char *type, int64_t mtime) {
  struct variant variants[3];
  struct fields fields = fields_of(host, path, url, type);
  unsigned n = make_variants(encoder, body, fields.at[0].value, variants);
  struct lib_pack_resource r = {.kind = LIB_PACK_FILE, .status = 200};
  r.modified_unix = mtime < LAST_DATE ? mtime : LAST_DATE;
  r.variants_at = (uint32_t)image->variants_n;
  r.variants_n = n;
  r.media = add_media(image, &fields);
  for (unsigned i = 0; i < n; i++)
    add_variant(image, &variants[i]);
  if ((uint64_t)mtime > image->built_unix)
    image->built_unix = (uint64_t)mtime;
  return push(image, r);
}

uint32_t resource_add_file(struct image *image, const struct conf_host *host,
                           const struct encoder *encoder, const struct tree_entry *entry,
                           const char *url) {
  struct util_buf body = load(entry);
  return add(image, host, encoder, &body, entry->path, url, mime_type(entry->path), entry->mtime);
}

uint32_t resource_add_page(struct image *image, const struct conf_host *host,
                           const struct encoder *encoder, const char *url,
                           const struct util_buf *take, int64_t mtime) {
  return add(image, host, encoder, take, url, url, "text/html; charset=utf-8", mtime);
}

/* All that is visible ASCII stays, but for what RFC 3986 excludes from URIs. */
char *resource_encode_target(const char *target) {
  struct util_buf b = {0};
  for (const char *s = target; *s; s++) {
    bool escape = *s == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]);
    if (escape || (*s > 0x20 && *s < 0x7f && !strchr("\"<>\\^`{|}%", *s)))
      util_buf_add(&b, s, 1);
    else
      util_buf_format(&b, "%%%02X", (unsigned char)*s);
  }
  return util_buf_text(&b);
}

uint32_t resource_add_redirect(struct image *image, const char *target, unsigned status) {
  char *location = resource_encode_target(target);
  if (strlen(location) > LIB_PACK_PATH_MAX)
    util_problem("a redirect leads to more than %d bytes: %s", LIB_PACK_PATH_MAX, target);
  struct lib_pack_resource r = {
      .kind = LIB_PACK_REDIRECT, .status = (uint16_t)status, .media = LIB_PACK_NONE};
  r.location = image_string(image, location);
  return push(image, r);
}

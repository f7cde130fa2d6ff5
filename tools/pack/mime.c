/* SPDX-License-Identifier: BSD-2-Clause */
#include "mime.h"

#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TABLE "/etc/mime.types"
#define FALLBACK "application/octet-stream"

struct row {
  char *extension; /* lower case, without its first dot; may hold others */
  char *type;
  size_t rank; /* of two rows for one extension the higher wins */
};

static struct row *rows;
static size_t rows_n;
static bool sorted;

static int by_extension(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int c = strcmp(x->extension, y->extension);
  return c != 0 ? c : (x->rank > y->rank) - (x->rank < y->rank);
}

static char *lower(const char *s) {
  char *t = util_copy(s, strlen(s));
  for (char *c = t; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c + 32);
  return t;
}

void mime_add(const char *extension, const char *type) {
  struct row r = {lower(extension), util_copy(type, strlen(type)), rows_n};
  UTIL_PUSH(rows, rows_n, r);
  sorted = false;
}

static void load_line(char *line) {
  line[strcspn(line, "#\r\n")] = '\0';
  char *save = NULL;
  char *type = strtok_r(line, " \t", &save);
  for (char *e = NULL; type && (e = strtok_r(NULL, " \t", &save));)
    mime_add(e, type);
}

void mime_load(void) {
  FILE *f = fopen(TABLE, "r");
  if (!f)
    util_die("cannot read %s (%s): install the package media-types", TABLE, strerror(errno));
  char *line = NULL;
  size_t cap = 0;
  while (getline(&line, &cap, f) > 0)
    load_line(line);
  free(line);
  fclose(f);
}

/* The last row of `extension`, or NULL. */
static const struct row *find(const char *extension) {
  size_t from = 0, to = rows_n;
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    if (strcmp(rows[mid].extension, extension) <= 0)
      from = mid + 1;
    else
      to = mid;
  }
  return from > 0 && strcmp(rows[from - 1].extension, extension) == 0 ? &rows[from - 1] : NULL;
}

/* Types other than text/... that hold text, as UTF-8 unless they say so
 * themselves; a charset parameter keeps old clients from guessing. */
static bool wants_charset(const char *type) {
  static const char *const types[] = {"application/json",     "application/javascript",
                                      "application/ld+json",  "application/manifest+json",
                                      "application/geo+json", "application/feed+json"};
  if (strchr(type, ';'))
    return false;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(type, types[i]) == 0)
      return true;
  return util_starts(type, "text/");
}

/* The longest extension that the table knows: "spdx.json" before "json". */
const char *mime_type(const char *path) {
  if (!sorted)
    util_sort(rows, rows_n, sizeof *rows, by_extension);
  sorted = true;
  char *name = lower(strrchr(path, '/') + 1);
  const char *type = FALLBACK;
  for (const char *dot = name; (dot = strchr(dot, '.'));) {
    const struct row *r = find(++dot);
    if (r) {
      type = r->type;
      break;
    }
  }
  free(name);
  return wants_charset(type) ? util_format("%s; charset=utf-8", type) : type;
}

bool mime_compressible(const char *type) {
  static const char *const packed[] = {"audio/",
                                       "video/",
                                       "font/woff",
                                       "application/zip",
                                       "application/gzip",
                                       "application/x-gzip",
                                       "application/x-xz",
                                       "application/zstd",
                                       "application/x-bzip",
                                       "application/x-7z",
                                       "application/vnd.rar",
                                       "application/x-rar",
                                       "application/java-archive",
                                       "application/epub+zip",
                                       "application/vnd.openxmlformats",
                                       "application/vnd.oasis.opendocument",
                                       "application/vnd.debian.binary-package"};
  static const char *const plain_images[] = {"image/svg", "image/bmp", "image/x-ms-bmp",
                                             "image/vnd.microsoft.icon", "image/x-icon"};
  for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
    if (util_starts(type, packed[i]))
      return false;
  for (size_t i = 0; i < sizeof plain_images / sizeof *plain_images; i++)
    if (util_starts(type, plain_images[i]))
      return true;
  return !util_starts(type, "image/");
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing.h"

#include <string.h>
#include <time.h>

static const char style[] =
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #8884}"
    "td:nth-child(2){text-align:right;font-variant-numeric:tabular-nums}"
    "td:nth-child(3){white-space:nowrap;font-variant-numeric:tabular-nums}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}";

/* The last segment of `path` when it lies right below `folder`, else NULL. */
static const char *child_name(const char *folder, const char *path) {
  size_t n = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
  if (strncmp(path, folder, n) != 0 || path[n] != '/' || !path[n + 1])
    return NULL;
  return strchr(path + n + 1, '/') ? NULL : path + n + 1;
}

static void add_row(struct util_buf *out, const struct tree_entry *e, const char *name) {
  char date[32];
  time_t at = (time_t)e->mtime;
  struct tm tm;
  const char *slash = e->is_folder ? "/" : "";
  strftime(date, sizeof date, "%Y-%m-%d %H:%M", gmtime_r(&at, &tm));
  /* "./" keeps a name with a colon from being read as a scheme. */
  util_buf_str(out, "<tr><td><a href=\"./");
  util_buf_html(out, util_encode_path(name));
  util_buf_format(out, "%s\">", slash);
  util_buf_html(out, name);
  util_buf_format(out, "%s</a></td><td>", slash);
  if (!e->is_folder)
    util_buf_format(out, "%llu", (unsigned long long)e->bytes);
  util_buf_format(out, "</td><td>%s</td></tr>\n", e->is_folder ? "" : date);
}

/* Rows of the folders, or of the files. */
static int64_t add_rows(const struct tree *tree, const char *path, bool folders,
                        struct util_buf *out) {
  int64_t newest = 0;
  for (size_t i = 0; i < tree->n; i++) {
    const struct tree_entry *e = &tree->entries[i];
    const char *name = child_name(path, e->path);
    if (!name || e->is_folder != folders)
      continue;
    add_row(out, e, name);
    if (!folders && e->mtime > newest)
      newest = e->mtime;
  }
  return newest;
}

int64_t listing_render(const struct tree *tree, const char *path, struct util_buf *out) {
  util_buf_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                    "<title>Index of ");
  util_buf_html(out, path);
  util_buf_format(out, "</title><style>%s</style></head><body><h1>Index of ", style);
  util_buf_html(out, path);
  util_buf_str(out, "</h1>\n<table><thead><tr><th>Name</th><th>Bytes</th><th>Changed (UTC)</th>"
                    "</tr></thead><tbody>\n");
  if (strcmp(path, "/") != 0)
    util_buf_str(out, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  add_rows(tree, path, true, out);
  int64_t newest = add_rows(tree, path, false, out);
  util_buf_str(out, "</tbody></table></body></html>\n");
  return newest;
}

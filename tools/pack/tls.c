/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls.h"

#include "util.h"

#include <errno.h>
#include <lib/limits.h>
#include <lib/pack.h>
#include <stdio.h>
#include <string.h>

/* False when there is no such file. */
static bool read_part(struct conf *conf, const char *dir, unsigned i, const char *part) {
  char *path = util_format("%s/%u.%s", dir, i, part);
  char *p = util_alloc(LIB_PACK_VALUE_MAX + 1);
  FILE *f = fopen(path, "rb");
  if (!f && errno == ENOENT)
    return false;
  if (!f)
    util_die("%s: %s", path, strerror(errno));
  size_t n = fread(p, 1, LIB_PACK_VALUE_MAX + 1, f);
  if (ferror(f) || n > LIB_PACK_VALUE_MAX)
    util_die("%s: cannot be read, or is longer than %d bytes", path, LIB_PACK_VALUE_MAX);
  fclose(f);
  struct conf_setting s = {util_format("tls.%u.%s", i, part), p, n};
  UTIL_PUSH(conf->settings, conf->settings_n, s);
  return true;
}

void tls_add(struct conf *conf, const char *dir) {
  unsigned i = 0;
  while (read_part(conf, dir, i, "chain")) {
    if (!read_part(conf, dir, i, "key"))
      util_die("%s/%u.key is missing", dir, i);
    i++;
  }
  if (i == 0)
    util_die("%s: no certificate is there", dir);
  if (i > TLS_PAIRS_MAX)
    util_die("%s: %u certificates; %d are the most", dir, i, TLS_PAIRS_MAX);
}

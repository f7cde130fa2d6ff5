/* SPDX-License-Identifier: BSD-2-Clause
 * Layout: header, tables, text, bodies. The whole pack is laid out in memory,
 * since its checksum stands at its beginning. */
#include "image.h"

#include "encode.h"

#include <errno.h>
#include <fcntl.h>
#include <http/pack.h>
#include <lib/siphash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY_ALIGN 8u
#define CHECKSUM_FROM 24u

struct slot {
  struct encode_digest digest;
  size_t value; /* what is there, plus 1; 0: empty */
};

struct image_intern {
  struct slot *slots;
  size_t slots_n, used; /* slots_n is a power of two, at most half used */
};

static struct slot *slot_of(struct image_intern *t, struct encode_digest d) {
  size_t i = (size_t)d.a & (t->slots_n - 1);
  while (t->slots[i].value && (t->slots[i].digest.a != d.a || t->slots[i].digest.b != d.b))
    i = (i + 1) & (t->slots_n - 1);
  return &t->slots[i];
}

static struct image_intern *intern_new(void) {
  struct image_intern *t = util_alloc(sizeof *t);
  t->slots_n = 1024;
  t->slots = util_alloc(t->slots_n * sizeof *t->slots);
  return t;
}

static void intern_grow(struct image_intern *t) {
  struct image_intern old = *t;
  t->slots_n *= 2;
  t->slots = util_alloc(t->slots_n * sizeof *t->slots);
  for (size_t i = 0; i < old.slots_n; i++)
    if (old.slots[i].value)
      *slot_of(t, old.slots[i].digest) = old.slots[i];
  free(old.slots);
}

/* The value kept for these bytes; when there is none, `value` becomes it. */
static size_t intern(struct image_intern *t, const char *p, size_t n, size_t value) {
  if (2 * t->used >= t->slots_n)
    intern_grow(t);
  struct encode_digest d = encode_digest(p, n);
  struct slot *s = slot_of(t, d);
  if (s->value)
    return s->value - 1;
  *s = (struct slot){d, value + 1};
  t->used++;
  return value;
}

static void same_or_die(const char *a, const char *b, size_t n) {
  if (n && memcmp(a, b, n) != 0)
    util_die("two contents have one digest");
}

void image_init(struct image *image) {
  *image = (struct image){
      .texts_seen = intern_new(), .bodies_seen = intern_new(), .media_seen = intern_new()};
}

struct lib_pack_ref image_text(struct image *image, const char *p, size_t n) {
  size_t at = intern(image->texts_seen, p, n, image->text.n);
  if (at == image->text.n)
    util_buf_add(&image->text, p, n);
  if (image->text.n > UINT32_MAX || n > image->text.n - at)
    util_die("the texts of the pack are too long");
  same_or_die(image->text.p + at, p, n);
  return (struct lib_pack_ref){(uint32_t)at, (uint32_t)n};
}

struct lib_pack_ref image_string(struct image *image, const char *s) {
  return image_text(image, s, strlen(s));
}

struct lib_pack_ref image_string_z(struct image *image, const char *s) {
  struct lib_pack_ref ref = image_text(image, s, strlen(s) + 1);
  ref.n--;
  return ref;
}

/* Equal texts have equal references, so equal rows have equal bytes. */
uint32_t image_media(struct image *image, const char *type, const struct util_buf *fields) {
  struct lib_pack_media row = {image_string(image, type), image_text(image, fields->p, fields->n)};
  size_t i = intern(image->media_seen, (const char *)&row, sizeof row, image->media_n);
  if (i == image->media_n)
    UTIL_PUSH(image->media, image->media_n, row);
  same_or_die((const char *)&image->media[i], (const char *)&row, sizeof row);
  return (uint32_t)i;
}

struct lib_pack_ref image_body(struct image *image, const char *p, size_t n) {
  size_t i = intern(image->bodies_seen, p, n, image->bodies_n);
  if (n > UINT32_MAX)
    util_die("a file over 4 GB");
  if (i == image->bodies_n) {
    struct image_body body = {p, n, 0};
    UTIL_PUSH(image->bodies, image->bodies_n, body);
  }
  if (image->bodies[i].n != n)
    util_die("two contents have one digest");
  same_or_die(image->bodies[i].p, p, n);
  return (struct lib_pack_ref){(uint32_t)i, (uint32_t)n};
}

/* --- layout -------------------------------------------------------------- */

/* A table's place, from `*at` on. */
static struct lib_pack_table place(uint64_t *at, size_t count, size_t size) {
  struct lib_pack_table t = {(uint32_t)*at, (uint32_t)count};
  *at += count * size;
  *at = (*at + 7) / 8 * 8;
  return t;
}

static uint64_t place_bodies(struct image *image, uint64_t at) {
  for (size_t i = 0; i < image->bodies_n; i++) {
    if (image->bodies[i].n == 0)
      continue; /* nothing, at offset 0 */
    at = (at + BODY_ALIGN - 1) / BODY_ALIGN * BODY_ALIGN;
    image->bodies[i].at = at;
    at += image->bodies[i].n;
  }
  return at;
}

static void move(struct lib_pack_ref *ref, uint64_t text_at) {
  ref->off = ref->n ? (uint32_t)(ref->off + text_at) : 0;
}

/* From positions among the texts to positions in the pack. */
static void move_refs(struct image *m, uint64_t text_at) {
  for (size_t i = 0; i < m->hosts_n; i++)
    move(&m->hosts[i].name, text_at);
  for (size_t i = 0; i < m->paths_n; i++)
    move(&m->paths[i].path, text_at);
  for (size_t i = 0; i < m->prefixes_n; i++) {
    move(&m->prefixes[i].prefix, text_at);
    move(&m->prefixes[i].to, text_at);
  }
  for (size_t i = 0; i < m->realms_n; i++) {
    move(&m->realms[i].prefix, text_at);
    move(&m->realms[i].realm, text_at);
  }
  for (size_t i = 0; i < m->users_n; i++) {
    move(&m->users[i].name, text_at);
    move(&m->users[i].hash, text_at);
  }
  for (size_t i = 0; i < m->media_n; i++) {
    move(&m->media[i].type, text_at);
    move(&m->media[i].fields, text_at);
  }
  for (size_t i = 0; i < m->resources_n; i++)
    move(&m->resources[i].location, text_at);
  for (size_t i = 0; i < m->settings_n; i++) {
    move(&m->settings[i].name, text_at);
    move(&m->settings[i].value, text_at);
  }
}

/* From the numbers of bodies to positions in the pack. */
static void move_bodies(struct image *m) {
  for (size_t i = 0; i < m->variants_n; i++)
    m->variants[i].body.off = (uint32_t)m->bodies[m->variants[i].body.off].at;
}

/* Places everything; the offsets of the rows become those in the pack. */
static struct lib_pack_header lay_out(struct image *m, uint64_t *text_at) {
  struct lib_pack_header h = {.version = LIB_PACK_VERSION, .built_unix = m->built_unix};
  uint64_t at = sizeof h;
  memcpy(h.magic, LIB_PACK_MAGIC, sizeof h.magic);
  h.hosts = place(&at, m->hosts_n, sizeof *m->hosts);
  h.paths = place(&at, m->paths_n, sizeof *m->paths);
  h.prefixes = place(&at, m->prefixes_n, sizeof *m->prefixes);
  h.errors = place(&at, m->errors_n, sizeof *m->errors);
  h.realms = place(&at, m->realms_n, sizeof *m->realms);
  h.users = place(&at, m->users_n, sizeof *m->users);
  h.media = place(&at, m->media_n, sizeof *m->media);
  h.resources = place(&at, m->resources_n, sizeof *m->resources);
  h.variants = place(&at, m->variants_n, sizeof *m->variants);
  h.settings = place(&at, m->settings_n, sizeof *m->settings);
  *text_at = at;
  m->size = place_bodies(m, at + m->text.n);
  if (m->size > UINT32_MAX)
    util_die("the pack would have %llu bytes; 4 GB - 1 is the most", (unsigned long long)m->size);
  h.size = (uint32_t)m->size;
  move_refs(m, at);
  move_bodies(m);
  return h;
}

static void put(char *pack, uint64_t at, const void *p, size_t n) {
  if (n)
    memcpy(pack + at, p, n);
}

/* By the reader's own checks: what is linked into an image is not checked again. */
static void check(const char *pack, uint64_t n) {
  struct http_pack opened;
  const char *why;
  if (http_pack_open(&opened, (struct lib_span){pack, n}, &why) < 0 ||
      http_pack_verify(&opened, &why) < 0)
    util_die("the pack is not sound: %s", why);
}

static char *render(struct image *m) {
  uint64_t text_at;
  struct lib_pack_header h = lay_out(m, &text_at);
  char *pack = util_alloc(m->size);
  put(pack, h.hosts.off, m->hosts, m->hosts_n * sizeof *m->hosts);
  put(pack, h.paths.off, m->paths, m->paths_n * sizeof *m->paths);
  put(pack, h.prefixes.off, m->prefixes, m->prefixes_n * sizeof *m->prefixes);
  put(pack, h.errors.off, m->errors, m->errors_n * sizeof *m->errors);
  put(pack, h.realms.off, m->realms, m->realms_n * sizeof *m->realms);
  put(pack, h.users.off, m->users, m->users_n * sizeof *m->users);
  put(pack, h.media.off, m->media, m->media_n * sizeof *m->media);
  put(pack, h.resources.off, m->resources, m->resources_n * sizeof *m->resources);
  put(pack, h.variants.off, m->variants, m->variants_n * sizeof *m->variants);
  put(pack, h.settings.off, m->settings, m->settings_n * sizeof *m->settings);
  put(pack, text_at, m->text.p, m->text.n);
  for (size_t i = 0; i < m->bodies_n; i++)
    put(pack, m->bodies[i].at, m->bodies[i].p, m->bodies[i].n);
  put(pack, 0, &h, sizeof h);
  static const struct lib_siphash_key key = {0, 0};
  h.checksum = lib_siphash(&key, pack + CHECKSUM_FROM, m->size - CHECKSUM_FROM);
  put(pack, 0, &h, sizeof h);
  return pack;
}

/* --- the file ------------------------------------------------------------ */

static bool write_all(int fd, const char *p, uint64_t n) {
  while (n > 0) {
    ssize_t k = write(fd, p, n);
    if (k < 0 && errno == EINTR)
      continue;
    if (k <= 0)
      return false;
    p += k;
    n -= (uint64_t)k;
  }
  return true;
}

void image_write(struct image *image, const char *out) {
  char *pack = render(image);
  check(pack, image->size);
  char *part = util_format("%s.XXXXXX", out);
  int fd = mkstemp(part);
  if (fd < 0)
    util_die("cannot write %s (%s)", out, strerror(errno));
  mode_t mask = umask(0);
  umask(mask);
  bool ok = write_all(fd, pack, image->size) && fchmod(fd, 0666 & ~mask) == 0;
  ok = close(fd) == 0 && ok;
  if (!ok || rename(part, out) != 0) {
    int error = errno;
    unlink(part);
    util_die("cannot write %s (%s)", out, strerror(error));
  }
  free(pack);
}

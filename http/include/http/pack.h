/* SPDX-License-Identifier: BSD-2-Clause
 * Reads a site pack in place (lib/pack.h). Opening checks every table and
 * reference once, so lookups need no checks. Pure: no I/O, no allocation. */
#pragma once

#include <lib/pack.h>
#include <lib/span.h>

struct http_pack {
  const char *base;                   /* the pack; borrowed while in use */
  const struct lib_pack_header *head; /* == base */
};

/* Use a pack that is known to be sound: the image's own, which was checked when
 * it was written. */
static inline void http_pack_trust(struct http_pack *pack, struct lib_span bytes) {
  *pack = (struct http_pack){bytes.p, (const void *)bytes.p};
}

/* Check a pack's structure and make it usable: tables, references, order and
 * the characters of every text that goes into a response head. Bodies are not
 * read, so a large one costs no more.
 *
 * bytes    the whole pack, 8-byte aligned; borrowed for the pack's life; more
 *          bytes than the pack's size may follow it (a boot module's padding)
 * why      written on error: a short static sentence for the console
 * returns  0
 * errors   E_PROTO   damaged, truncated or of another version
 * context  any; O(tables and text); untrusted input, fuzzed */
int http_pack_open(struct http_pack *pack, struct lib_span bytes, const char **why);

/* Compare the checksum over all of an open pack: for one that comes from
 * outside of the image.
 *
 * returns  0
 * errors   E_PROTO   damaged
 * context  any; O(size of the pack), about 2 instructions a byte */
int http_pack_verify(const struct http_pack *pack, const char **why);

/* The host that serves `name` (a Host field's value, port allowed, any case, a
 * dot at the end ignored); the default host when none is of that name. */
const struct lib_pack_host *http_pack_host(const struct http_pack *pack, struct lib_span name);

/* The resource at exactly `path` (percent-decoded), or NULL. O(log n). */
const struct lib_pack_resource *http_pack_find(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path);

/* The prefix rule with the longest prefix of `path`, or NULL: to be asked when
 * http_pack_find has nothing. A rewrite (status 0) is followed once. */
const struct lib_pack_prefix *http_pack_prefix(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path);

/* The innermost realm that covers `path`, or NULL. To be asked for the path
 * requested and, after a rewrite, for the path served. */
const struct lib_pack_realm *http_pack_realm(const struct http_pack *pack,
                                             const struct lib_pack_host *host,
                                             struct lib_span path);

/* The host's own page for `status`, or NULL. */
const struct lib_pack_resource *http_pack_error(const struct http_pack *pack,
                                                const struct lib_pack_host *host, unsigned status);

/* The value of a setting of the site ("server", say); p is NULL when the site
 * does not set it. */
struct lib_span http_pack_setting(const struct http_pack *pack, struct lib_span name);

/* The entity tag of a variant, written into `text`. */
#define HTTP_ETAG_BYTES 18
struct lib_span http_pack_etag(const struct lib_pack_variant *v, char text[HTTP_ETAG_BYTES]);

/* The bytes a reference names; variant `i` of a resource; the media of a file;
 * user `i` of a realm. */
struct lib_span http_pack_span(const struct http_pack *pack, struct lib_pack_ref ref);
const struct lib_pack_variant *http_pack_variant(const struct http_pack *pack,
                                                 const struct lib_pack_resource *r, unsigned i);
const struct lib_pack_media *http_pack_media(const struct http_pack *pack,
                                             const struct lib_pack_resource *r);
const struct lib_pack_user *http_pack_user(const struct http_pack *pack,
                                           const struct lib_pack_realm *realm, unsigned i);

/* SPDX-License-Identifier: BSD-2-Clause
 * Reads a site pack in place (lib/pack.h). Opening validates every table and
 * reference once, so lookups need no checks. Pure: no I/O, no allocation. */
#pragma once

#include <lib/pack.h>
#include <lib/span.h>

struct http_pack {
  const char *base;                   /* the pack; borrowed while in use */
  const struct lib_pack_header *head; /* == base */
};

/* Check a pack and make it usable.
 *
 * bytes    the whole pack, 8-byte aligned; borrowed for the pack's life
 * why      written on error: a short static sentence for the console
 * errors   E_PROTO   damaged, truncated or of another version
 * context  any; O(bytes.n); untrusted input, fuzzed */
int http_pack_open(struct http_pack *pack, struct lib_span bytes, const char **why);

/* The host that serves `name` (a Host field's value, port allowed, any case);
 * the default host when none is of that name. */
const struct lib_pack_host *http_pack_host(const struct http_pack *pack, struct lib_span name);

/* The resource at exactly `path` (percent-decoded), or NULL. O(log n). */
const struct lib_pack_resource *http_pack_find(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path);

/* The longest prefix rule or realm that covers `path`, or NULL. */
const struct lib_pack_prefix *http_pack_prefix(const struct http_pack *pack,
                                               const struct lib_pack_host *host,
                                               struct lib_span path);
const struct lib_pack_realm *http_pack_realm(const struct http_pack *pack,
                                             const struct lib_pack_host *host,
                                             struct lib_span path);

/* The host's own page for `status`, or NULL. */
const struct lib_pack_resource *http_pack_error(const struct http_pack *pack,
                                                const struct lib_pack_host *host,
                                                unsigned status);

/* The bytes a reference names; variant `i` of a resource; user `i` of a realm. */
struct lib_span http_pack_span(const struct http_pack *pack, struct lib_pack_ref ref);
const struct lib_pack_variant *http_pack_variant(const struct http_pack *pack,
                                                 const struct lib_pack_resource *r, unsigned i);
const struct lib_pack_user *http_pack_user(const struct http_pack *pack,
                                           const struct lib_pack_realm *realm, unsigned i);

/* SPDX-License-Identifier: BSD-2-Clause
 * The site pack: a folder of files, compiled by tools/pack into one read-only
 * block that the server reads in place. Little-endian; every offset counts
 * from the start of the pack; every table is 8-byte aligned. All policy of
 * site.conf is compiled in: the server parses no configuration. What repeats
 * is there once: equal texts, equal bodies, and as media what files share.
 *
 *   +--------+-------+-------+-------+----------------------------+------+
 *   | header | hosts | paths | rules | media, resources, variants | text |
 *   +--------+-------+-------+-------+----------------------------+------+
 *   | bodies, 8-byte aligned                                             |
 *   +--------------------------------------------------------------------+
 *
 * The structure is checked once (http_pack_open), when the pack is written or
 * given at boot; afterwards every reference in it is known to lie inside. */
#pragma once

#include <stdint.h>

#define LIB_PACK_MAGIC "THIMPACK"
#define LIB_PACK_VERSION 3u
#define LIB_PACK_NONE UINT32_MAX /* "no index" */

/* Longest texts, in bytes. */
#define LIB_PACK_NAME_MAX 255    /* host, user, realm, setting, media type */
#define LIB_PACK_PATH_MAX 2048   /* a path, decoded; and a Location, encoded */
#define LIB_PACK_HASH_MAX 127    /* crypt(5) hash of a password */
#define LIB_PACK_FIELDS_MAX 4096 /* field lines of a file */
#define LIB_PACK_VALUE_MAX 65536 /* value of a setting */

/* Bytes inside the pack. */
struct lib_pack_ref {
  uint32_t off; /* bytes from the start of the pack */
  uint32_t n;   /* bytes */
};

/* A table inside the pack. */
struct lib_pack_table {
  uint32_t off;   /* bytes from the start of the pack, multiple of 8 */
  uint32_t count; /* elements */
};

struct lib_pack_header {
  char magic[8];                   /* LIB_PACK_MAGIC */
  uint32_t version;                /* LIB_PACK_VERSION */
  uint32_t size;                   /* bytes of the whole pack */
  uint64_t checksum;               /* SipHash-2-4, key 0, of bytes [24, size) */
  uint64_t built_unix;             /* newest modification time of the input, Unix s */
  struct lib_pack_table hosts;     /* lib_pack_host; [0] is the default */
  struct lib_pack_table paths;     /* lib_pack_path */
  struct lib_pack_table prefixes;  /* lib_pack_prefix */
  struct lib_pack_table errors;    /* lib_pack_error */
  struct lib_pack_table realms;    /* lib_pack_realm */
  struct lib_pack_table users;     /* lib_pack_user */
  struct lib_pack_table media;     /* lib_pack_media */
  struct lib_pack_table resources; /* lib_pack_resource */
  struct lib_pack_table variants;  /* lib_pack_variant */
  struct lib_pack_table settings;  /* lib_pack_setting, sorted by name */
};

/* One virtual host. Its rows in the other tables are contiguous ranges, which
 * follow each other in the order of the hosts and leave nothing out. */
struct lib_pack_host {
  struct lib_pack_ref name;         /* lower case, no port; "" for [0], then
                                       sorted bytewise */
  uint32_t paths_at, paths_n;       /* exact paths, the shortest first,
                                       equally long ones bytewise */
  uint32_t prefixes_at, prefixes_n; /* prefix rules, longest first */
  uint32_t errors_at, errors_n;     /* custom error pages, by status */
  uint32_t realms_at, realms_n;     /* auth realms, longest prefix first */
  uint32_t fallback;                /* resource for paths not found (SPA,
                                       status 200), or LIB_PACK_NONE */
};

/* An exact path, percent-decoded, beginning with '/'. */
struct lib_pack_path {
  struct lib_pack_ref path;
  uint32_t resource; /* index; answers a request for exactly this path */
};

/* A redirect or rewrite of all paths that begin with the bytes `prefix` and
 * that no exact path answers. */
struct lib_pack_prefix {
  struct lib_pack_ref prefix; /* percent-decoded */
  struct lib_pack_ref to;     /* put in its place: of a Location (URI-encoded),
                                 or of a path (decoded) when status is 0 */
  uint16_t status;            /* 301, 302, 303, 307, 308; 0: internal rewrite */
  uint16_t keep_rest;         /* 1: what follows the prefix is appended, encoded
                                 for a Location; slashes at its start are left
                                 out when `to` ends in one, for a Location that
                                 begins with "//" leads to another host */
};

struct lib_pack_error {
  uint32_t status;   /* 400 to 599 */
  uint32_t resource; /* its variants are the page */
};

/* Basic authentication (RFC 7617) for the path `prefix` and all below it:
 * "/a" covers "/a" and "/a/b" but not "/ab"; "/" covers everything. */
struct lib_pack_realm {
  struct lib_pack_ref prefix; /* percent-decoded, no '/' at its end but for "/" */
  struct lib_pack_ref realm;  /* realm name, without '"' or '\\' */
  uint32_t users_at, users_n;
};

struct lib_pack_user {
  struct lib_pack_ref name;
  struct lib_pack_ref hash; /* crypt(5) "$5$..." SHA-256; NUL follows it */
};

/* A named value that some part of the server reads when it starts. */
struct lib_pack_setting {
  struct lib_pack_ref name;
  struct lib_pack_ref value; /* any bytes */
};

/* What files have in common: the field lines that site.conf decides. */
struct lib_pack_media {
  struct lib_pack_ref type;   /* value of Content-Type */
  struct lib_pack_ref fields; /* rendered field lines, each ending in CRLF:
                                 Cache-Control and site.conf's fields, which
                                 200, 206 and 304 share */
};

enum lib_pack_kind {
  LIB_PACK_FILE = 1,     /* `media`; variants hold the body */
  LIB_PACK_REDIRECT = 2, /* `location` and `status`; no variants */
};

struct lib_pack_resource {
  int64_t modified_unix;        /* Last-Modified, Unix s */
  uint16_t kind;                /* enum lib_pack_kind */
  uint16_t status;              /* 200; for a redirect its status */
  uint32_t media;               /* index; LIB_PACK_NONE for a redirect */
  uint32_t variants_at;         /* first variant: identity, always there for
                                   a file; then gzip, br when smaller */
  uint32_t variants_n;          /* 1 to 3, more than one: Vary; 0 for a redirect */
  struct lib_pack_ref location; /* redirect target, URI-encoded */
};

enum lib_pack_coding { LIB_PACK_IDENTITY = 0, LIB_PACK_GZIP = 1, LIB_PACK_BR = 2 };

/* One encoded representation of a resource. */
struct lib_pack_variant {
  uint64_t tag; /* digest of the body; its 16 hexadecimal digits in quotes are
                   the strong ETag */
  struct lib_pack_ref body;
  uint32_t coding; /* enum lib_pack_coding */
  uint32_t pad;
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/auth.h>
#include <lib/err.h>

#include <string.h>

/* crypt(5) of method "$5$", from musl; `out` holds 128 bytes. Returns "*" or
 * NULL when it cannot. */
char *__crypt_sha256(const char *key, const char *setting, char *out);

#define CRYPT_BYTES 128

/* What is hashed into the cache: credentials never stay in memory. */
struct seen {
  uint64_t realm;
  char credentials[HTTP_CREDENTIALS_MAX];
};

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to 24 bits; '=' counts as 0 where `pad` allows it. */
static int decode_group(const char *p, unsigned pad) {
  int bits = 0;
  for (unsigned i = 0; i < 4; i++) {
    int value = i >= 4 - pad ? 0 : base64_value(p[i]);
    if (value < 0)
      return E_PROTO;
    bits = bits << 6 | value;
  }
  return bits;
}

int http_base64_decode(struct lib_span in, char *out, size_t cap) {
  size_t n = 0;
  if (in.n % 4 != 0)
    return E_PROTO;
  for (size_t i = 0; i < in.n; i += 4) {
    bool last = i + 4 == in.n;
    unsigned pad = !last || in.p[i + 3] != '=' ? 0 : in.p[i + 2] != '=' ? 1 : 2;
    int bits = decode_group(in.p + i, pad);
    if (bits < 0 || (pad && bits & ((1 << 8 * pad) - 1)))
      return E_PROTO;
    if (n + 3 - pad > cap)
      return E_LIMIT;
    for (unsigned k = 0; k < 3 - pad; k++)
      out[n++] = (char)(bits >> (16 - 8 * k));
  }
  return (int)n;
}

/* Take as long for a mismatch in the first byte as in the last. */
static bool equal_constant_time(const char *a, const char *b, size_t n) {
  unsigned char difference = 0;
  for (size_t i = 0; i < n; i++)
    difference |= (unsigned char)(a[i] ^ b[i]);
  return difference == 0;
}

static bool password_is(const char *password, struct lib_span hash) {
  char computed[CRYPT_BYTES];
  const char *out = __crypt_sha256(password, hash.p, computed);
  if (out == NULL || strlen(out) != hash.n)
    return false;
  return equal_constant_time(out, hash.p, hash.n);
}

/* An unknown name costs as much as a wrong password. */
static bool verify(struct http_server *s, const struct lib_pack_realm *realm, struct lib_span name,
                   const char *password) {
  const struct lib_pack_user *user = NULL;
  for (unsigned i = 0; i < realm->users_n && user == NULL; i++) {
    const struct lib_pack_user *u = http_pack_user(&s->pack, realm, i);
    if (lib_span_eq(http_pack_span(&s->pack, u->name), name))
      user = u;
  }
  if (realm->users_n == 0)
    return false;
  const struct lib_pack_user *checked = user ? user : http_pack_user(&s->pack, realm, 0);
  return password_is(password, http_pack_span(&s->pack, checked->hash)) && user != NULL;
}

/* "Basic" SP credentials, decoded into `out`. */
static int read_credentials(const struct http_request *r, char *out) {
  struct lib_span value = http_request_field(r, LIB_SPAN("authorization"));
  size_t space = lib_span_find(value, ' ');
  if (!lib_span_ieq(lib_span_sub(value, 0, space), LIB_SPAN("Basic")))
    return E_NOENT;
  struct lib_span encoded = lib_span_trim(lib_span_sub(value, space, value.n));
  return http_base64_decode(encoded, out, HTTP_CREDENTIALS_MAX);
}

static bool may_compute(struct http_server *s, uint64_t now_ms) {
  if (now_ms - s->auth_window_ms >= 1000) {
    s->auth_window_ms = now_ms;
    s->auth_checks = 0;
  }
  return s->auth_checks++ < HTTP_AUTH_CHECKS_PER_SECOND;
}

static bool is_remembered(const struct http_server *s, uint64_t hash) {
  for (unsigned i = 0; i < HTTP_AUTH_CACHE_N; i++)
    if (s->auth_seen[i] == hash)
      return true;
  return false;
}

static int check_new(struct http_server *s, const struct lib_pack_realm *realm,
                     struct lib_span credentials, uint64_t now_ms) {
  char password[HTTP_CREDENTIALS_MAX + 1];
  size_t colon = lib_span_find(credentials, ':');
  struct lib_span secret = lib_span_sub(credentials, colon + 1, credentials.n);
  if (colon == credentials.n || lib_span_find(credentials, '\0') < credentials.n)
    return 0;
  if (!may_compute(s, now_ms))
    return E_LIMIT;
  memcpy(password, secret.p, secret.n);
  password[secret.n] = '\0';
  return verify(s, realm, lib_span_sub(credentials, 0, colon), password);
}

int http_auth_check(struct http_server *s, const struct lib_pack_realm *realm,
                    const struct http_request *r, uint64_t now_ms) {
  struct seen seen;
  int n = read_credentials(r, seen.credentials);
  if (n < 0)
    return 0;
  seen.realm = (uint64_t)((const char *)realm - s->pack.base);
  uint64_t hash = lib_siphash(&s->key, &seen, offsetof(struct seen, credentials) + (size_t)n);
  if (is_remembered(s, hash))
    return 1;
  int rc = check_new(s, realm, (struct lib_span){seen.credentials, (size_t)n}, now_ms);
  if (rc == 1) {
    s->auth_seen[s->auth_next] = hash;
    s->auth_next = (s->auth_next + 1) % HTTP_AUTH_CACHE_N;
  }
  return rc;
}

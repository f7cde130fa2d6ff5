/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/condition.h>
#include <lib/date.h>

static bool is_weak(struct lib_span tag) {
  return lib_span_starts(tag, LIB_SPAN("W/"));
}

/* Our tags are strong, so the strong comparison fails only for the client's
 * weak ones. RFC 9110 8.8.3.2 */
static bool tag_matches(struct lib_span tag, struct lib_span etag, bool weak_allowed) {
  if (is_weak(tag)) {
    if (!weak_allowed)
      return false;
    tag = lib_span_sub(tag, 2, tag.n);
  }
  return lib_span_eq(tag, etag);
}

static bool list_matches(const struct http_request *r, struct lib_span field, struct lib_span etag,
                         bool weak_allowed) {
  struct http_list it = {0};
  struct lib_span member;
  while (http_request_list(r, field, &it, &member))
    if (lib_span_eq(member, LIB_SPAN("*")) || tag_matches(member, etag, weak_allowed))
      return true;
  return false;
}

/* The date in `field`, or a negative number when there is none that is valid:
 * the field is then ignored. */
static int64_t date_of(const struct http_request *r, struct lib_span field, int64_t now_unix) {
  struct lib_span value = http_request_field(r, field);
  return value.p ? lib_date_http_parse(value, now_unix) : -1;
}

static bool has(const struct http_request *r, struct lib_span field) {
  return http_request_field(r, field).p != NULL;
}

/* Steps 1 and 2. */
static bool may_proceed(const struct http_request *r, const struct http_validators *v) {
  static const struct lib_span match = {"if-match", 8}, since = {"if-unmodified-since", 19};
  if (has(r, match))
    return list_matches(r, match, v->etag, false);
  int64_t date = date_of(r, since, v->now_unix);
  return date < 0 || v->modified_unix <= date;
}

/* Steps 3 and 4. */
static bool is_known(const struct http_request *r, const struct http_validators *v) {
  static const struct lib_span none = {"if-none-match", 13}, since = {"if-modified-since", 17};
  if (has(r, none))
    return list_matches(r, none, v->etag, true);
  int64_t date = date_of(r, since, v->now_unix);
  return date >= 0 && v->modified_unix <= date;
}

unsigned http_condition_check(const struct http_request *r, const struct http_validators *v) {
  if (!may_proceed(r, v))
    return 412;
  return is_known(r, v) ? 304 : 200;
}

bool http_condition_range(const struct http_request *r, const struct http_validators *v) {
  struct lib_span value = http_request_field(r, LIB_SPAN("if-range"));
  if (value.p == NULL)
    return true;
  if (value.n && (value.p[0] == '"' || is_weak(value)))
    return tag_matches(value, v->etag, false);
  return lib_date_http_parse(value, v->now_unix) == v->modified_unix;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A JSON writer: commas and escapes are its business, nesting the caller's.
 * RFC 8259. Bytes that are not UTF-8 become U+FFFD.
 *
 *   struct http_json j = {o};
 *   http_json_open(&j, '{');
 *   http_json_key(&j, "ram_bytes"); http_json_u64(&j, total);
 *   http_json_close(&j, '}'); */
#pragma once

#include <lib/out.h>

struct http_json {
  struct lib_out *o; /* borrowed */
  bool comma;        /* a value stands before the next one */
};

void http_json_open(struct http_json *j, char bracket);  /* '{' or '[' */
void http_json_close(struct http_json *j, char bracket); /* '}' or ']' */
void http_json_key(struct http_json *j, const char *key);
void http_json_span(struct http_json *j, struct lib_span value);
void http_json_str(struct http_json *j, const char *value);
void http_json_u64(struct http_json *j, uint64_t value);
void http_json_i64(struct http_json *j, int64_t value);
void http_json_bool(struct http_json *j, bool value);
void http_json_null(struct http_json *j);

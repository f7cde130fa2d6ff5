/* SPDX-License-Identifier: BSD-2-Clause
 * Conditional requests on a representation that exists. Pure.
 * RFC 9110 13 */
#pragma once

#include <http/request.h>

/* The validators of the chosen representation. */
struct http_validators {
  struct lib_span etag;  /* strong, with its quotes */
  int64_t modified_unix; /* Last-Modified, Unix s */
  int64_t now_unix;      /* the server's clock; for two-digit years */
};

/* Evaluate the preconditions in the order of 13.2.2.
 *
 * returns  200  go on
 *          304  not modified
 *          412  precondition failed */
unsigned http_condition_check(const struct http_request *r, const struct http_validators *v);

/* Whether Range may be honoured: no If-Range, or one that matches strongly. */
bool http_condition_range(const struct http_request *r, const struct http_validators *v);

/* SPDX-License-Identifier: BSD-2-Clause
 * From a request head to its answer. Private to http/. */
#pragma once

#include "answer.h"

/* Decide the answer to a request, or begin to read its body for a page.
 *
 * r        the server's request, just parsed
 * head     its bytes */
void http_dispatch(struct http_conn *c, const struct http_request *r, struct lib_span head,
                   uint64_t now_ms);

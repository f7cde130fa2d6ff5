/* SPDX-License-Identifier: BSD-2-Clause
 * Plain requests that are sent to HTTPS. Private to http/. */
#pragma once

#include "answer.h"

/* Answer with the same address under https:, if the server wants that of this
 * request. False: it is to be answered as any other.
 *
 * path     decoded */
bool http_https_redirect(struct http_conn *c, const struct http_request *r, struct lib_span path);

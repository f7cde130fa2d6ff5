/* SPDX-License-Identifier: BSD-2-Clause
 * Answers from the pack. Private to http/. */
#pragma once

#include "answer.h"

/* Decide the answer for a path that no page of code takes.
 *
 * path     decoded, inside server->path, which a rewrite changes
 * allow    methods of pages of code at this path, for 405 */
void http_static_answer(struct http_conn *c, const struct http_request *r, struct lib_span path,
                        unsigned allow, uint64_t now_ms);

/* Whether the realm that covers `path`, if any, lets the request in; if not it
 * is answered (401, 429). */
bool http_static_admit(struct http_conn *c, const struct http_request *r, struct lib_span path,
                       uint64_t now_ms);

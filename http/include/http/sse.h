/* SPDX-License-Identifier: BSD-2-Clause
 * Server-sent events on top of a streamed answer: bounded in number, kept
 * alive by comments. WHATWG HTML, 9.2 */
#pragma once

#include <http/handler.h>

/* Answer with an event stream.
 *
 * event        writes the events that are due with http_sse_event, maybe none,
 *              and sets *next_ms to when it wants to be asked again. An event
 *              must fit HTTP_STREAM_BYTES / 2. returns 0, HTTP_STREAM_END, or
 *              an error that ends the connection
 * state_bytes  zeroed memory for `event`
 * returns      that memory; NULL when HTTP_SSE_LISTENERS_MAX streams are open
 *              or memory is short: 503 is answered */
typedef int http_sse_fn(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *next_ms);
void *http_reply_events(struct http_exchange *x, http_sse_fn *event, size_t state_bytes);

/* Write one event. Line ends in `data` are kept, by one data line each.
 *
 * name     the event's type, or NULL for "message" */
void http_sse_event(struct lib_out *o, const char *name, struct lib_span data);

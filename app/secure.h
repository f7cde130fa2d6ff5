/* SPDX-License-Identifier: BSD-2-Clause
 * TLS between a stream and an HTTP engine. Private to app/. */
#pragma once

#include <http/conn.h>
#include <net/stream.h>
#include <tls/session.h>

/* Move bytes between stream and HTTP through the session, as many as go. True:
 * nothing more will ever be sent. */
bool app_secure_pump(struct tls_session *tls, struct net_stream *stream, struct http_conn *http,
                     uint64_t now_ms);

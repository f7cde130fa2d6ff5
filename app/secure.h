/* SPDX-License-Identifier: BSD-2-Clause
 * TLS, as the site pack asks for it. Private to app/. */
#pragma once

#include <http/conn.h>
#include <net/stream.h>
#include <tls/session.h>

/* Take over the pack's certificates and start TLS. False when there is none
 * that can be used; the console says why. */
bool app_secure_start(const struct http_pack *pack);

/* Move bytes between stream and HTTP through the session, as many as go. True:
 * nothing more will ever be sent. */
bool app_secure_pump(struct tls_session *tls, struct net_stream *stream, struct http_conn *http,
                     uint64_t now_ms);

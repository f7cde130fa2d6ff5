/* SPDX-License-Identifier: BSD-2-Clause
 * The connections: each a TCP stream joined to an HTTP engine, maybe through TLS. Private to app/.
 */
#pragma once

#include <http/server.h>
#include <net/stream.h>

/* Prepare for connections that `server` answers.
 * secure   local port on which TLS is spoken; 0: none
 * private  local port whose connections have the private pages; 0: none */
void app_conn_init(struct http_server *server, uint16_t secure, uint16_t private);

/* Take over all streams that were accepted. */
void app_conn_accept(void);

/* The VM is about to end: close the connections on which nothing is under way.
 * True when there are no others. */
bool app_conn_finish(void);

/* Move bytes on all connections that are ready, run the timeouts that are due. */
void app_conn_run(uint64_t now_ms);

/* When app_conn_run has a timeout to run; UINT64_MAX: never. */
uint64_t app_conn_deadline_ms(void);

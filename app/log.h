/* SPDX-License-Identifier: BSD-2-Clause
 * The logs on their way out: lines wait in a ring of fixed size and leave when
 * there is time, by syslog (RFC 5424 over UDP) or on the console. A line that
 * finds no room is dropped and counted. Private to app/. */
#pragma once

#include <net/datagram.h>

#include "log_format.h"

struct app_log_options {
  enum app_log_access access;
  struct net_endpoint syslog; /* port 0: none */
  struct lib_span hostname;   /* for syslog; "": the machine's address */
};

/* Take memory, and every line of the console from now on if there is a syslog
 * server. After net_init.
 *
 * server    receives the function that logs requests, or NULL */
void app_log_init(const struct app_log_options *options, struct http_server *server);

/* Send some of what waits. Once per round of the loop. */
void app_log_run(uint64_t now_ms);

/* When app_log_run has something to do; UINT64_MAX: not before the next line. */
uint64_t app_log_deadline_ms(void);

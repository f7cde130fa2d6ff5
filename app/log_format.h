/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of the logs. Pure. What a client sent cannot break a line: bytes that
 * are not printable ASCII are escaped, and long texts are cut. Private to app/. */
#pragma once

#include <http/server.h>
#include <kernel/console.h>
#include <lib/out.h>

enum app_log_access { APP_LOG_UNSET, APP_LOG_NONE, APP_LOG_COMBINED, APP_LOG_JSON };

#define APP_LOG_LINE_MAX 1024    /* bytes of a line */
#define APP_LOG_HOSTNAME_MAX 255 /* RFC 5424 6 */

/* Write the line of one request, in the combined format of NCSA and Apache or
 * as a JSON object. `o` needs APP_LOG_LINE_MAX bytes. */
void app_log_access_line(struct lib_out *o, enum app_log_access format,
                         const struct http_access *a);

/* Write what stands before a message to a syslog server.
 *
 * wall_unix   0: not known
 * host        of this machine; "" is NILVALUE
 * id          the kind of message, a word
 * source      RFC 5424 6.2 */
void app_log_syslog_head(struct lib_out *o, enum kernel_log level, int64_t wall_unix,
                         struct lib_span host, const char *id);

/* SPDX-License-Identifier: BSD-2-Clause
 * The ring holds, for each line, a head and the text. What is taken out stays
 * in `line` until it could be sent. */
#include "log.h"

#include <kernel/clock.h>
#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <memstat/metric.h>
#include <string.h>

enum {
  DATAGRAMS_A_ROUND = 8,
  CONSOLE_PAUSE_MS = 20,                /* between lines: each byte may cost a VM exit */
  RETRY_MS = 500,                       /* each asks for the server's hardware address */
  HEAD_MAX = 64 + APP_LOG_HOSTNAME_MAX, /* bytes of a syslog head */
};

struct entry {
  int64_t wall_unix;
  uint16_t n;    /* bytes of text behind this */
  uint8_t level; /* enum kernel_log */
  bool access;   /* a request */
};

static char *ring;               /* [LIMIT_LOG_BYTES], or NULL: there is no log */
static uint32_t put_at, take_at; /* positions, not wrapped */
static uint64_t lines, drops, drops_told;
static uint64_t next_ms;
static bool syslog;
static enum app_log_access access;
static struct lib_span hostname; /* as given at boot; "": none was */
static char line[HEAD_MAX + APP_LOG_LINE_MAX];
static size_t line_n; /* bytes in `line`; 0: none waits there */

static void ring_put(const void *p, uint32_t n) {
  uint32_t at = put_at % LIMIT_LOG_BYTES,
           first = LIMIT_LOG_BYTES - at < n ? LIMIT_LOG_BYTES - at : n;
  memcpy(ring + at, p, first);
  memcpy(ring, (const char *)p + first, n - first);
  put_at += n;
}

static void ring_take(void *p, uint32_t n) {
  uint32_t at = take_at % LIMIT_LOG_BYTES,
           first = LIMIT_LOG_BYTES - at < n ? LIMIT_LOG_BYTES - at : n;
  memcpy(p, ring + at, first);
  memcpy((char *)p + first, ring, n - first);
  take_at += n;
}

static void put(enum kernel_log level, bool is_access, struct lib_span text) {
  struct entry e = {.wall_unix = kernel_clock_wall_unix(),
                    .n = (uint16_t)(text.n < APP_LOG_LINE_MAX ? text.n : APP_LOG_LINE_MAX),
                    .level = (uint8_t)level,
                    .access = is_access};
  if (LIMIT_LOG_BYTES - (put_at - take_at) < sizeof e + e.n) {
    drops++;
    return;
  }
  ring_put(&e, sizeof e);
  ring_put(text.p, e.n);
}

static void on_console_line(enum kernel_log level, struct lib_span text) {
  put(level, false, text);
}

static void on_request(const struct http_access *a) {
  static char text[APP_LOG_LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text);
  app_log_access_line(&o, access, a);
  put(KERNEL_LOG_INFO, true, lib_out_done(&o));
}

static void tell_drops(void) {
  char text[48];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text);
  lib_out_str(&o, "thimble: log lines dropped: ");
  lib_out_u64(&o, drops);
  drops_told = drops;
  put(KERNEL_LOG_ERROR, false, lib_out_done(&o));
}

/* This machine, as its owner calls it, or its first address; "" while it has
 * none. RFC 5424 6.2.4 */
static struct lib_span this_host(void) {
  static char text[128];
  struct lib_out o;
  if (hostname.n)
    return hostname;
  lib_out_init(&o, text, sizeof text);
  net_addresses(&o);
  struct lib_span all = lib_out_done(&o);
  return lib_span_sub(all, 0, lib_span_find(all, ' '));
}

/* The next line into `line`. False when there is none. */
static bool take(void) {
  struct entry e;
  struct lib_out o;
  if (line_n)
    return true;
  if (put_at == take_at && drops != drops_told)
    tell_drops();
  if (put_at == take_at)
    return false;
  ring_take(&e, sizeof e);
  lib_out_init(&o, line, sizeof line);
  if (syslog)
    app_log_syslog_head(&o, e.level, e.wall_unix, this_host(), e.access ? "access" : "event");
  ring_take(line + o.n, e.n);
  line_n = o.n + e.n;
  return true;
}

/* Send `line`. False: not now. */
static bool emit(uint64_t now_ms) {
  struct lib_span text = {line, line_n};
  if (syslog && net_datagram_send(text) < 0) {
    next_ms = now_ms + RETRY_MS;
    return false;
  }
  if (!syslog) {
    kernel_console_line(KERNEL_LOG_OFF, text);
    next_ms = now_ms + CONSOLE_PAUSE_MS;
  }
  line_n = 0;
  lines++;
  return syslog;
}

void app_log_run(uint64_t now_ms) {
  if (!ring || now_ms < next_ms)
    return;
  if (syslog && this_host().n == 0) { /* no address: nothing can be sent */
    next_ms = now_ms + RETRY_MS;
    return;
  }
  for (int i = 0; i < DATAGRAMS_A_ROUND && take() && emit(now_ms); i++)
    ;
}

uint64_t app_log_deadline_ms(void) {
  return line_n || put_at != take_at || drops != drops_told ? next_ms : UINT64_MAX;
}

static const struct memstat_metric rows[] = {
    {"log_lines_total\0Lines of the logs sent.", &lines},
    {"log_drops_total\0Lines of the logs dropped for want of room.", &drops},
};

void app_log_init(const struct app_log_options *options, struct http_server *server) {
  static struct memstat_metrics table = {rows, sizeof rows / sizeof *rows, NULL, NULL};
  memstat_metrics_register(&table);
  access = options->access;
  hostname = options->hostname;
  syslog = options->syslog.port && net_datagram_open(&options->syslog) == 0;
  if (access == APP_LOG_UNSET && syslog)
    access = APP_LOG_COMBINED;
  if (!syslog && access <= APP_LOG_NONE)
    return;
  ring = kernel_page_alloc(MEMSTAT_LOG, LIMIT_LOG_BYTES / KERNEL_PAGE);
  if (ring && syslog)
    kernel_console_tap(on_console_line);
  if (ring && access > APP_LOG_NONE)
    server->log = on_request;
}

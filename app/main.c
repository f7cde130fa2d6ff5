/* SPDX-License-Identifier: BSD-2-Clause
 * The program: options, network, site, and the one loop. */
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/entropy.h>
#include <kernel/idle.h>
#include <kernel/mem.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <lib/err.h>
#include <memstat/history.h>
#include <memstat/memstat.h>
#include <net/net.h>
#include <site/routes.h>
#include <string.h>
#include <tls/tls.h>

#include "certificates.h"
#include "conn.h"
#include "log.h"
#include "metrics.h"
#include "options.h"

enum { LINE_MAX = 256 };
enum { QUIET_MS = 100 }; /* of waiting for the first request before the start's lines */

static struct http_server server;
static struct kernel_heap work_heap;
static uint64_t quiet_ms = UINT64_MAX; /* when the start's lines are written; all: they are */
static uint64_t end_ms = UINT64_MAX;   /* when the VM ends; asked for by the host */

static uint64_t now_ms(void) {
  return kernel_clock_ns() / 1000000;
}

static void complain(struct lib_span word, const char *why) {
  char line[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_str(&o, "thimble: boot option ignored: ");
  lib_out_span(&o, word);
  lib_out_all(&o, ": ", why, NULL);
  kernel_console_line(KERNEL_LOG_ERROR, lib_out_done(&o));
}

/* Bodies and pages take what they like, but not the last of the memory: who
 * sends or reads slowly would else stop everybody. */
static void *work_alloc(size_t n) {
  if (kernel_page_short()) {
    memstat_refuse(MEMSTAT_HTTP);
    return NULL;
  }
  return kernel_heap_alloc(&work_heap, n);
}

/* The pack given at boot, if it is sound; else the one in the image. */
static void open_site(void) {
  struct lib_span given = kernel_boot_module();
  const char *why = "not at a multiple of 8 bytes";
  if (given.n && (uintptr_t)given.p % 8 == 0 && http_pack_open(&server.pack, given, &why) == 0 &&
      http_pack_verify(&server.pack, &why) == 0) {
    kernel_console_say(KERNEL_LOG_INFO, "thimble: serving the site pack given at boot", NULL);
    return;
  }
  if (given.n)
    kernel_console_say(KERNEL_LOG_ERROR, "thimble: the site pack given at boot is refused: ", why,
                       "; serving the image's own", NULL);
  http_pack_trust(&server.pack, kernel_boot_site());
}

static void start_server(const struct app_options *options) {
  kernel_heap_init(&work_heap, "work", MEMSTAT_HTTP);
  server.routes = site_routes;
  server.routes_n = site_routes_n;
  server.work_alloc = work_alloc;
  server.work_free = kernel_heap_free;
  kernel_entropy_read(&server.key, sizeof server.key);
  open_site();
  server.groups = site_groups(&server.pack);
  server.private_groups = SITE_STATUS;
  server.name = http_pack_setting(&server.pack, LIB_SPAN("server"));
  app_conn_init(&server, options->tls_port, site_status_port(&server.pack));
  http_server_init(&server);
  http_server_time(&server, kernel_clock_wall_unix() * 1000, now_ms());
  app_metrics_init(&server, options->log >= KERNEL_LOG_DEBUG);
}

/* The port of the status pages, unless it is one of the site's. */
static void listen_for_status(const struct app_options *options) {
  uint16_t port = site_status_port(&server.pack);
  bool apart = port != 0 && port != options->port && !(tls_here() && port == options->tls_port);
  if (apart && net_listen(port) < 0)
    kernel_console_say(KERNEL_LOG_ERROR, "thimble: cannot listen on the status port", NULL);
}

/* What the site wants of HTTPS, once there is some: without it, port 80 answers. */
static void prefer_https(uint16_t tls_port) {
  uint64_t port = tls_port;
  lib_span_u64(http_pack_setting(&server.pack, LIB_SPAN("https.port")), UINT16_MAX, &port);
  server.hsts = http_pack_setting(&server.pack, LIB_SPAN("https.hsts"));
  server.https_except = http_pack_setting(&server.pack, LIB_SPAN("https.except"));
  if (http_pack_setting(&server.pack, LIB_SPAN("https.redirect")).n == 0)
    return;
  server.https_port = (uint16_t)port;
  if (http_pack_setting(&server.pack, LIB_SPAN("https.renew")).n) /* never in plain */
    server.groups |= SITE_RENEW;
  site_renew = app_certificates_renew;
}

static void start_tls(uint16_t port) {
  if (!app_certificates_load(&server.pack))
    return;
  if (net_listen(port) < 0)
    kernel_console_say(KERNEL_LOG_ERROR, "thimble: cannot listen on the TLS port", NULL);
  else
    prefer_https(port);
}

static void start_network(const struct app_options *options) {
  int err = net_init(&options->net);
  if (err == E_NOENT)
    kernel_refuse("no network card that it knows");
  if (err < 0)
    kernel_refuse("the network device cannot be used");
  if (net_listen(options->port) < 0)
    kernel_refuse("not enough memory to listen");
  if (tls_here())
    start_tls(options->tls_port);
  listen_for_status(options);
}

static void say_listening(uint16_t port) {
  char line[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_str(&o, "thimble: listening on port ");
  lib_out_u64(&o, port);
  lib_out_str(&o, ", ");
  lib_out_fixed(&o, memstat_vm.boot_listening_ns / 1000, 3);
  lib_out_str(&o, " ms after entry; image ");
  lib_out_u64(&o, memstat_vm.image_bytes / 1024);
  lib_out_str(&o, " KB, RAM ");
  lib_out_u64(&o, memstat_total() / 1024);
  lib_out_all(&o, " KB, clock ", kernel_clock_name(), NULL);
  kernel_console_line(KERNEL_LOG_INFO, lib_out_done(&o));
}

static void say_last_crash(void) {
  const struct kernel_crash *last = kernel_crash_last();
  struct lib_span rest = last->text, text;
  memstat_vm.crash = last->text;
  memstat_vm.pack_bytes = (uint32_t)kernel_boot_site().n;
  memstat_vm.crashes_n = last->n;
  memstat_vm.crash_wall_unix = last->wall_unix;
  while (lib_span_split(&rest, '\n', &text)) {
    char line[LINE_MAX];
    struct lib_out o;
    lib_out_init(&o, line, sizeof line);
    lib_out_str(&o, "thimble: last boot: ");
    lib_out_span(&o, text);
    if (text.n)
      kernel_console_line(KERNEL_LOG_ERROR, lib_out_done(&o));
  }
}

/* lwIP tells of every step of a change; a line is printed when it shows. */
static void say_addresses(void) {
  static char said[LINE_MAX];
  static size_t said_n;
  char line[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_str(&o, "thimble: address ");
  size_t empty = o.n;
  net_addresses(&o);
  struct lib_span now = lib_out_done(&o);
  if (now.n == empty || lib_span_eq(now, (struct lib_span){said, said_n}))
    return;
  memcpy(said, line, now.n);
  said_n = now.n;
  kernel_console_line(KERNEL_LOG_INFO, now);
}

/* Each byte of the console may cost a VM exit: whoever waits for the first answer
 * does not wait for the start's lines as well. */
static void say_news(uint16_t port) {
  if (quiet_ms != UINT64_MAX) {
    if (server.counters.requests == 0 && memstat_vm.uptime_ms < quiet_ms)
      return;
    quiet_ms = UINT64_MAX;
    say_listening(port);
    app_certificates_warn();
  }
  if (net_addresses_changed())
    say_addresses();
}

static uint64_t next_deadline_ns(void) {
  uint64_t net = net_deadline_ns(), conns = app_conn_deadline_ms(), log = app_log_deadline_ms();
  uint64_t ms = conns < log ? conns : log;
  if (end_ms < ms)
    ms = end_ms;
  if (quiet_ms < ms)
    ms = quiet_ms;
  if (ms > UINT64_MAX / 1000000)
    return net;
  return ms * 1000000 < net ? ms * 1000000 : net;
}

/* The host wants the end: nobody new gets in, answers that are under way are
 * finished, and the ends of the connections reach the wire. */
static void end_if_asked(void) {
  enum { PATIENCE_MS = 5000, FAREWELL_MS = 50 };
  static bool last;
  if (kernel_power_asked() == KERNEL_POWER_ON)
    return;
  if (end_ms == UINT64_MAX) {
    kernel_console_say(KERNEL_LOG_INFO, "thimble: asked to end", NULL);
    net_listen_end();
    end_ms = now_ms() + PATIENCE_MS;
  }
  if (app_conn_finish() && !last) {
    last = true;
    end_ms = now_ms() + FAREWELL_MS;
  }
  if (now_ms() >= end_ms)
    kernel_power_end(kernel_power_asked());
}

_Noreturn static void loop(uint16_t port) {
  for (;;) {
    net_poll();
    memstat_vm.uptime_ms = now_ms();
    memstat_vm.requests_total = server.counters.requests;
    memstat_history_run(memstat_vm.uptime_ms);
    app_conn_accept();
    app_conn_run(memstat_vm.uptime_ms);
    end_if_asked();
    app_log_run(memstat_vm.uptime_ms);
    net_flush();
    if (memstat_vm.boot_answer_ns == 0 && server.counters.requests > 0)
      memstat_vm.boot_answer_ns = kernel_clock_ns();
    say_news(port);
    kernel_idle(next_deadline_ns());
  }
}

_Noreturn void app_main(void) {
  struct app_options options;
  app_options_parse(kernel_boot_cmdline(), &options, complain);
  kernel_console_level(options.log);
  kernel_panic_mode(options.onpanic);
  kernel_idle_watchdog(options.watchdog_s);
  if (options.selftest.n)
    kernel_selftest(options.selftest.p, options.selftest.n);
  start_server(&options);
  start_network(&options);
  app_log_init(&options.logs, &server);
  say_last_crash();
  memstat_vm.boot_listening_ns = kernel_clock_ns();
  quiet_ms = now_ms() + QUIET_MS;
  loop(options.port);
}

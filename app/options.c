/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <lib/err.h>

enum {
  HTTP_PORT = 80,
  HTTPS_PORT = 443,
  SYSLOG_PORT = 514,
  WATCHDOG_S = 10,
  WATCHDOG_MAX_S = 3600
};

/* Each returns NULL, or why the value will not do. */

static const char *parse_ip(struct lib_span v, struct app_options *o) {
  return net_config_parse_ip4(v, &o->net.ip4);
}

static const char *parse_ip6(struct lib_span v, struct app_options *o) {
  return net_config_parse_ip6(v, &o->net.ip6);
}

static const char *read_port(struct lib_span v, uint16_t *out) {
  uint64_t port;
  if (lib_span_u64(v, UINT16_MAX, &port) < 0 || port == 0)
    return "needs a number from 1 to 65535";
  *out = (uint16_t)port;
  return NULL;
}

static const char *parse_port(struct lib_span v, struct app_options *o) {
  return read_port(v, &o->port);
}

static const char *parse_tls_port(struct lib_span v, struct app_options *o) {
  return read_port(v, &o->tls_port);
}

/* The index of `v` among `names`, or -1. */
static int choice(struct lib_span v, const char *const *names, int n) {
  for (int i = 0; i < n; i++)
    if (lib_span_eq(v, lib_span_str(names[i])))
      return i;
  return -1;
}

static const char *parse_syslog(struct lib_span v, struct app_options *o) {
  struct net_endpoint to = {.port = SYSLOG_PORT};
  const char *why = net_config_parse_endpoint(v, &to);
  if (!why)
    o->logs.syslog = to;
  return why;
}

static const char *parse_log(struct lib_span v, struct app_options *o) {
  static const char *const names[] = {"off", "error", "info", "debug"};
  int level = choice(v, names, 4);
  if (lib_span_starts(v, LIB_SPAN("syslog:")))
    return parse_syslog(lib_span_sub(v, 7, v.n), o);
  if (level < 0)
    return "needs off, error, info, debug or syslog:ADDRESS";
  o->log = (enum kernel_log)level;
  return NULL;
}

static const char *parse_access(struct lib_span v, struct app_options *o) {
  static const char *const names[] = {"off", "combined", "json"};
  int format = choice(v, names, 3);
  if (format < 0)
    return "needs off, combined or json";
  o->logs.access = (enum app_log_access)(APP_LOG_NONE + format);
  return NULL;
}

static const char *parse_hostname(struct lib_span v, struct app_options *o) {
  for (size_t i = 0; i < v.n; i++)
    if (v.p[i] <= ' ' || v.p[i] > '~')
      return "needs printable ASCII";
  if (v.n == 0 || v.n > APP_LOG_HOSTNAME_MAX)
    return "needs 1 to 255 characters";
  o->logs.hostname = v;
  return NULL;
}

static const char *parse_onpanic(struct lib_span v, struct app_options *o) {
  static const char *const names[] = {"reboot", "halt"};
  int mode = choice(v, names, 2);
  if (mode < 0)
    return "needs reboot or halt";
  o->onpanic = (enum kernel_onpanic)mode;
  return NULL;
}

static const char *parse_selftest(struct lib_span v, struct app_options *o) {
  o->selftest = v;
  return NULL;
}

static const char *parse_watchdog(struct lib_span v, struct app_options *o) {
  uint64_t s;
  if (lib_span_u64(v, WATCHDOG_MAX_S, &s) < 0)
    return "needs a number of seconds";
  o->watchdog_s = (uint32_t)s;
  return NULL;
}

/* As container runtimes give it, beside ip=. */
static const char *parse_gateway(struct lib_span v, struct app_options *o) {
  return net_config_parse_gateway(v, &o->net.ip4);
}

static const struct {
  const char *key;
  const char *(*parse)(struct lib_span value, struct app_options *o);
} options[] = {
    {"ip", parse_ip},
    {"gateway", parse_gateway},
    {"ip6", parse_ip6},
    {"port", parse_port},
    {"tlsport", parse_tls_port},
    {"log", parse_log},
    {"accesslog", parse_access},
    {"hostname", parse_hostname},
    {"onpanic", parse_onpanic},
    {"selftest", parse_selftest},
    {"watchdog", parse_watchdog},
};

/* Words for Linux that VMMs put there by themselves or by their examples, and
 * parameters of its modules, which have a dot. They are no mistake of the user's. */
static bool is_for_linux(struct lib_span key) {
  struct lib_span words = LIB_SPAN("-- 8250 console earlyprintk i8042 nomodule noapic panic pci "
                                   "reboot ro root rw swiotlb virtio_mmio");
  struct lib_span word, module = lib_span_sub(key, 0, lib_span_find(key, '.'));
  while (lib_span_split(&words, ' ', &word))
    if (lib_span_eq(word, module))
      return true;
  return false;
}

static const char *parse_word(struct lib_span word, struct app_options *o) {
  struct lib_span key = lib_span_sub(word, 0, lib_span_find(word, '='));
  if (is_for_linux(key))
    return NULL;
  if (key.n == word.n)
    return "has no value";
  for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
    if (lib_span_eq(key, lib_span_str(options[i].key)))
      return options[i].parse(lib_span_sub(word, key.n + 1, word.n), o);
  return "is not known";
}

void app_options_parse(struct lib_span cmdline, struct app_options *out,
                       app_options_complain *complain) {
  struct lib_span word;
  *out = (struct app_options){
      .port = HTTP_PORT, .tls_port = HTTPS_PORT, .log = KERNEL_LOG_INFO, .watchdog_s = WATCHDOG_S};
  while (lib_span_split(&cmdline, ' ', &word)) {
    const char *why = word.n ? parse_word(word, out) : NULL;
    if (why)
      complain(word, why);
  }
}

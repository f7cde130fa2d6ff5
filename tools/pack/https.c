/* SPDX-License-Identifier: BSD-2-Clause */
#include "https.h"

#include <lib/pack.h>
#include <string.h>

#define RENEW_PATH "/-/certificates" /* of site/routes.c */

struct reader {
  struct conf *conf;
  bool redirect;
  char *except; /* a line for each path */
  const yaml_node_t *renew_node;
};

static void set(struct conf *c, const char *name, const char *value) {
  struct conf_setting s = {name, value, strlen(value)};
  UTIL_PUSH(c->settings, c->settings_n, s);
}

static void read_redirect(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct reader *r = into;
  r->redirect = yaml_bool(f, n);
}

static void push_exception(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct reader *r = into;
  const char *path = conf_path(f, n), *star = strchr(path, '*');
  size_t length = star ? (size_t)(star - path) : strlen(RENEW_PATH) + 1;
  if (star && star[1])
    yaml_problem(f, n, "* stands only at the end of a path");
  else if (strncmp(path, RENEW_PATH, length) == 0)
    yaml_problem(f, n, "certificates and passwords are never taken in plain: " RENEW_PATH);
  r->except = util_format("%s%s\n", r->except, path);
}

static void read_except(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct reader *r = into;
  r->except = "";
  yaml_read_items(f, n, push_exception, r);
  if (strlen(r->except) > LIB_PACK_VALUE_MAX)
    yaml_problem(f, n, "at most %d bytes", LIB_PACK_VALUE_MAX);
}

static void read_port(struct yaml_file *f, yaml_node_t *n, void *into) {
  unsigned port = yaml_number(f, n, 65535);
  if (port == 0)
    yaml_problem(f, n, "a port is wanted here: 1 to 65535");
  set(((struct reader *)into)->conf, "https.port", util_format("%u", port));
}

/* RFC 6797 6.1: max-age with seconds, then perhaps others. */
static void read_hsts(struct yaml_file *f, yaml_node_t *n, void *into) {
  const char *s = yaml_text(f, n);
  size_t digits = util_starts(s, "max-age=") ? strspn(s + 8, "0123456789") : 0;
  const char *rest = s + 8 + digits;
  if (digits > 0 && util_starts(rest, "; includeSubDomains"))
    rest += strlen("; includeSubDomains");
  if (digits > 0 && util_starts(rest, "; preload"))
    rest += strlen("; preload");
  if (digits == 0 || digits > 10 || *rest)
    yaml_problem(f, n,
                 "wanted here: max-age=SECONDS, then perhaps ; includeSubDomains, "
                 "then perhaps ; preload");
  set(((struct reader *)into)->conf, "https.hsts", s);
}

static void read_renew(struct yaml_file *f, yaml_node_t *n, void *into) {
  struct reader *r = into;
  r->renew_node = n;
  r->conf->renewers = (struct conf_realm){.prefix = RENEW_PATH, .realm = "Certificates"};
  conf_read_users(f, n, &r->conf->renewers);
  if (r->conf->renewers.users_n == 0)
    yaml_problem(f, n, "at least one user is wanted here");
}

void https_read(struct yaml_file *f, yaml_node_t *n, void *host) {
  static const struct yaml_key keys[] = {{"redirect", read_redirect}, {"except", read_except},
                                         {"port", read_port},         {"hsts", read_hsts},
                                         {"renew", read_renew},       {NULL, NULL}};
  struct reader r = {.conf = ((struct conf_host *)host)->conf,
                     .except = "/healthz\n/.well-known/acme-challenge/*\n"};
  yaml_read_keys(f, n, keys, &r);
  if (r.redirect) {
    set(r.conf, "https.redirect", "true");
    set(r.conf, "https.except", r.except);
  }
  if (r.renew_node)
    set(r.conf, "https.renew", "true");
  if (r.renew_node && !r.redirect)
    yaml_problem(f, r.renew_node,
                 "\"renew\" needs \"redirect: true\": passwords and keys are "
                 "never taken in plain");
}

void https_protect(struct conf *conf) {
  for (size_t i = 0; conf->renewers.users_n && i < conf->hosts_n; i++)
    UTIL_PUSH(conf->hosts[i].realms, conf->hosts[i].realms_n, conf->renewers);
}

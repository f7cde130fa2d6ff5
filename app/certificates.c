/* SPDX-License-Identifier: BSD-2-Clause
 * Certificates come as texts named "tls.N.chain" and "tls.N.key", N from 0 on:
 * settings of the site pack, or fields of a form. Of the pack, a pair that cannot
 * be used costs only itself, since the machine has to start; of a form, all or
 * none is taken. */
#include "certificates.h"

#include <kernel/clock.h>
#include <kernel/console.h>
#include <lib/limits.h>
#include <tls/tls.h>

enum { NAME_MAX = 16, LINE_MAX = 640 };
enum { CLOCK_SLACK_S = 60 }; /* between our clock and that of who makes a certificate */

/* The value of a name; p is NULL when there is none. */
typedef struct lib_span value_fn(const void *source, const char *name);

static struct lib_span value(value_fn *of, const void *source, unsigned i, const char *part) {
  char name[NAME_MAX];
  struct lib_out o;
  lib_out_init(&o, name, sizeof name - 1);
  lib_out_str(&o, "tls.");
  lib_out_u64(&o, i);
  lib_out_all(&o, ".", part, NULL);
  name[o.n] = '\0';
  return of(source, name);
}

/* "certificate 0 of one.test ..." */
static void name_certificate(struct lib_out *o, unsigned i, const struct memstat_certificate *c) {
  lib_out_str(o, "certificate ");
  lib_out_u64(o, i);
  if (c) {
    lib_out_str(o, " of ");
    lib_out_span(o, (struct lib_span){c->subject, c->subject_n});
  }
}

/* Why it is not valid now; NULL: it is, or nobody knows the time. */
static const char *out_of_time(const struct memstat_certificate *c) {
  int64_t now = kernel_clock_wall_unix();
  if (now == 0)
    return NULL;
  if (c->expires_unix < now)
    return "it has expired";
  return c->begins_unix > now + CLOCK_SLACK_S ? "it is not valid yet" : NULL;
}

/* --- of the pack --------------------------------------------------------- */

static struct lib_span of_pack(const void *pack, const char *name) {
  return http_pack_setting(pack, lib_span_str(name));
}

static void say(unsigned i, const struct memstat_certificate *c, const char *what,
                const char *why) {
  char line[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_str(&o, "thimble: ");
  name_certificate(&o, i, c);
  lib_out_all(&o, what, why, NULL);
  kernel_console_line(KERNEL_LOG_ERROR, lib_out_done(&o));
}

bool app_certificates_load(const struct http_pack *pack) {
  struct tls_pairs *pairs = tls_pairs_new();
  struct lib_span chain;
  const char *why;
  bool any = false;
  if (!pairs)
    return false;
  for (unsigned i = 0; (chain = value(of_pack, pack, i, "chain")).p; i++) {
    if (tls_pairs_add(pairs, chain, value(of_pack, pack, i, "key"), &why) == 0)
      any = true;
    else
      say(i, NULL, " is not used: ", why);
  }
  if (any && tls_pairs_serve(pairs) == 0)
    return true;
  if (any)
    kernel_console_say(KERNEL_LOG_ERROR, "thimble: not enough memory for TLS", NULL);
  tls_pairs_free(pairs);
  return false;
}

/* They are served all the same: a warning in the browser is better than no answer. */
void app_certificates_warn(void) {
  struct memstat_certificate c;
  const char *why;
  for (unsigned i = 0; memstat_certificate && memstat_certificate(i, &c); i++)
    if ((why = out_of_time(&c)))
      say(i, &c, " is served, but ", why);
}

/* --- of a form ----------------------------------------------------------- */

static struct lib_span of_form(const void *x, const char *name) {
  return http_form(x, name);
}

/* NULL when all are in `pairs`; else why not, and the number of it in *i. */
static const char *take(const struct http_exchange *x, struct tls_pairs *pairs, unsigned *i) {
  struct memstat_certificate c;
  struct lib_span chain;
  const char *why;
  for (*i = 0; (chain = value(of_form, x, *i, "chain")).p; ++*i) {
    if (tls_pairs_add(pairs, chain, value(of_form, x, *i, "key"), &why) < 0)
      return why;
    if (tls_pairs_certificate(pairs, *i, &c) && (why = out_of_time(&c)))
      return why;
  }
  return *i == 0 ? "it is missing" : NULL;
}

/* The same words to the sender and to the console. */
static void tell(struct http_exchange *x, unsigned status, const struct lib_out *text) {
  struct lib_out line, *o = http_reply(x, status, HTTP_TYPE_TEXT);
  char room[LINE_MAX];
  lib_out_span(o, lib_out_done(text));
  lib_out_char(o, '\n');
  lib_out_init(&line, room, sizeof room);
  lib_out_all(&line, "thimble: renewal by ", http_peer(x), ": ", NULL);
  lib_out_span(&line, lib_out_done(text));
  kernel_console_line(KERNEL_LOG_INFO, lib_out_done(&line));
}

static void tell_refused(struct http_exchange *x, unsigned i, const char *why) {
  char room[LINE_MAX];
  struct lib_out text;
  lib_out_init(&text, room, sizeof room);
  name_certificate(&text, i, NULL);
  lib_out_all(&text, " is refused: ", why, "; all stays as it was", NULL);
  tell(x, 422, &text);
}

static void tell_served(struct http_exchange *x, const struct tls_pairs *pairs) {
  char room[LINE_MAX];
  struct lib_out text;
  struct memstat_certificate c;
  lib_out_init(&text, room, sizeof room);
  lib_out_str(&text, "now served:");
  for (unsigned i = 0; tls_pairs_certificate(pairs, i, &c); i++) {
    lib_out_char(&text, ' ');
    name_certificate(&text, i, &c);
  }
  tell(x, 200, &text);
}

int app_certificates_renew(struct http_exchange *x) {
  struct tls_pairs *pairs = tls_pairs_new();
  unsigned i;
  if (!pairs)
    return E_NOMEM;
  const char *why = take(x, pairs, &i);
  if (why) {
    tell_refused(x, i, why);
    tls_pairs_free(pairs);
    return 0;
  }
  int rc = tls_pairs_serve(pairs);
  if (rc == 0)
    tell_served(x, pairs);
  return rc;
}

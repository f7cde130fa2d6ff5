/* SPDX-License-Identifier: BSD-2-Clause
 * Boot options: the kernel command line, parsed strictly. Pure. */
#pragma once

#include <kernel/console.h>
#include <kernel/panic.h>
#include <net/net.h>

#include "log.h"

struct app_options {
  struct net_config net;
  uint16_t port;     /* of HTTP */
  uint16_t tls_port; /* of HTTPS */
  enum kernel_log log;
  enum kernel_onpanic onpanic;
  struct lib_span selftest; /* empty: none */
  struct app_log_options logs;
  uint32_t watchdog_s; /* the loop may not come round for so long; 0: ever */
};

/* Told about an option that is ignored: the word itself and a few words why. */
typedef void app_options_complain(struct lib_span word, const char *why);

/* Read options separated by spaces. What is unknown or malformed is reported
 * and has no effect; of an option given twice the last one counts. */
void app_options_parse(struct lib_span cmdline, struct app_options *out,
                       app_options_complain *complain);

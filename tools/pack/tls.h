/* SPDX-License-Identifier: BSD-2-Clause
 * Certificates and keys for the pack. */
#pragma once

#include "conf.h"

/* Add the files 0.chain, 0.key, 1.chain ... of the folder `dir`, which
 * tools/certs has checked, as settings "tls.0.chain" and so on. */
void tls_add(struct conf *conf, const char *dir);

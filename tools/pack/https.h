/* SPDX-License-Identifier: BSD-2-Clause
 * The key `https` of site.conf: what plain HTTP is for once there is TLS, and
 * who may renew the certificates. */
#pragma once

#include "conf.h"

/* Read the mapping into the settings "https...". `host`: of the top. */
void https_read(struct yaml_file *f, yaml_node_t *n, void *host);

/* Put the password of those who may renew on all hosts. */
void https_protect(struct conf *conf);

/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses as text. Pure; their bytes are in the order of the network. */
#pragma once

#include <lib/out.h>

void net_text_ip4(struct lib_out *o, const void *ip);

/* In the form of RFC 5952: lower case, the longest run of zeros as "::". */
void net_text_ip6(struct lib_out *o, const void *ip);

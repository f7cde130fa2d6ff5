/* SPDX-License-Identifier: BSD-2-Clause
 * Where we run: finds the devices. Private to kernel/. */
#pragma once

#include <lib/span.h>

/* Find the machine's devices, by the command line or by probing. */
void platform_init(struct lib_span cmdline);

/* SPDX-License-Identifier: BSD-2-Clause
 * Sleeping. The only place where the VM stops executing. */
#pragma once

#include <stdint.h>

/* Sleep until the network card has something or the clock reaches
 * `deadline_ns` (UINT64_MAX: no deadline). Returns at once when there is work
 * already; may return early. */
void kernel_idle(uint64_t deadline_ns);

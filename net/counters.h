/* SPDX-License-Identifier: BSD-2-Clause
 * TCP's counters. Private to net/. */
#pragma once

/* Show them on /metrics. */
void net_counters_init(void);

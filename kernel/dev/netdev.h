/* SPDX-License-Identifier: BSD-2-Clause
 * What the sleeping CPU needs of the network card. Private to kernel/. */
#pragma once

#include <stdbool.h>

/* Interrupt at the next event. True when there is work already. */
bool netdev_arm(void);

/* Awake: no interrupts.
 *
 * interrupted   one came: acknowledge it */
void netdev_disarm(bool interrupted);

/* SPDX-License-Identifier: BSD-2-Clause
 * The end of the VM's life, wished by its host or by us. */
#pragma once

#include <stdint.h>

enum kernel_power { KERNEL_POWER_ON, KERNEL_POWER_OFF, KERNEL_POWER_REBOOT };

/* What the host has asked for: a power button pressed, say. Stays asked. Looked
 * for by kernel_idle, about once a second; cheap to call. */
enum kernel_power kernel_power_asked(void);

/* End now, by the platform's means; without any, or when they fail, reset. A
 * VMM that has no other way takes a reset for the end. */
_Noreturn void kernel_power_end(enum kernel_power how);

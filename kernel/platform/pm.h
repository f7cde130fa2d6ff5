/* SPDX-License-Identifier: BSD-2-Clause
 * Power management of Intel's chipsets PIIX4 (pc) and ICH9 (q35): the button, and
 * off. Their PCI configuration says what ACPI's tables would, and moves the
 * registers to where ring 3 may reach them. Private to kernel/. */
#pragma once

#include <kernel/power.h>

/* Those of struct platform; without such a chipset nothing is asked or done. */
enum kernel_power pm_asked(void);
void pm_end(enum kernel_power how);

/* SPDX-License-Identifier: BSD-2-Clause
 * Intel's gigabit cards 82540EM, 82545EM and 82574L, where there is no virtio.
 * Private to kernel/. */
#pragma once

#include "../platform/pci.h"
#include "netdev.h"

extern const struct netdev_driver e1000_driver;

/* Keep it, if it is the first such card. */
void e1000_found(const struct pci_function *f);

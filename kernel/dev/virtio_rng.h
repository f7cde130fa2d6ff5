/* SPDX-License-Identifier: BSD-2-Clause
 * virtio entropy device (Virtual I/O Device 1.2, 5.4). Private to kernel/. */
#pragma once

#include <stdbool.h>

/* Ask the device for a seed.
 * wait      until it has been mixed in, 2 s at the most
 * returns   false when there is no device, or it did not answer in time */
bool virtio_rng_start(bool wait);

/* Mix the seed in if it has come meanwhile. Cheap. */
void virtio_rng_poll(void);

/* SPDX-License-Identifier: BSD-2-Clause
 * Random bytes: a ChaCha20 generator with fast key erasure, seeded from
 * RDSEED/RDRAND and virtio-rng, both mixed when both are there. */
#pragma once

#include <stddef.h>

/* Fill `p` with `n` unpredictable bytes. Never fails after boot. */
void kernel_entropy_read(void *p, size_t n);

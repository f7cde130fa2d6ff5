/* SPDX-License-Identifier: BSD-2-Clause
 * Connections counted by the address they come from, so that one address
 * cannot take all of them. Addresses are hashed into a fixed table under a
 * random key: two may share a count, but nobody can choose with whom. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/siphash.h>

#define APP_CROWD_SLOTS 1024 /* 2 bytes each */

struct app_crowd {
  struct lib_siphash_key key;
  uint16_t counts[APP_CROWD_SLOTS];
  uint16_t most; /* connections of one slot */
};

/* most   connections that one address may have, 1 to 65535 */
void app_crowd_init(struct app_crowd *w, const struct lib_siphash_key *key, uint32_t most);

/* Count one more from `ip` (16 bytes; IPv6, or IPv4 mapped into it; an IPv6
 * network of 64 bits counts as one address).
 *
 * slot      receives what app_crowd_leave wants back
 * returns   false when there are too many: not counted */
bool app_crowd_enter(struct app_crowd *w, const uint8_t ip[16], uint16_t *slot);

void app_crowd_leave(struct app_crowd *w, uint16_t slot);

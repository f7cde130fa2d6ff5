/* SPDX-License-Identifier: BSD-2-Clause */
#include "crowd.h"

#include <lib/assert.h>
#include <string.h>

void app_crowd_init(struct app_crowd *w, const struct lib_siphash_key *key, uint32_t most) {
  *w = (struct app_crowd){.key = *key};
  w->most = most > UINT16_MAX ? UINT16_MAX : (uint16_t)most;
}

/* The half that tells addresses apart: of one of IPv6 the network, which is 0
 * for IPv4 mapped into it. */
static uint64_t origin(const uint8_t ip[16]) {
  uint64_t halves[2];
  memcpy(halves, ip, sizeof halves);
  return halves[halves[0] == 0];
}

bool app_crowd_enter(struct app_crowd *w, const uint8_t ip[16], uint16_t *slot) {
  uint64_t from = origin(ip), hash = lib_siphash(&w->key, &from, sizeof from);
  *slot = hash % APP_CROWD_SLOTS;
  if (w->counts[*slot] >= w->most)
    return false;
  w->counts[*slot]++;
  return true;
}

void app_crowd_leave(struct app_crowd *w, uint16_t slot) {
  LIB_ASSERT(w->counts[slot] > 0);
  w->counts[slot]--;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "crowd.h"

#include <lib/assert.h>
#include <string.h>

void app_crowd_init(struct app_crowd *w, const struct lib_siphash_key *key, uint32_t most) {
  *w = (struct app_crowd){.key = *key};
  w->most = most > UINT16_MAX ? UINT16_MAX : (uint16_t)most;
}

static bool is_mapped(const uint8_t ip[16]) {
  static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
  return memcmp(ip, prefix, sizeof prefix) == 0;
}

bool app_crowd_enter(struct app_crowd *w, const uint8_t ip[16], uint16_t *slot) {
  uint64_t hash = lib_siphash(&w->key, ip, is_mapped(ip) ? 16 : 8);
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

/* SPDX-License-Identifier: BSD-2-Clause */
#include "wheel.h"

#include <stddef.h>

#define TURN_MS (APP_WHEEL_SLOTS * APP_WHEEL_SLOT_MS)

static uint64_t slot_start(uint64_t ms) {
  return ms - ms % APP_WHEEL_SLOT_MS;
}

static unsigned slot_index(uint64_t ms) {
  return ms / APP_WHEEL_SLOT_MS % APP_WHEEL_SLOTS;
}

void app_wheel_init(struct app_wheel *w, uint64_t now_ms) {
  *w = (struct app_wheel){.now_ms = slot_start(now_ms)};
}

static void unlink(struct app_wheel *w, struct app_timer *t) {
  *t->link = t->next;
  if (t->next)
    t->next->link = t->link;
  t->link = NULL;
  w->timers_n--;
}

/* Into the slot of its deadline, or the nearest from `first_ms` to the last of
 * the turn; there it is looked at again. */
static void link(struct app_wheel *w, struct app_timer *t, uint64_t first_ms) {
  uint64_t last = w->now_ms + TURN_MS - APP_WHEEL_SLOT_MS;
  uint64_t at = slot_start(t->due_ms);
  t->slot_ms = at < first_ms ? first_ms : at > last ? last : at;
  struct app_timer **slot = &w->slots[slot_index(t->slot_ms)];
  if (t->slot_ms < w->first_ms)
    w->first_ms = t->slot_ms;
  t->next = *slot;
  t->link = slot;
  if (t->next)
    t->next->link = &t->next;
  *slot = t;
  w->timers_n++;
}

void app_wheel_set(struct app_wheel *w, struct app_timer *t, uint64_t due_ms) {
  t->due_ms = due_ms;
  if (t->link && due_ms != UINT64_MAX && due_ms >= t->slot_ms)
    return; /* it is looked at again when its slot comes */
  if (t->link)
    unlink(w, t);
  if (due_ms != UINT64_MAX)
    link(w, t, w->now_ms);
}

struct app_timer *app_wheel_due(struct app_wheel *w, uint64_t now_ms) {
  for (; w->now_ms + APP_WHEEL_SLOT_MS <= now_ms; w->now_ms += APP_WHEEL_SLOT_MS) {
    if (w->timers_n == 0) {
      w->now_ms = slot_start(now_ms);
      break;
    }
    struct app_timer **slot = &w->slots[slot_index(w->now_ms)];
    while (*slot) {
      struct app_timer *t = *slot;
      unlink(w, t);
      if (t->due_ms < w->now_ms + APP_WHEEL_SLOT_MS)
        return t;
      /* Its deadline was moved: into a later slot, never this one again. */
      link(w, t, w->now_ms + APP_WHEEL_SLOT_MS);
    }
  }
  return NULL;
}

uint64_t app_wheel_deadline_ms(struct app_wheel *w) {
  if (w->timers_n == 0)
    return UINT64_MAX;
  if (w->first_ms < w->now_ms)
    for (w->first_ms = w->now_ms; !w->slots[slot_index(w->first_ms)];)
      w->first_ms += APP_WHEEL_SLOT_MS;
  return w->first_ms + APP_WHEEL_SLOT_MS;
}

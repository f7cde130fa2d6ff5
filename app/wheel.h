/* SPDX-License-Identifier: BSD-2-Clause
 * Deadlines of many things: a wheel of slots. Setting is O(1), and setting a
 * later time than before costs nothing until the earlier one comes round. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define APP_WHEEL_SLOTS 256
#define APP_WHEEL_SLOT_MS 32 /* a deadline is met up to this much late */

struct app_timer {
  struct app_timer *next, **link; /* in a slot; link NULL: not set */
  uint64_t due_ms;                /* the deadline */
  uint64_t slot_ms;               /* start of the slot it waits in, <= due_ms */
};

struct app_wheel {
  struct app_timer *slots[APP_WHEEL_SLOTS];
  uint64_t now_ms;   /* start of the first slot not yet run */
  uint64_t first_ms; /* no timer is in a slot before this one */
  uint32_t timers_n; /* set */
};

void app_wheel_init(struct app_wheel *w, uint64_t now_ms);

/* Set or change a deadline; UINT64_MAX: none. */
void app_wheel_set(struct app_wheel *w, struct app_timer *t, uint64_t due_ms);

/* The next timer that is due at `now_ms`, no longer set; NULL: none is left.
 * Call until it returns NULL. */
struct app_timer *app_wheel_due(struct app_wheel *w, uint64_t now_ms);

/* When app_wheel_due should next be called, or sooner: timers may have been
 * taken out since. UINT64_MAX: never. */
uint64_t app_wheel_deadline_ms(struct app_wheel *w);

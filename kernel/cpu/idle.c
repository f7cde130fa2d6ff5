/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/clock.h>
#include <kernel/idle.h>

#include "../dev/netdev.h"
#include "../dev/virtio_rng.h"
#include "cpu.h"

void kernel_idle(uint64_t deadline_ns) {
  static uint64_t timer_ns; /* when the timer will come; a write costs a VM exit */
  uint64_t now = kernel_clock_ns();
  virtio_rng_poll();
  if (deadline_ns <= now)
    return;
  if (deadline_ns < timer_ns || timer_ns <= now) {
    lapic_timer_in(deadline_ns - now);
    timer_ns = deadline_ns;
  }
  if (!netdev_arm())
    cpu_gate(GATE_IDLE, 0);
  netdev_disarm();
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Sleeping, and the watchdog: the timer of gates.S counts down what each call
 * here winds up. Interrupts that ring 3 has dealt with are those counted in
 * `seen`; one more ends a sleep before it begins. */
#include <kernel/clock.h>
#include <kernel/idle.h>
#include <kernel/mem.h>
#include <memstat/memstat.h>

#include "../dev/netdev.h"
#include "../dev/virtio_rng.h"
#include "../platform/platform.h"
#include "cpu.h"

static struct kernel_idle_stat stat;
static struct irq_counts seen;
static uint32_t watchdog_seconds;

void kernel_idle_watchdog(uint32_t seconds) {
  watchdog_seconds = seconds;
}

const struct kernel_idle_stat *kernel_idle_stat(void) {
  return &stat;
}

/* A write to the timer costs a VM exit: only if it has come, or would too late. */
static void set_timer(uint64_t now_ns, uint64_t deadline_ns) {
  static uint64_t timer_ns; /* when it will come; 0: never set */
  uint32_t fired = irq_counts.timer;
  if (deadline_ns >= timer_ns && fired == seen.timer && timer_ns)
    return;
  seen.timer = fired;
  timer_ns = deadline_ns;
  stat.timers++;
  lapic_timer_in(deadline_ns - now_ns);
}

static void sleep(void) {
  stat.sleeps++;
  uint64_t from = kernel_clock_ns();
  cpu_gate(GATE_IDLE, (uint64_t)seen.timer << 32 | seen.device);
  memstat_vm.asleep_ns += kernel_clock_ns() - from;
}

/* The pools' empty pages, each tenth of a second that there are any: deadline_ns, or
 * earlier for that. */
static uint64_t trim(uint64_t now_ns, uint64_t deadline_ns) {
  enum { TENTH_NS = 100000000 };
  static uint64_t next_ns;
  if (now_ns >= next_ns) {
    next_ns = now_ns + TENTH_NS;
    kernel_pool_trim();
    return deadline_ns;
  }
  return deadline_ns < next_ns ? deadline_ns : next_ns;
}

void kernel_idle(uint64_t deadline_ns) {
  uint64_t now = kernel_clock_ns();
  /* The first tick may come at once: one more for it. */
  watchdog_left = watchdog_seconds ? watchdog_seconds + 1 : 0;
  virtio_rng_poll();
  platform_power_poll(now);
  if (deadline_ns <= now)
    return;
  if (kernel_pool_untrimmed())
    deadline_ns = trim(now, deadline_ns);
  if (deadline_ns - now > netdev_sleep_max_ns)
    deadline_ns = now + netdev_sleep_max_ns;
  set_timer(now, deadline_ns);
  if (!netdev_arm())
    sleep();
  uint32_t device = irq_counts.device;
  netdev_disarm(device != seen.device);
  seen.device = device;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Local APIC timer and I/O APIC routing (Intel SDM vol. 3, 11). Used to
 * wake the idle CPU, at a rate of the timer learned from the clock, not assumed;
 * and to measure the TSC where nothing else tells its rate. */
#include <kernel/clock.h>

#include "../dev/dev.h"
#include "cpu.h"

enum {
  LAPIC = 0xfee00000,
  SPURIOUS = 0xf0,
  LVT_TIMER = 0x320,
  LVT_LINT0 = 0x350,
  TIMER_INITIAL = 0x380,
  TIMER_CURRENT = 0x390,
  TIMER_DIVIDE = 0x3e0,
  MASKED = 0x10000,
  ENABLED = 0x100,
  DIVIDE_BY_1 = 0xb,
  SLEEP_MAX_US = 4000000,
  QEMU_TICKS_PER_MS = 1000000, /* and KVM's */
};

/* Two I/O APICs of 24 pins, as QEMU's microvm has them. */
static const uint64_t ioapics[] = {0xfec00000, 0xfec10000};
enum { IOAPIC_PINS = 24, IOAPIC_DATA = 0x10, IOAPIC_REDIRECTION = 0x10 };

static uint64_t ticks_per_s; /* 0 until the first sleep */
static uint64_t started_tsc;

static volatile uint32_t *reg(unsigned offset) {
  return cpu_reg32(LAPIC + offset);
}

/* Let it run silently from now to the first sleep: that tells its rate, or the
 * TSC's meanwhile. */
void lapic_init(void) {
  *reg(SPURIOUS) = ENABLED | VECTOR_SPURIOUS;
  *reg(LVT_LINT0) = MASKED; /* no interrupts from a PIC nobody programmed */
  *reg(TIMER_DIVIDE) = DIVIDE_BY_1;
  *reg(LVT_TIMER) = MASKED;
  cpu_reg32_set(reg(TIMER_INITIAL), UINT32_MAX);
  started_tsc = cpu_tsc();
}

uint64_t lapic_tsc_khz(void) {
  uint32_t ticks;
  while ((ticks = UINT32_MAX - *reg(TIMER_CURRENT)) < QEMU_TICKS_PER_MS)
    cpu_pause();
  return (cpu_tsc() - started_tsc) * QEMU_TICKS_PER_MS / ticks;
}

static void learn_rate(void) {
  uint64_t ticks = UINT32_MAX - *reg(TIMER_CURRENT);
  uint64_t ns = kernel_clock_ns() - clock_tsc_to_ns(started_tsc);
  ticks_per_s = ticks * 1000000000 / ns + 1;
  *reg(LVT_TIMER) = VECTOR_TIMER;
  watchdog_second = ticks_per_s > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks_per_s;
}

void lapic_timer_in(uint64_t ns) {
  if (ticks_per_s == 0)
    learn_rate();
  uint64_t us = ns / 1000 < SLEEP_MAX_US ? ns / 1000 : SLEEP_MAX_US;
  uint64_t ticks = us * ticks_per_s / 1000000;
  *reg(TIMER_INITIAL) = ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks + 1;
}

void ioapic_enable(unsigned gsi) {
  unsigned chip = gsi / IOAPIC_PINS, pin = gsi % IOAPIC_PINS;
  if (chip >= sizeof ioapics / sizeof *ioapics)
    return;
  volatile uint32_t *select = cpu_reg32(ioapics[chip]);
  volatile uint32_t *data = cpu_reg32(ioapics[chip] + IOAPIC_DATA);
  *select = IOAPIC_REDIRECTION + 2 * pin + 1;
  cpu_reg32_set(data, 0); /* to the CPU with APIC id 0 */
  *select = IOAPIC_REDIRECTION + 2 * pin;
  *data = VECTOR_DEVICE; /* fixed, edge, not masked */
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Time from the TSC. KVM's and Xen's paravirtual clock gives its rate (and
 * corrects it); elsewhere CPUID tells it, or it is measured once against the
 * local APIC timer. */
#include <kernel/clock.h>
#include <kernel/panic.h>
#include <memstat/memstat.h>

#include "../cpu/cpu.h"
#include "dev.h"

#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_KVM_FEATURES 0x40000001u
#define CPUID_TIMING 0x40000010u /* EAX: TSC kHz, where the VMM has this leaf */
#define KVM_SIGNATURE 0x4b4d564bu
#define KVM_CLOCKSOURCE2 (1u << 3)
#define MSR_KVM_WALL_CLOCK 0x4b564d00u
#define MSR_KVM_SYSTEM_TIME 0x4b564d01u

extern uint64_t boot_tsc_entry;

static const char *name = "tsc";
static const struct pvclock *pvclock; /* NULL: none, the TSC alone */
static uint64_t tsc_mul;              /* ns per tick, 32.32 fixed point */
static uint64_t entry_system_ns;      /* the pvclock at entry */
static int64_t wall_at_entry;         /* Unix s */

static uint64_t scale(uint64_t ticks, uint64_t mul) {
  return (uint64_t)((unsigned __int128)ticks * mul >> 32);
}

/* The hypervisor moves the base on: the TSC at entry often lies before it. */
static uint64_t pvclock_ns(uint64_t tsc) {
  uint32_t version;
  uint64_t ns;
  do {
    version = pvclock->version;
    int64_t ticks = (int64_t)(tsc - pvclock->tsc);
    ticks = pvclock->shift < 0 ? ticks >> -pvclock->shift : ticks << pvclock->shift;
    ns = pvclock->system_ns + (uint64_t)((__int128)ticks * pvclock->mul >> 32);
  } while ((version & 1) || version != pvclock->version);
  return ns;
}

uint64_t clock_tsc_to_ns(uint64_t tsc) {
  return pvclock ? pvclock_ns(tsc) - entry_system_ns : scale(tsc - boot_tsc_entry, tsc_mul);
}

uint64_t kernel_clock_ns(void) {
  static uint64_t last;
  uint64_t ns = clock_tsc_to_ns(cpu_tsc());
  if ((int64_t)(ns - last) > 0)
    last = ns;
  return last;
}

int64_t kernel_clock_wall_unix(void) {
  return wall_at_entry ? wall_at_entry + (int64_t)(kernel_clock_ns() / 1000000000) : 0;
}

const char *kernel_clock_name(void) {
  return name;
}

void clock_pvclock_use(const char *whose, const struct pvclock *clock,
                       const struct pvclock_wall *wall) {
  name = whose;
  pvclock = clock;
  entry_system_ns = pvclock_ns(boot_tsc_entry);
  wall_at_entry = (int64_t)(wall->s + entry_system_ns / 1000000000);
}

uint64_t clock_pvclock_ns(void) {
  return pvclock_ns(cpu_tsc());
}

void clock_pvclock_init(void) {
  static struct pvclock clock __attribute__((aligned(64)));
  static struct pvclock_wall wall __attribute__((aligned(64)));
  if (cpu_id(CPUID_HYPERVISOR, 0).b != KVM_SIGNATURE ||
      !(cpu_id(CPUID_KVM_FEATURES, 0).a & KVM_CLOCKSOURCE2))
    return;
  cpu_wrmsr(MSR_KVM_SYSTEM_TIME, (uint64_t)&clock | 1);
  if (clock.mul == 0) /* announced, but not kept */
    return;
  cpu_wrmsr(MSR_KVM_WALL_CLOCK, (uint64_t)&wall);
  clock_pvclock_use("kvmclock", &clock, &wall);
}

static uint64_t tsc_khz(void) {
  uint64_t khz = 0;
  if (cpu_id(CPUID_HYPERVISOR, 0).a >= CPUID_TIMING)
    khz = cpu_id(CPUID_TIMING, 0).a;
  return khz ? khz : lapic_tsc_khz();
}

/* Where the hypervisor has not started the TSC with the machine, it shows some
 * other time, mostly a long one: then nothing is known. */
static uint64_t before_entry_ns(void) {
  const uint64_t longest = 60000000000;
  uint64_t ns = 0;
  if (!pvclock)
    ns = scale(boot_tsc_entry, tsc_mul);
  else if (pvclock->shift < 0)
    ns = scale(boot_tsc_entry >> -pvclock->shift, pvclock->mul);
  else
    ns = scale(boot_tsc_entry << pvclock->shift, pvclock->mul);
  return ns < longest ? ns : 0;
}

void clock_init(void) {
  if (!pvclock)
    tsc_mul = (1000000ull << 32) / tsc_khz();
  memstat_vm.boot_entry_ns = before_entry_ns();
  if (wall_at_entry == 0)
    wall_at_entry = rtc_read_unix();
}

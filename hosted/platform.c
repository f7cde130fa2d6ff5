/* SPDX-License-Identifier: BSD-2-Clause
 * Clock, console, entropy, idle and panic as a Unix process has them. */
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/entropy.h>
#include <kernel/idle.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <lib/assert.h>
#include <memstat/memstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "hosted.h"

static struct kernel_idle_stat idle_stat;

static uint64_t read_clock(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t kernel_clock_ns(void) {
  static uint64_t start;
  uint64_t now = read_clock(CLOCK_MONOTONIC);
  if (start == 0)
    start = now;
  return now - start;
}

int64_t kernel_clock_wall_unix(void) {
  return (int64_t)(read_clock(CLOCK_REALTIME) / 1000000000);
}

const char *kernel_clock_name(void) {
  return "clock_gettime";
}

void kernel_console_write(const char *p, size_t n) {
  fwrite(p, 1, n - 2, stdout); /* a terminal needs no CR */
  putchar('\n');
  fflush(stdout);
}

void kernel_entropy_read(void *p, size_t n) {
  char *out = p;
  while (n) {
    ssize_t k = getrandom(out, n, 0);
    LIB_ASSERT(k > 0);
    out += k;
    n -= (size_t)k;
  }
}

void kernel_idle(uint64_t deadline_ns) {
  uint64_t now = kernel_clock_ns();
  const uint64_t longest = 3600ull * 1000000000;
  if (deadline_ns <= now)
    return;
  idle_stat.sleeps++;
  hosted_netdev_wait(deadline_ns - now < longest ? deadline_ns - now : longest);
  memstat_vm.asleep_ns += kernel_clock_ns() - now;
}

void kernel_idle_watchdog(uint32_t seconds) {
  (void)seconds; /* a process that hangs can be looked at */
}

const struct kernel_idle_stat *kernel_idle_stat(void) {
  return &idle_stat;
}

enum kernel_power kernel_power_asked(void) {
  return KERNEL_POWER_ON; /* who wants a process to end sends a signal */
}

_Noreturn void kernel_power_end(enum kernel_power how) {
  exit(how == KERNEL_POWER_REBOOT);
}

const struct kernel_crash *kernel_crash_last(void) {
  static const struct kernel_crash none;
  return &none; /* what is left of a process is a core file */
}

void kernel_panic_mode(enum kernel_onpanic mode) {
  (void)mode;
}

_Noreturn void kernel_panic(const char *reason) {
  fprintf(stderr, "PANIC: %s\n", reason);
  abort();
}

_Noreturn void kernel_refuse(const char *reason) {
  fprintf(stderr, "thimble: cannot run here: %s\n", reason);
  exit(1);
}

_Noreturn void lib_assert_fail(const char *expr, const char *file, int line) {
  fprintf(stderr, "PANIC: assertion failed: %s at %s:%d\n", expr, file, line);
  abort();
}

void kernel_selftest(const char *name, unsigned long n) {
  (void)name, (void)n;
  kernel_console_say(KERNEL_LOG_ERROR, "selftest: only in the VM", NULL);
}

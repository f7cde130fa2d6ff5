/* SPDX-License-Identifier: BSD-2-Clause
 * Faults on demand, for the boot option selftest=: each must end in a panic
 * that names it. */
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/idle.h>
#include <kernel/panic.h>
#include <lib/assert.h>
#include <lib/span.h>

#include "cpu.h"

extern char text_start[], rodata_start[], image_start[], site_start[], stack_guard[];
extern char idt[], stacks_end[];

static void write_byte(char *p) {
  *(volatile char *)p = 1;
}

static void write_text(void) {
  write_byte(text_start);
}

static void write_rodata(void) {
  write_byte(rodata_start);
}

static void write_site(void) {
  write_byte(site_start);
}

static void write_tables(void) {
  write_byte(stacks_end);
}

static void write_idt(void) {
  write_byte(idt);
}

static void read_null(void) {
  char *volatile null = NULL;
  (void)*(volatile char *)null;
}

static void run_data(void) {
  static char code[] = {(char)0xc3};
  void (*volatile f)(void) = (void (*)(void))(uintptr_t)code;
  f();
}

static void run_ring0(void) {
  void (*volatile f)(void) = (void (*)(void))(uintptr_t)image_start;
  f();
}

static unsigned overflow(unsigned depth) {
  volatile char waste[512];
  waste[0] = (char)depth;
  return depth == UINT32_MAX ? 0 : overflow(depth + 1) + (unsigned)waste[0];
}

static void overflow_stack(void) {
  volatile unsigned r = overflow(0);
  (void)r;
}

static void smash(char *p, unsigned n) {
  for (volatile unsigned i = 0; i < n; i++)
    ((volatile char *)p)[i] = 'A';
}

static void smash_canary(void) {
  char small[16];
  smash(small, 40);
}

/* Sealed: a write to EFER that would turn off no-execute must have no effect,
 * which run_data then shows. */
static void write_msr(void) {
  cpu_wrmsr(0xc0000080, 0x100);
  run_data();
}

static void open_port(void) {
  cpu_out8(0xcf8, 0);
}

static void clear_interrupts(void) {
  __asm__ volatile("cli");
}

static void fail_assertion(void) {
  volatile int one = 1;
  LIB_ASSERT(one == 2);
}

/* Sleeps first: that starts the timer of the watchdog. */
static void hang(void) {
  kernel_idle(kernel_clock_ns() + 1000000);
  for (;;)
    cpu_pause();
}

static const struct {
  const char *name;
  void (*run)(void);
} tests[] = {
    {"text", write_text},      {"rodata", write_rodata},   {"site", write_site},
    {"tables", write_tables},  {"idt", write_idt},         {"null", read_null},
    {"data", run_data},        {"ring0", run_ring0},       {"stack", overflow_stack},
    {"canary", smash_canary},  {"msr", write_msr},         {"port", open_port},
    {"cli", clear_interrupts}, {"assert", fail_assertion}, {"hang", hang},
};

void kernel_selftest(const char *name, unsigned long n) {
  struct lib_span wanted = {name, n};
  if (lib_span_starts(wanted, LIB_SPAN("once-"))) {
    if (kernel_crash_last()->text.n)
      return; /* this is the boot after it */
    wanted = lib_span_sub(wanted, 5, n);
  }
  for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
    if (!lib_span_eq(lib_span_str(tests[i].name), wanted))
      continue;
    tests[i].run();
    kernel_console_say(KERNEL_LOG_ERROR, "selftest: ", tests[i].name, " was not caught", NULL);
    return;
  }
  kernel_console_say(KERNEL_LOG_ERROR, "selftest: no test of that name", NULL);
}

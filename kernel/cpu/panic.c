/* SPDX-License-Identifier: BSD-2-Clause
 * The last report. Written so that it works when little else does: no
 * allocation, a stack of its own, memory read only where the stacks are. */
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <lib/assert.h>
#include <lib/out.h>
#include <stddef.h>
#include <string.h>

#include "../dev/dev.h"
#include "cpu.h"

enum { LINE_MAX = 256, FRAMES_MAX = 32 };

extern char stack_guard[], stack_top[], panic_stack_top[], text_start[], rodata_start[];

static enum kernel_onpanic mode = KERNEL_ONPANIC_REBOOT;

void kernel_panic_mode(enum kernel_onpanic m) {
  mode = m;
}

/* By vector; those of no name never arrive. */
static const char exceptions[] =
    "division by zero\0"
    "debug trap\0"
    "\0" /* NMI */
    "\0" /* breakpoint */
    "overflow\0"
    "bound exceeded\0"
    "trap instruction (a failed assertion in a library) or an invalid one\0"
    "no FPU\0"
    "\0" /* double fault */
    "\0"
    "invalid TSS\0"
    "segment not present\0"
    "stack segment fault\0"
    "general protection fault\0"
    "page fault\0"
    "\0"
    "x87 error\0"
    "misaligned access\0"
    "machine check\0"
    "SIMD error\0";

static const char *exception_name(uint64_t vector) {
  const char *s = exceptions, *end = exceptions + sizeof exceptions - 1;
  for (; vector > 0 && s < end; vector--)
    s += strlen(s) + 1;
  return s < end && *s ? s : "unexpected exception";
}

/* Intel SDM vol. 3, 4.7: what the page fault's error code says. */
static const char *page_fault_text(uint64_t error) {
  if (error & 16)
    return "page fault: executing memory that is not code";
  if (error & 2)
    return error & 1 ? "page fault: writing protected memory"
                     : "page fault: writing unmapped memory";
  return error & 1 ? "page fault: reading protected memory" : "page fault: reading unmapped memory";
}

static void say(struct lib_span line) {
  crash_line(line);
  kernel_console_line(KERNEL_LOG_OFF, line);
}

static void print_address(const char *label, uint64_t v) {
  char line[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, line, sizeof line);
  lib_out_all(&o, label, "0x", NULL);
  lib_out_hex(&o, v, 16);
  say(lib_out_done(&o));
}

static void print_registers(const struct trap_frame *f) {
#define REGISTER(name, field)                                                                      \
  { name, offsetof(struct trap_frame, field) }
  static const struct {
    char name[4];
    uint8_t at;
  } registers[] = {
      REGISTER("rax", rax), REGISTER("rbx", rbx), REGISTER("rcx", rcx), REGISTER("rdx", rdx),
      REGISTER("rsi", rsi), REGISTER("rdi", rdi), REGISTER("rbp", rbp), REGISTER("rsp", rsp),
      REGISTER("r8 ", r8),  REGISTER("r9 ", r9),  REGISTER("r10", r10), REGISTER("r11", r11),
      REGISTER("r12", r12), REGISTER("r13", r13), REGISTER("r14", r14), REGISTER("r15", r15),
  };
  for (unsigned i = 0; i < 16; i += 4) {
    char line[LINE_MAX];
    struct lib_out o;
    lib_out_init(&o, line, sizeof line);
    for (unsigned j = i; j < i + 4; j++) {
      lib_out_all(&o, "  ", registers[j].name, " ", NULL);
      lib_out_hex(&o, *(const uint64_t *)((const char *)f + registers[j].at), 16);
    }
    say(lib_out_done(&o));
  }
}

/* Whether a call stands before `back`: E8 with an offset that leads to code, or
 * FF /2, which has 2 to 7 bytes (Intel SDM vol. 2, CALL). */
static bool follows_call(uint64_t back) {
  enum { CALL_MAX = 7 };
  if (back < (uint64_t)text_start + CALL_MAX || back >= (uint64_t)rodata_start)
    return false;
  const uint8_t *p = (const uint8_t *)back;
  int32_t offset;
  memcpy(&offset, p - 4, sizeof offset);
  uint64_t target = back + (uint64_t)(int64_t)offset;
  if (p[-5] == 0xe8 && target >= (uint64_t)text_start && target < (uint64_t)rodata_start)
    return true;
  for (int n = 2; n <= CALL_MAX; n++)
    if (p[-n] == 0xff && (p[1 - n] & 0x38) == 0x10)
      return true;
  return false;
}

/* There are no frame pointers: every word from `rsp` up to the stack's top that
 * a call may have pushed is shown. One left by an earlier call may be among them. */
static void print_backtrace(uint64_t rip, uint64_t rsp) {
  uint64_t bottom = (uint64_t)stack_guard + 4096;
  uint64_t from = rsp < bottom ? bottom : (rsp + 7) / 8 * 8; /* below: overflown */
  bool panicking = from >= (uint64_t)stack_top + 4096;       /* above the guard page */
  uint64_t end = (uint64_t)(panicking ? panic_stack_top : stack_top);
  print_address("  at ", rip);
  for (int n = 0; n < FRAMES_MAX && from < end; from += 8) {
    uint64_t back = *(const uint64_t *)from;
    if (!follows_call(back))
      continue;
    print_address("  by ", back - 1); /* the call, not what follows it */
    n++;
  }
}

_Noreturn void cpu_halt(void) {
  for (;;)
    cpu_gate(GATE_IDLE, (uint64_t)irq_counts.timer << 32 | irq_counts.device);
}

static _Noreturn void finish(void) {
  if (mode == KERNEL_ONPANIC_HALT) {
    say(LIB_SPAN("halted"));
    cpu_halt();
  }
  say(LIB_SPAN("rebooting"));
  kernel_power_end(KERNEL_POWER_REBOOT);
}

_Noreturn void kernel_refuse(const char *reason) {
  kernel_console_say(KERNEL_LOG_OFF, "thimble: cannot run here: ", reason, NULL);
  cpu_halt();
}

static void print_head(const char *reason) {
  char line[LINE_MAX];
  struct lib_out o;
  watchdog_left = 0;
  crash_begin();
  lib_out_init(&o, line, sizeof line);
  lib_out_all(&o, "PANIC: ", reason, NULL);
  say(lib_out_done(&o));
}

CPU_CALLED_FROM_ASM _Noreturn void kernel_panic(const char *reason) {
  print_head(reason);
  print_backtrace((uint64_t)__builtin_return_address(0) - 1,
                  (uint64_t)__builtin_frame_address(0) + 16);
  finish();
}

_Noreturn void lib_assert_fail(const char *expr, const char *file, int line) {
  char text[LINE_MAX];
  struct lib_out o;
  lib_out_init(&o, text, sizeof text - 1);
  lib_out_all(&o, "assertion failed: ", expr, " at ", file, ":", NULL);
  lib_out_u64(&o, (uint64_t)line);
  text[o.n] = 0;
  kernel_panic(text);
}

/* From traps.S, on the panic stack. */
CPU_CALLED_FROM_ASM _Noreturn void panic_trap(const struct trap_frame *f);
_Noreturn void panic_trap(const struct trap_frame *f) {
  static bool again;
  if (again) { /* a fault while reporting one */
    say(LIB_SPAN("PANIC: fault in the panic report"));
    cpu_halt();
  }
  again = true;
  print_head(f->vector == 14 ? page_fault_text(f->error) : exception_name(f->vector));
  if (f->vector == 14)
    print_address("  address ", cpu_gate(GATE_CR2, 0));
  print_registers(f);
  print_backtrace(f->rip, f->rsp);
  finish();
}

/* From gates.S, on the panic stack. */
CPU_CALLED_FROM_ASM _Noreturn void panic_hang(uint64_t rip, uint64_t rsp);
_Noreturn void panic_hang(uint64_t rip, uint64_t rsp) {
  print_head("watchdog: the loop hangs");
  print_address("  rsp ", rsp);
  print_backtrace(rip, rsp);
  finish();
}

CPU_CALLED_FROM_ASM _Noreturn void panic_double_fault(uint64_t rip, uint64_t rsp);
_Noreturn void panic_double_fault(uint64_t rip, uint64_t rsp) {
  bool overflow = rsp >= (uint64_t)stack_guard - 65536 && rsp < (uint64_t)stack_guard + 4096 + 256;
  print_head(overflow ? "stack overflow" : "double fault");
  print_address("  rsp ", rsp);
  print_backtrace(rip, rsp);
  finish();
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Off and on again: by the platform, else by a reset. */
#include "../cpu/cpu.h"
#include "platform.h"

enum { KEYBOARD_CONTROLLER = 0x64, PULSE_RESET = 0xfe };
#define LOOK_EVERY_NS 1000000000ull /* each look may cost a VM exit */

static enum kernel_power asked;

void platform_power_poll(uint64_t now_ns) {
  static uint64_t next_ns;
  if (now_ns < next_ns || asked || !platform_here()->power_asked)
    return;
  next_ns = now_ns + LOOK_EVERY_NS;
  asked = platform_here()->power_asked();
}

enum kernel_power kernel_power_asked(void) {
  return asked;
}

_Noreturn void kernel_power_end(enum kernel_power how) {
  const struct platform *here = platform_here();
  if (here && here->power_end)
    here->power_end(how);
  cpu_out8(KEYBOARD_CONTROLLER, PULSE_RESET);
  cpu_gate(GATE_RESET, 0);
  cpu_halt();
}

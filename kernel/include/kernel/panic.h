/* SPDX-License-Identifier: BSD-2-Clause
 * The end: for what cannot be, and for a machine we cannot run on. */
#pragma once

enum kernel_onpanic { KERNEL_ONPANIC_REBOOT, KERNEL_ONPANIC_HALT };

/* What to do after the report. The default is reboot. */
void kernel_panic_mode(enum kernel_onpanic mode);

/* Report `reason` with registers and a backtrace, then reboot or halt. */
_Noreturn void kernel_panic(const char *reason);

/* Say why this machine cannot run the image, then halt. No backtrace. */
_Noreturn void kernel_refuse(const char *reason);

/* Provoke a fault, to see it caught: text, rodata, data, null, stack,
 * tables, gate, assert. With "once-" before it, only if
 * the last boot did not end in a panic. Returns when the name is unknown, or when the fault
 * was not caught. */
void kernel_selftest(const char *name, unsigned long n);

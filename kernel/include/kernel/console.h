/* SPDX-License-Identifier: BSD-2-Clause
 * The console: whole lines, at a level. Each byte may cost a VM exit, so the
 * hot path is silent. */
#pragma once

#include <lib/out.h>

enum kernel_log { KERNEL_LOG_OFF, KERNEL_LOG_ERROR, KERNEL_LOG_INFO, KERNEL_LOG_DEBUG };

/* Write one line, without its line end; what is not printable ASCII becomes '?'.
 * A line above the current level is dropped. */
void kernel_console_line(enum kernel_log level, struct lib_span line);

/* The pieces of one line: kernel_console_say(KERNEL_LOG_INFO, "a", b, NULL). */
LIB_OUT_PIECES void kernel_console_say(enum kernel_log level, ...);

/* Hand each line that is written from now on to `tap`, too. */
void kernel_console_tap(void (*tap)(enum kernel_log level, struct lib_span line));

/* Lines above `level` are dropped from now on. The default is INFO. */
void kernel_console_level(enum kernel_log level);

/* Show a line, which ends in CR LF. For kernel_console_line alone. */
void kernel_console_write(const char *line, size_t n);

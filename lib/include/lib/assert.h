/* SPDX-License-Identifier: BSD-2-Clause
 * Assertions for our own bugs: on in release builds, they panic with a
 * backtrace. What a peer, a device or a full pool does is never asserted. */
#pragma once

/* Report a failed assertion and stop.
 *
 * expr, file, line   where; static strings
 * source             implemented by kernel/ (panic) and hosted/ (abort) */
_Noreturn void lib_assert_fail(const char *expr, const char *file, int line);

#define LIB_ASSERT(x) ((x) ? (void)0 : lib_assert_fail(#x, __FILE__, __LINE__))

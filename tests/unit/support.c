/* SPDX-License-Identifier: BSD-2-Clause
 * What every unit test is linked with: an assertion that failed is a crash. */
#include <lib/assert.h>

#include <stdio.h>
#include <stdlib.h>

_Noreturn void lib_assert_fail(const char *expr, const char *file, int line) {
  fprintf(stderr, "assertion failed: %s at %s:%d\n", expr, file, line);
  abort();
}

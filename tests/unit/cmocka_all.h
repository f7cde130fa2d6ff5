/* SPDX-License-Identifier: BSD-2-Clause
 * cmocka with the headers it wants, and a comparison of spans. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lib/span.h>

static inline void assert_span(struct lib_span have, const char *want) {
  struct lib_span w = lib_span_str(want);
  if (!lib_span_eq(have, w))
    fail_msg("have \"%.*s\", want \"%s\"", (int)have.n, have.n ? have.p : "", want);
}

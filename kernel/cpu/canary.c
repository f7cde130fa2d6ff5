/* SPDX-License-Identifier: BSD-2-Clause
 * The stack protector's two symbols. The compiler refers to them behind the
 * back of link-time optimisation, so this file is compiled without it. */
#include <kernel/panic.h>

#include "cpu.h"

uintptr_t __stack_chk_guard = 0x00000aff0a0d0000; /* until the generator is seeded */

_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void) {
  kernel_panic("stack smashed: a function's canary was overwritten");
}

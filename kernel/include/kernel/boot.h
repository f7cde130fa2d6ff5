/* SPDX-License-Identifier: BSD-2-Clause
 * What the VM was started with. Valid from app_main on, for the VM's life. */
#pragma once

#include <lib/span.h>

/* The kernel command line, without the parts that belong to the platform. */
struct lib_span kernel_boot_cmdline(void);

/* The site pack linked into the image. */
struct lib_span kernel_boot_site(void);

/* The first boot module (-initrd), or an empty span. Pages of its own. */
struct lib_span kernel_boot_module(void);

/* Called by kernel/boot (guest) or hosted/main.c when everything above is
 * ready. Implemented by app/; does not return. */
_Noreturn void app_main(void);

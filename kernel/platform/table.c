/* SPDX-License-Identifier: BSD-2-Clause
 * All kinds of machines, in the order they are looked for. */
#include <kernel/panic.h>
#include <stddef.h>

#include "platform.h"

extern const struct platform platform_xen, platform_virtio_mmio, platform_pci, platform_microvm;

static const struct platform *const table[] = {
    &platform_xen,         /* if CPUID says so */
    &platform_virtio_mmio, /* if the command line names devices */
    &platform_pci,         /* if a host bridge answers */
    &platform_microvm,     /* in any case */
};

static const struct platform *here;

void platform_find(struct lib_span cmdline) {
  for (size_t i = 0; i < sizeof table / sizeof *table && !here; i++)
    if (table[i]->find(cmdline))
      here = table[i];
  if (!here)
    kernel_refuse("a machine of no known kind");
}

const struct platform *platform_here(void) {
  return here;
}

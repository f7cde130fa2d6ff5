/* SPDX-License-Identifier: BSD-2-Clause
 * virtio-mmio devices as a VMM names them on the command line: which windows of
 * registers are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/cpu/cpu.h"
#include "kernel/platform/platform.h"
#include "kernel/platform/virtio.h"

extern const struct platform platform_virtio_mmio;

const struct netdev_driver virtio_net_driver;
struct virtio_device virtio_devices[VIRTIO_DEVICES_MAX];
unsigned virtio_devices_n;

static uint64_t asked[VIRTIO_DEVICES_MAX];
static unsigned asked_n;

uint64_t paging_window(uint64_t base, uint64_t bytes) {
  assert_true(bytes >= 0x200 && asked_n < VIRTIO_DEVICES_MAX);
  asked[asked_n++] = base;
  return base;
}

struct virtio_device *virtio_add(const struct virtio_transport *transport) {
  struct virtio_device *d = &virtio_devices[virtio_devices_n++];
  *d = (struct virtio_device){.transport = transport};
  return d;
}

static bool find(const char *cmdline) {
  asked_n = virtio_devices_n = 0;
  return platform_virtio_mmio.find(lib_span_str(cmdline));
}

static void test_as_firecracker_names_them(void **state) {
  (void)state;
  assert_true(find("console=ttyS0 reboot=k pci=off ip=off virtio_mmio.device=4K@0xd0000000:5 "
                   "virtio_mmio.device=4K@0xd0001000:6"));
  assert_int_equal(virtio_devices_n, 2);
  assert_true(virtio_devices[0].base == 0xd0000000 && virtio_devices[0].gsi == 5);
  assert_true(virtio_devices[0].config == 0xd0000100 && virtio_devices[0].notify == 0xd0000050);
  assert_true(virtio_devices[1].base == 0xd0001000 && virtio_devices[1].gsi == 6);
}

static void test_forms(void **state) {
  (void)state;
  assert_true(find("virtio_mmio.device=0x200@0xFEB00e00:12:3"));
  assert_true(asked_n == 1 && asked[0] == 0xfeb00e00 && virtio_devices[0].gsi == 12);
  assert_true(find("virtio_mmio.device=oops virtio_mmio.device=4K@0xd0000000:5"));
  assert_int_equal(asked_n, 1);
}

/* Nothing is asked for by what is no device. */
static void test_malformed(void **state) {
  (void)state;
  static const char *const values[] = {
      "",
      "4K",
      "4K@",
      "4K@0xd0000000",
      "4K@0xd0000000:",
      "@:",
      "4K@:5",
      "4K@0x:5",
      "4K@d0000000:5",
      "4K@0xd000g000:5",
      "4K@0xd0000000:x",
      "4K@0xd0000000:256",
      "4K@0xd0000001:5",
      "4K@0x1d0000000:5",
      "4K@0x11112222333344445:5",
      "4K@0xd0000000:-1",
  };
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    char cmdline[100] = "virtio_mmio.device=";
    strcat(cmdline, values[i]);
    assert_false(find(cmdline));
    assert_int_equal(asked_n, 0);
  }
  assert_false(find(""));
  assert_false(find("xvirtio_mmio.device=4K@0xd0000000:5"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_firecracker_names_them),
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The scan of PCI and of virtio's capabilities, against configuration spaces made
 * up here, sound ones and ones that lie. A process may not use ports: each use is
 * a signal, and its handler is the host bridge. */
#define _GNU_SOURCE
#include "cmocka_all.h"

#include <kernel/mem.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "kernel/dev/e1000.h"
#include "kernel/platform/pci.h"
#include "kernel/platform/platform.h"
#include "kernel/platform/pm.h"
#include "kernel/platform/virtio.h"

enum { NET = 0x10411af4, OTHER = 0x11112222, BRIDGE = 0x01011af4, FOUND_MAX = 4096 };
enum { PORT_ADDRESS = 0xcf8, PORT_DATA = 0xcfc };

static uint32_t config[65536][64]; /* by bus, device and function; id 0: none there */
static uint32_t bar_mask[65536];   /* of BAR 0: bits that are always 0 */
static uint32_t address;
static unsigned accesses;
static uint16_t found[FOUND_MAX];
static unsigned found_n;

/* What the scan needs of its neighbours. */
const struct netdev_driver virtio_net_driver, e1000_driver;
extern const struct platform platform_pci;

void e1000_found(const struct pci_function *f) {
  if (found_n < FOUND_MAX)
    found[found_n++] = f->at;
}

void pm_found(const struct pci_function *f) {
  (void)f;
}

enum kernel_power pm_asked(void) {
  return KERNEL_POWER_ON;
}

void pm_end(enum kernel_power how) {
  (void)how;
}

uint64_t paging_window(uint64_t base, uint64_t bytes);
uint64_t paging_window(uint64_t base, uint64_t bytes) {
  return bytes <= 4096 ? base : 0;
}

void ioapic_enable(unsigned gsi);
void ioapic_enable(unsigned gsi) {
  (void)gsi;
}

void *kernel_page_alloc(enum memstat_owner owner, size_t n) {
  (void)owner, (void)n;
  return NULL;
}

static uint32_t port_in(uint16_t port) {
  uint32_t *space = config[address >> 8 & 0xffff];
  if (port == PORT_ADDRESS)
    return address;
  return space[0] ? space[address >> 2 & 63] : UINT32_MAX;
}

static void port_out(uint16_t port, uint32_t v) {
  unsigned at = address >> 8 & 0xffff, word = address >> 2 & 63;
  if (port == PORT_ADDRESS)
    address = v;
  else if (port == PORT_DATA && config[at][0])
    config[at][word] = word == 4 ? v & ~bar_mask[at] : v;
}

/* IN and OUT of 8 and 32 bits, with the port in DX or in the instruction. */
static void on_port(int signal, siginfo_t *info, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uint8_t *code = (const uint8_t *)r[REG_RIP];
  uint16_t port = *code < 0xe8 ? code[1] : (uint16_t)r[REG_RDX];
  (void)info;
  switch (*code) {
  case 0xe5:
  case 0xed:
    r[REG_RAX] = port_in(port);
    break;
  case 0xe6:
  case 0xe7:
  case 0xee:
  case 0xef:
    port_out(port, (uint32_t)r[REG_RAX]);
    break;
  default:
    (void)!sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    return;
  }
  accesses++;
  r[REG_RIP] += *code < 0xe8 ? 2 : 1;
}

static uint16_t at(unsigned bus, unsigned slot, unsigned function) {
  return (uint16_t)(bus << 8 | slot << 3 | function);
}

/* A function with header type `header`. */
static uint32_t *add(uint16_t where, uint32_t id, unsigned header) {
  config[where][0] = id;
  config[where][3] = header << 16;
  return config[where];
}

static void add_bridge(uint16_t where, unsigned secondary) {
  add(where, BRIDGE, 1)[6] = secondary << 8;
}

/* Begins each test, for cmocka takes the signal itself before it. */
static void new_machine(void) {
  memset(config, 0, sizeof config);
  memset(bar_mask, 0, sizeof bar_mask);
  memset(virtio_devices, 0, sizeof virtio_devices);
  address = accesses = found_n = virtio_devices_n = 0;
  sigaction(SIGSEGV, &(struct sigaction){.sa_sigaction = on_port, .sa_flags = SA_SIGINFO}, NULL);
}

static void scan(void) {
  assert_true(platform_pci.find((struct lib_span){NULL, 0}));
}

static unsigned times_found(uint16_t where) {
  unsigned n = 0;
  for (unsigned i = 0; i < found_n; i++)
    n += found[i] == where;
  return n;
}

static void no_bridge_is_no_pci(void **state) {
  (void)state;
  new_machine();
  address = UINT32_MAX;
  assert_false(platform_pci.find((struct lib_span){NULL, 0}));
  assert_int_equal(accesses, 1);
}

static void finds_each_function_once(void **state) {
  (void)state;
  new_machine();
  add(at(0, 0, 0), OTHER, 0);
  add(at(0, 31, 0), OTHER, 0x80);
  add(at(0, 31, 7), OTHER, 0);
  add(at(0, 5, 0), OTHER, 0); /* has one function: */
  add(at(0, 5, 1), OTHER, 0); /* this is an echo */
  add_bridge(at(0, 7, 0), 9);
  add(at(9, 3, 0), OTHER, 0);
  add_bridge(at(9, 4, 0), 200);
  add(at(200, 31, 0), OTHER, 0);
  add(at(1, 0, 0), OTHER, 0); /* no bridge leads there */
  scan();
  assert_int_equal(found_n, 8); /* two of them are the bridges */
  assert_int_equal(times_found(at(0, 5, 1)), 0);
  assert_int_equal(times_found(at(0, 31, 7)), 1);
  assert_int_equal(times_found(at(9, 3, 0)), 1);
  assert_int_equal(times_found(at(200, 31, 0)), 1);
}

static void looks_at_one_slot_behind_a_port(void **state) {
  (void)state;
  new_machine();
  add_bridge(at(0, 1, 0), 1);
  config[at(0, 1, 0)][13] = 0x40;
  config[at(0, 1, 0)][16] = 4 << 20 | 0x10; /* Express, root port */
  add(at(1, 0, 0), OTHER, 0);
  add(at(1, 1, 0), OTHER, 0);
  scan();
  assert_int_equal(times_found(at(1, 0, 0)), 1);
  assert_int_equal(times_found(at(1, 1, 0)), 0);
}

static void bridges_in_a_circle_end(void **state) {
  (void)state;
  new_machine();
  for (unsigned slot = 0; slot < 32; slot++)
    for (unsigned function = 0; function < 8; function++) {
      add_bridge(at(0, slot, function), 1);
      add_bridge(at(1, slot, function), 1 + function % 2);
      config[at(0, slot, function)][3] |= 0x80 << 16;
      config[at(1, slot, function)][3] |= 0x80 << 16;
    }
  scan();
  assert_true(found_n <= 32 * 32 * 8);
}

static void capabilities_in_a_circle_end(void **state) {
  struct pci_function f = {.at = at(0, 3, 0)};
  (void)state;
  new_machine();
  uint32_t *space = add(f.at, OTHER, 0);
  space[13] = 0x40;
  space[16] = 0x50 << 8 | 1;
  space[20] = 0x40 << 8 | 2;
  assert_int_equal(pci_capability(&f, 2, 0), 0x50);
  assert_int_equal(pci_capability(&f, 3, 0), 0);
  space[20] = 0x3c << 8 | 2; /* not among capabilities */
  assert_int_equal(pci_capability(&f, 3, 0), 0);
  assert_int_equal(pci_capability(&f, 1, 0x50), 0);
}

static void windows_lie_in_memory_bars(void **state) {
  struct pci_function f = {.at = at(0, 3, 0)};
  (void)state;
  new_machine();
  uint32_t *space = add(f.at, OTHER, 0);
  space[4] = 0xc001;      /* I/O */
  space[5] = 0xfe000008;  /* 32 bits */
  space[6] = 0x1000000c;  /* 64 bits, with */
  space[7] = 0x38;        /* the high half */
  space[10] = 0xfd000000; /* the last; behind it are no BARs: */
  assert_int_equal(pci_window(&f, 0, 0, 16), 0);
  assert_int_equal(pci_window(&f, 1, 0x800, 16), 0xfe000800);
  assert_int_equal(pci_window(&f, 2, 0x10, 16), 0x3810000010);
  assert_int_equal(pci_window(&f, 6, 0, 16), 0);
  assert_int_equal(pci_window(&f, 255, 0, 16), 0);
}

static void places_bars_that_nobody_has_placed(void **state) {
  struct pci_function a = {.at = at(0, 3, 0)}, b = {.at = at(0, 4, 0)},
                      behind = {.at = at(1, 0, 0)};
  (void)state;
  new_machine();
  add(a.at, OTHER, 0);
  add(b.at, OTHER, 0);
  add(behind.at, OTHER, 0);
  bar_mask[a.at] = 0xfff;
  bar_mask[b.at] = 0x1ffff;
  bar_mask[behind.at] = 0xfff;
  uint64_t first = pci_window(&a, 0, 0, 16), second = pci_window(&b, 0, 0, 16);
  assert_true(first >= 0xf0000000 && second + 0x20000 <= 0xfc000000);
  assert_int_equal(second & 0x1ffff, 0);
  assert_true(second >= first + 0x1000);
  assert_int_equal(config[b.at][4], second);
  assert_int_equal(pci_window(&a, 0, 0, 16), first);
  assert_int_equal(pci_window(&behind, 0, 0, 16), 0);
}

/* A capability of virtio at `where`: type, BAR 1, `offset`, `bytes`. */
static void add_capability(uint32_t *space, unsigned where, unsigned next, unsigned type,
                           uint32_t offset, uint32_t bytes) {
  space[where / 4] = type << 24 | 16 << 16 | next << 8 | 9;
  space[where / 4 + 1] = 1;
  space[where / 4 + 2] = offset;
  space[where / 4 + 3] = bytes;
}

static uint32_t *add_net(uint32_t id) {
  uint32_t *space = add(at(0, 2, 0), id, 0);
  space[5] = 0xfe000000;
  space[13] = 0x40;
  add_capability(space, 0x40, 0x50, 1, 0x000, 56);
  add_capability(space, 0x50, 0x70, 2, 0x400, 0x100);
  space[0x60 / 4] = 4; /* the step from doorbell to doorbell */
  add_capability(space, 0x70, 0x80, 4, 0x800, 0x100);
  add_capability(space, 0x80, 0x90, 1, 0xf00, 56); /* a second choice */
  space[0x90 / 4] = 0x11;
  space[0x94 / 4] = 0x1001; /* MSI-X: table in BAR 1 */
  return space;
}

static void reads_where_virtio_has_its_registers(void **state) {
  (void)state;
  new_machine();
  uint32_t *space = add_net(NET);
  scan();
  assert_int_equal(virtio_devices_n, 1);
  struct virtio_device d = virtio_devices[0];
  assert_int_equal(d.id, 1);
  assert_int_equal(d.base, 0xfe000000);
  assert_int_equal(d.notify, 0xfe000400);
  assert_int_equal(d.notify_n, 0x100);
  assert_int_equal(d.notify_step, 4);
  assert_int_equal(d.config, 0xfe000800);
  assert_int_equal(space[0x90 / 4] >> 31, 1); /* messages are on, */
  assert_int_equal(space[1], 6);              /* it is master of the bus */
}

static void knows_a_transitional_device_by_its_subsystem(void **state) {
  (void)state;
  new_machine();
  add_net(0x10001af4)[11] = 1 << 16;
  scan();
  assert_int_equal(virtio_devices_n, 1);
  assert_int_equal(virtio_devices[0].id, 1);
}

static void leaves_alone_what_it_cannot_drive(void **state) {
  (void)state;
  new_machine();
  add_net(0x10421af4); /* a disk */
  scan();
  add_net(NET)[0x4c / 4] = 55; /* common registers too short */
  scan();
  add_net(NET)[0x54 / 4] = 6; /* doorbells in no BAR */
  scan();
  add_net(NET)[0x84 / 4] = 0; /* no MSI-X: */
  config[at(0, 2, 0)][0x90 / 4] = 0;
  scan();
  add_net(NET)[0x5c / 4] = 1 << 20; /* out of a window's reach */
  scan();
  add_net(NET)[0x74 / 4] = 6; /* no address of its own */
  scan();
  assert_int_equal(virtio_devices_n, 0);
}

#define TEST(f) cmocka_unit_test(f)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(no_bridge_is_no_pci),
      TEST(finds_each_function_once),
      TEST(looks_at_one_slot_behind_a_port),
      TEST(bridges_in_a_circle_end),
      TEST(capabilities_in_a_circle_end),
      TEST(windows_lie_in_memory_bars),
      TEST(places_bars_that_nobody_has_placed),
      TEST(reads_where_virtio_has_its_registers),
      TEST(knows_a_transitional_device_by_its_subsystem),
      TEST(leaves_alone_what_it_cannot_drive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

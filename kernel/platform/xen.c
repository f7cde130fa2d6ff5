/* SPDX-License-Identifier: BSD-2-Clause
 * A PVH guest of Xen: calls, events, grants, console, clock and the host's
 * wishes, by Xen's public headers (libxen-dev). All that asks Xen to map a page
 * or to write somewhere happens in xen_find(), before the seal. */
#include <kernel/console.h>
#include <kernel/mem.h>
#include <kernel/panic.h>
#include <lib/err.h>
#include <string.h>

#include "../cpu/cpu.h"
#include "../dev/dev.h"
#include "../mem/page.h"
#include "platform.h"
#include "xen.h"

#include <xen/arch-x86/cpuid.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>

#define CPUID_XEN 0x40000000u /* where a PVH guest finds it */
#define CALL(number, command) (__HYPERVISOR_##number * 256 + (command))
enum {
  GRANTS_AT = XEN_SHARED_INFO + KERNEL_PAGE,
  GRANT_FRAMES_MAX = 511, /* the rest of the window of 2 MiB */
  GRANTS_PER_FRAME = KERNEL_PAGE / sizeof(grant_entry_v1_t),
  WAIT_NS = 100000000,
  PORTS_PER_WORD = 64,
};

_Static_assert(CALL(event_channel_op, EVTCHNOP_send) == HYPERCALL_EVENT_SEND, "layout.h");
_Static_assert(CALL(event_channel_op, EVTCHNOP_alloc_unbound) == HYPERCALL_EVENT_ALLOC, "layout.h");
_Static_assert(CALL(sched_op, SCHEDOP_poll) == HYPERCALL_POLL, "layout.h");
_Static_assert(CALL(sched_op, SCHEDOP_shutdown) == HYPERCALL_SHUTDOWN, "layout.h");
_Static_assert(offsetof(struct shared_info, vcpu_info[0].evtchn_upcall_pending) == 0, "gates.S");

static volatile struct shared_info *const shared = (void *)(uint64_t)XEN_SHARED_INFO;
static volatile grant_entry_v1_t *const grants = (void *)(uint64_t)GRANTS_AT;
static uint32_t grants_n;
static volatile struct xencons_interface *console;
static struct xenstore_domain_interface *store;
static uint32_t console_port, store_port;

static int64_t call(unsigned what, const void *argument, size_t n) {
  memcpy(hypercall_argument, argument, n);
  return cpu_hypercall(what);
}

/* --- Events ------------------------------------------------------------------ */

int64_t xen_event_alloc(domid_t remote) {
  struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = remote};
  int64_t err = call(HYPERCALL_EVENT_ALLOC, &a, sizeof a);
  if (err < 0)
    return err;
  memcpy(&a, hypercall_argument, sizeof a);
  shared->evtchn_mask[a.port / PORTS_PER_WORD] &= ~(1ul << a.port % PORTS_PER_WORD);
  return a.port;
}

void xen_event_send(uint32_t port) {
  call(HYPERCALL_EVENT_SEND, &port, sizeof port);
}

void xen_event_clear(void) {
  shared->vcpu_info[0].evtchn_pending_sel = 0;
  for (unsigned i = 0; i < PORTS_PER_WORD; i++)
    if (shared->evtchn_pending[i] & ~shared->evtchn_mask[i])
      __atomic_and_fetch(&shared->evtchn_pending[i], shared->evtchn_mask[i], __ATOMIC_SEQ_CST);
}

void xen_event_wait(uint32_t port) {
  struct {
    struct sched_poll poll;
    evtchn_port_t port;
  } a = {{.nr_ports = 1, .timeout = clock_pvclock_ns() + WAIT_NS}, port};
  _Static_assert(sizeof a <= HYPERCALL_ARGUMENT_BYTES, "argument");
  set_xen_guest_handle(a.poll.ports, (void *)(hypercall_argument + offsetof(typeof(a), port)));
  call(HYPERCALL_POLL, &a, sizeof a);
  __atomic_and_fetch(&shared->evtchn_pending[port / PORTS_PER_WORD],
                     ~(1ul << port % PORTS_PER_WORD), __ATOMIC_SEQ_CST);
}

/* --- Grants ------------------------------------------------------------------- */

/* A page's reference follows from its number, so the table remembers by itself
 * which pages are granted. */
uint32_t xen_grant(domid_t peer, const void *p, bool writable) {
  uint32_t frame = (uint32_t)((uint64_t)p / KERNEL_PAGE);
  uint32_t ref = frame + GNTTAB_NR_RESERVED_ENTRIES;
  if (grants[ref].flags == 0) {
    grants[ref].domid = peer;
    grants[ref].frame = frame;
    xen_wmb();
    grants[ref].flags = GTF_permit_access | (writable ? 0 : GTF_readonly);
  }
  return ref;
}

/* --- Console ------------------------------------------------------------------ */

/* A reader that does not come is waited for once, then again when it has read. */
static bool console_room(void) {
  enum { TRIES = 5 };
  static bool gone;
  for (int i = 0; console->out_prod - console->out_cons >= sizeof console->out; i++) {
    if (gone || i == TRIES) {
      gone = true;
      return false;
    }
    xen_event_send(console_port);
    xen_event_wait(console_port);
  }
  gone = false;
  return true;
}

static void xen_console_write(const char *p, size_t n) {
  for (size_t i = 0; i < n && console_room(); i++) {
    console->out[console->out_prod & (sizeof console->out - 1)] = p[i];
    xen_wmb();
    console->out_prod++;
  }
  xen_event_send(console_port);
}

/* --- Set-up, before the seal --------------------------------------------------- */

static uint64_t hvm_param(uint32_t index) {
  struct xen_hvm_param a = {.domid = DOMID_SELF, .index = index};
  if (call(CALL(hvm_op, HVMOP_get_param), &a, sizeof a) < 0)
    return 0;
  memcpy(&a, hypercall_argument, sizeof a);
  return a.value;
}

static void *hvm_page(uint32_t index) {
  uint64_t at = hvm_param(index) * KERNEL_PAGE;
  return paging_shared(at, KERNEL_PAGE) ? (void *)at : NULL;
}

static bool map(unsigned space, uint64_t index, uint64_t at) {
  struct xen_add_to_physmap a = {
      .domid = DOMID_SELF, .space = space, .idx = index, .gpfn = at / KERNEL_PAGE};
  return call(CALL(memory_op, XENMEM_add_to_physmap), &a, sizeof a) == 0;
}

/* As many as there are pages, if Xen gives them. */
static void map_grants(void) {
  domid_t self = DOMID_SELF;
  int64_t pages = call(CALL(memory_op, XENMEM_current_reservation), &self, sizeof self);
  for (uint32_t i = 0; i < GRANT_FRAMES_MAX && grants_n < pages + GNTTAB_NR_RESERVED_ENTRIES; i++) {
    if (!map(XENMAPSPACE_grant_table, i, GRANTS_AT + i * KERNEL_PAGE))
      return;
    grants_n += GRANTS_PER_FRAME;
  }
}

static bool map_shared(void) {
  struct xen_hvm_param callback = {.domid = DOMID_SELF,
                                   .index = HVM_PARAM_CALLBACK_IRQ,
                                   .value =
                                       (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | VECTOR_XEN};
  if (!paging_shared(XEN_SHARED_INFO, KERNEL_PAGE) ||
      !map(XENMAPSPACE_shared_info, 0, XEN_SHARED_INFO))
    return false;
  memset((void *)shared->evtchn_mask, 0xff, sizeof shared->evtchn_mask);
  return call(CALL(hvm_op, HVMOP_set_param), &callback, sizeof callback) == 0;
}

static bool xen_find(struct lib_span cmdline) {
  struct cpu_id id = cpu_id(CPUID_XEN, 0);
  (void)cmdline;
  if (id.b != XEN_CPUID_SIGNATURE_EBX || id.c != XEN_CPUID_SIGNATURE_ECX ||
      id.d != XEN_CPUID_SIGNATURE_EDX)
    return false;
  bool amd = cpu_id(0, 0).c == 0x444d4163 || cpu_id(0, 0).c == 0x656e6975; /* cAMD, uine: Hygon */
  hypercall_by = amd ? HYPERCALL_BY_VMMCALL : HYPERCALL_BY_VMCALL;
  console = hvm_page(HVM_PARAM_CONSOLE_PFN);
  store = hvm_page(HVM_PARAM_STORE_PFN);
  if (!console || !store || !map_shared())
    kernel_refuse("Xen does not give a PVH guest what it needs");
  console_port = (uint32_t)hvm_param(HVM_PARAM_CONSOLE_EVTCHN);
  store_port = (uint32_t)hvm_param(HVM_PARAM_STORE_EVTCHN);
  map_grants();
  clock_pvclock_use("xen", (void *)(uint64_t)&shared->vcpu_info[0].time,
                    (void *)(uint64_t)&shared->wc_version);
  return true;
}

/* --- Life ---------------------------------------------------------------------- */

/* What no grant can name is left alone, so that any page can be sent from. */
static void xen_start(void) {
  page_reserve((uint64_t)(grants_n - GNTTAB_NR_RESERVED_ENTRIES) * KERNEL_PAGE);
  xen_store_init(store, store_port);
  xen_store_watch("control/shutdown");
  xen_store_write("control/feature-poweroff", "1");
  xen_store_write("control/feature-reboot", "1");
}

/* The toolstack's requests (docs/misc/xenstore-paths.pandoc of Xen). */
static enum kernel_power xen_power_asked(void) {
  char wish[16];
  if (!xen_store_changed() || xen_store_read("control/shutdown", wish, sizeof wish) <= 0)
    return KERNEL_POWER_ON;
  bool reboot = strcmp(wish, "reboot") == 0;
  if (!reboot && strcmp(wish, "poweroff") != 0 && strcmp(wish, "halt") != 0) {
    kernel_console_say(KERNEL_LOG_ERROR, "thimble: Xen asks for what is not supported: ", wish,
                       NULL);
    return KERNEL_POWER_ON;
  }
  xen_store_write("control/shutdown", "");
  return reboot ? KERNEL_POWER_REBOOT : KERNEL_POWER_OFF;
}

static void xen_power_end(enum kernel_power how) {
  struct sched_shutdown a = {how == KERNEL_POWER_REBOOT ? SHUTDOWN_reboot : SHUTDOWN_poweroff};
  call(HYPERCALL_SHUTDOWN, &a, sizeof a);
}

extern const struct netdev_driver netfront_driver;

const struct platform platform_xen = {
    .name = "xen",
    .find = xen_find,
    .start = xen_start,
    .net = {&netfront_driver},
    .console_write = xen_console_write,
    .power_asked = xen_power_asked,
    .power_end = xen_power_end,
};

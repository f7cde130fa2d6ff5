/* SPDX-License-Identifier: BSD-2-Clause
 * The table of metrics whose values live above net/ and in the platform. What
 * is not a counter by itself is computed when a report asks for it. */
#include "metrics.h"

#include <kernel/clock.h>
#include <kernel/idle.h>
#include <kernel/mem.h>
#include <kernel/netdev.h>
#include <lib/version.h>
#include <memstat/memstat.h>
#include <memstat/metric.h>
#include <tls/tls.h>

struct app_counters app_counters;

static const struct http_server *server;
static bool audit;
static struct kernel_netdev_stat device;
static struct kernel_idle_stat idle;
static struct http_counters http;
static struct {
  uint64_t uptime_ns, start_ns, ram, image, stack, conns, conns_peak, listeners, exits, panics;
} now;

static const struct memstat_metric rows[] = {
    {"uptime_seconds\0Time since entry into the image.", &now.uptime_ns},
    {"start_time_seconds\0Unix time of the entry.", &now.start_ns},
    {"boot_before_entry_seconds\0Time of the TSC at entry; 0: not known.",
     &memstat_vm.boot_entry_ns},
    {"boot_seconds{phase=\"ring3\"}\0Time from entry to the end of a phase of the boot; 0: not "
     "yet.",
     &memstat_vm.boot_ring3_ns},
    {"boot_seconds{phase=\"devices\"}\0", &memstat_vm.boot_devices_ns},
    {"boot_seconds{phase=\"listening\"}\0", &memstat_vm.boot_listening_ns},
    {"boot_seconds{phase=\"address\"}\0", &memstat_vm.boot_address_ns},
    {"boot_seconds{phase=\"first_answer\"}\0", &memstat_vm.boot_answer_ns},
    {"asleep_seconds_total\0Time the CPU was stopped for want of work.", &memstat_vm.asleep_ns},
    {"panics_total\0Panics since the machine was switched on.", &now.panics},
    {"ram_bytes\0RAM of the machine.", &now.ram},
    {"image_bytes\0Memory of the image, its variables and stacks.", &now.image},
    {"stack_peak_bytes\0Deepest use of the stack.", &now.stack},
    {"connections\0Open HTTP connections.", &now.conns},
    {"connections_peak\0Most HTTP connections at once.", &now.conns_peak},
    {"connections_total\0HTTP connections accepted.", &memstat_vm.conns_total},
    {"connections_refused_total\0Connections turned away with 503.", &app_counters.turned_away},
    {"http_received_bytes_total\0Bytes of HTTP received.", &http.received_bytes},
    {"http_sent_bytes_total\0Bytes of HTTP sent.", &http.sent_bytes},
    {"http_timeouts_total\0Requests and answers that were too slow.", &http.timeouts},
    {"http_refusals_total\0Answers 503 and 429.", &http.refusals},
    {"http_event_streams\0Open event streams.", &now.listeners},
    {"network_frames_total{direction=\"in\"}\0Ethernet frames.", &device.rx_frames},
    {"network_frames_total{direction=\"out\"}\0", &device.tx_frames},
    {"network_bytes_total{direction=\"in\"}\0Bytes of Ethernet frames.", &device.rx_bytes},
    {"network_bytes_total{direction=\"out\"}\0", &device.tx_bytes},
    {"network_malformed_frames_total\0Frames the device got wrong.", &device.rx_drops},
    {"device_kicks_total\0Notifications of the network device.", &device.kicks},
    {"device_interrupts_total\0Interrupts of the network device.", &device.interrupts},
    {"idle_sleeps_total\0Times the CPU went to sleep.", &idle.sleeps},
    {"idle_timers_total\0Times the timer was set.", &idle.timers},
    {"vm_exits_caused_total\0VM exits by the above, at least.", &now.exits},
};

/* A sleep, a kick and a timer are an exit each; an interrupt is two, to read
 * what it is about and to acknowledge it. */
static uint64_t exits(void) {
  return idle.sleeps + idle.timers + device.kicks + 2 * device.interrupts;
}

static void refresh(void) {
  if (audit)
    kernel_page_audit();
  memstat_vm.stack_high_water_bytes = kernel_stack_high_water();
  device = *kernel_netdev_stat();
  idle = *kernel_idle_stat();
  http = server->counters;
  now.uptime_ns = kernel_clock_ns();
  now.start_ns = (uint64_t)server->wall_zero_ms * 1000000;
  now.panics = memstat_vm.crashes_n;
  now.ram = memstat_total();
  now.image = memstat_vm.image_bytes;
  now.stack = memstat_vm.stack_high_water_bytes;
  now.conns = memstat_vm.conns_now;
  now.conns_peak = memstat_vm.conns_high_water;
  now.listeners = server->listeners;
  now.exits = exits();
}

/* The compiler leaves out one of the texts. */
static void register_build(void) {
#define BUILD(tls)                                                                                 \
  "build_info{version=\"" LIB_VERSION "\",compiler=\"gcc " __VERSION__ "\",tls=\"" tls             \
  "\"}\0What the image was built from."
  static const uint64_t one = 1;
  static struct memstat_metric row = {NULL, &one};
  static struct memstat_metrics table = {&row, 1, NULL, NULL};
  row.text = tls_here() ? BUILD("mbedtls") : BUILD("none");
  memstat_metrics_register(&table);
}

void app_metrics_init(const struct http_server *s, bool with_audit) {
  static struct memstat_metrics table = {rows, sizeof rows / sizeof *rows, refresh, NULL};
  static struct memstat_histogram durations = {
      "http_request_duration_seconds", "Time from a request's head until its answer is sent.", NULL,
      NULL};
  server = s;
  audit = with_audit;
  durations.values = &s->counters.durations;
  memstat_metrics_register(&table);
  memstat_histogram_register(&durations);
  register_build();
  memstat_clock_ns = kernel_clock_ns;
}

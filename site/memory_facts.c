/* SPDX-License-Identifier: BSD-2-Clause
 * The figures of /memory that are not about owners: the boot, what others have
 * published, the machine, and what this page costs. */
#include <http/html.h>
#include <lib/limits.h>

#include "layout.h"
#include "memory_steps.h"
#include "text.h"

/* A row of the boot's table: a phase, when it ended, and a bar as long. */
static void phase(struct lib_out *o, const char *label, uint64_t ns, uint64_t whole_ns) {
  if (ns == 0)
    return;
  lib_out_all(o, "<tr><th>", label, "<td>", NULL);
  site_text_ms(o, ns);
  lib_out_str(o, "<td>");
  if (ns <= whole_ns)
    site_memory_bar(o, ns, whole_ns);
  lib_out_char(o, '\n');
}

/* The first answer waits for somebody to ask: it has no bar. */
bool site_memory_boot(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_vm *m = &v->vm;
  uint64_t listening = m->boot_listening_ns, address = m->boot_address_ns;
  uint64_t whole = address > listening ? address : listening;
  lib_out_str(o, "<h2>Boot</h2>\n<p class=\"note\">Since the machine entered the image");
  if (m->boot_entry_ns > 0) {
    lib_out_str(o, ", <b>");
    site_text_ms(o, m->boot_entry_ns);
    lib_out_str(o, "</b> after the hypervisor had made its processor");
  }
  lib_out_str(o, ".</p>\n");
  site_memory_table(o, "boot", "Boot", "<th>Phase<th>Done after<th class=fill>");
  phase(o, "In ring 3", m->boot_ring3_ns, whole);
  phase(o, "Drivers", m->boot_devices_ns, whole);
  phase(o, "Listening", listening, whole);
  phase(o, "Has an address", address, whole);
  phase(o, "First answer", m->boot_answer_ns, whole);
  site_memory_table_end(o);
  return true;
}

/* What their authors published: abstracts, and the pages named. */
static const char others[] =
    "<tr><th>Unikraft with nginx<td>1 MB<td>under 10 MB<td>1 ms; 3 to 40 with the VMM"
    "<td>Unikraft, EuroSys 2021\n"
    "<tr><th>LightVM, a unikernel<td><td><td>2.3 ms<td>My VM is Lighter, SOSP 2017\n"
    "<tr><th>Rumprun, hello world<td><td><td>14 to 15 ms<td>Unikraft, EuroSys 2021\n"
    "<tr><th>ClickOS, a middlebox<td><td>5 MB<td>30 ms<td>ClickOS, NSDI 2014\n"
    "<tr><th>LING, Erlang&rsquo;s website<td>1 MB<td>8.7 MB<td>under 100 ms<td>erlangonxen.org\n"
    "<tr><th>MirageOS, its website<td>under 1 MB<td><td><td>MirageOS, FOSDEM 2014\n"
    "<tr><th>Alpine Linux<td><td><td>330 ms<td>Unikraft, EuroSys 2021\n";

static uint64_t image_bytes(const struct site_memory_view *v) {
  uint64_t sum = v->vm.pack_bytes;
  for (unsigned i = 0; i < MEMSTAT_PARTS_N; i++)
    sum += memstat_parts[i].bytes;
  return sum;
}

bool site_memory_peers(struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<h2>Beside others</h2>\n<p class=note>As their authors published them, on other "
                 "machines and in other years: orders of magnitude, not a race.</p>\n");
  site_memory_table(o, "peers", "Others", "<th>System<th>Image<th>Memory<th>Boot<th>Source");
  lib_out_str(o, "<tr><th>This machine<td>");
  site_text_bytes(o, image_bytes(v));
  lib_out_str(o, "<td data-v=used>");
  site_text_bytes(o, v->ram_bytes - v->rows[MEMSTAT_FREE].bytes);
  lib_out_str(o, "<td>");
  site_text_ms(o, v->vm.boot_listening_ns);
  lib_out_all(o, "<td>measured now", others, NULL);
  site_memory_table_end(o);
  return true;
}

bool site_memory_certificates(struct site_memory_view *v, struct lib_out *o) {
  struct memstat_certificate c;
  if (!memstat_certificate || !memstat_certificate(v->at.item, &c)) {
    if (v->at.item > 0)
      site_memory_table_end(o);
    v->at.item = 0;
    return true;
  }
  if (v->at.item++ == 0) {
    lib_out_str(o, "<h2>Certificates</h2>\n");
    site_memory_table(o, "certificates", "Certificates",
                      "<th>Subject<th>Names<th>Key<th>Days left");
  }
  http_html(o, "<tr><th>{}<td>{}<td>{}<td>", HTTP_TEXT(((struct lib_span){c.subject, c.subject_n})),
            HTTP_TEXT(((struct lib_span){c.names, c.names_n})), HTTP_STR(c.key));
  lib_out_i64(o, site_memory_days_left(v, &c));
  lib_out_char(o, '\n');
  return false;
}

/* A figure of the machine; memory.js keeps it up to date. */
static void fact_begin(struct lib_out *o, const char *label, const char *key) {
  lib_out_all(o, "<div><dt>", label, "</dt><dd data-v=\"", key, "\">", NULL);
}

static void fact_end(struct lib_out *o) {
  lib_out_str(o, "</dd></div>\n");
}

static void fact_count(struct lib_out *o, const char *label, const char *key, uint64_t n) {
  fact_begin(o, label, key);
  site_text_group(o, n);
  fact_end(o);
}

static void cost(const struct site_memory_view *v, struct lib_out *o) {
  lib_out_str(o, "<h2>This page</h2>\n<p class=\"note\">Its HTML of ");
  site_text_bytes(o, v->written_bytes + o->n);
  lib_out_str(o, " was written in ");
  site_text_ms(o, v->spent_ns);
  lib_out_str(o, " and took ");
  lib_out_u64(o, sizeof *v + HTTP_STREAM_BYTES);
  lib_out_str(o,
              " bytes of memory: the figures, and a buffer that was filled again whenever it had "
              "been sent. <span id=\"cost\"></span>The same figures: "
              "<a href=\"/memory.json\">JSON</a>, <a href=\"/metrics\">Prometheus</a>.</p>\n");
}

bool site_memory_machine(struct site_memory_view *v, struct lib_out *o) {
  const struct memstat_vm *m = &v->vm;
  lib_out_str(o, "<h2>Machine</h2>\n<dl class=\"facts\">\n");
  fact_begin(o, "Uptime", "uptime");
  site_text_uptime(o, m->uptime_ms);
  fact_end(o);
  fact_count(o, "Requests", "requests", m->requests_total);
  fact_count(o, "Connections in all", "conns_total", m->conns_total);
  fact_count(o, "Most at once", "conns_high", m->conns_high_water);
  if (m->stack_high_water_bytes > 0) { /* measured where the platform can */
    fact_begin(o, "Deepest stack", "stack");
    site_text_bytes(o, m->stack_high_water_bytes);
    fact_end(o);
  }
  lib_out_str(o, "</dl>\n");
  cost(v, o);
  site_layout_end(o);
  return true;
}

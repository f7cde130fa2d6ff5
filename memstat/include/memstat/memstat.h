/* SPDX-License-Identifier: BSD-2-Clause
 * Who owns the VM's memory. Every page of RAM has one owner at every moment;
 * the owners' bytes sum to the RAM. Allocators charge here; the page at
 * /memory reads here. Below everything but lib/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lib/span.h>

enum memstat_owner {
  MEMSTAT_FREE,        /* nobody's: may be handed out */
  MEMSTAT_RESERVED,    /* the firmware's and the hypervisor's */
  MEMSTAT_TEXT,        /* code */
  MEMSTAT_RODATA,      /* constants other than the site */
  MEMSTAT_SITE,        /* the site pack */
  MEMSTAT_DATA,        /* .data and .bss */
  MEMSTAT_STACK,       /* stacks with their guard pages */
  MEMSTAT_PAGE_TABLES, /* page tables and descriptor tables */
  MEMSTAT_PAGE_MAP,    /* the owner of each page, one byte a page */
  MEMSTAT_VIRTQ,       /* virtqueue rings */
  MEMSTAT_NET_RX,      /* receive buffers */
  MEMSTAT_TCP,         /* lwIP: TCP control blocks and segments */
  MEMSTAT_NET,         /* lwIP: everything else */
  MEMSTAT_CONN,        /* HTTP connections */
  MEMSTAT_HTTP,        /* request heads and response buffers */
  MEMSTAT_TLS,         /* TLS sessions and shared state */
  MEMSTAT_LOG,         /* console and log buffers */
  MEMSTAT_OWNERS_N
};

struct memstat_row {
  uint64_t bytes;            /* now */
  uint64_t high_water_bytes; /* most at any time since boot */
  uint64_t refusals;         /* allocations answered with E_NOMEM or E_LIMIT */
};

/* Move `bytes` from owner `from` to owner `to`. */
void memstat_move(enum memstat_owner from, enum memstat_owner to, uint64_t bytes);

/* Bytes that come into the account from nowhere: RAM found at boot. */
void memstat_add(enum memstat_owner owner, uint64_t bytes);

/* Count an allocation refused. */
void memstat_refuse(enum memstat_owner owner);

const struct memstat_row *memstat_row(enum memstat_owner owner);
const char *memstat_name(enum memstat_owner owner);  /* e.g. "page_tables": stable, for machines */
const char *memstat_label(enum memstat_owner owner); /* e.g. "page tables": for people */

/* Sum over all owners: the VM's RAM. */
uint64_t memstat_total(void);

/* A pool of objects of one size, registered once by its allocator. */
struct memstat_pool {
  const char *name; /* static, e.g. "tcp_pcb" */
  enum memstat_owner owner;
  uint32_t object_bytes;
  uint32_t used, high_water; /* objects */
  uint32_t capacity;         /* most objects it will hand out */
  uint32_t refusals;
  struct memstat_pool *next; /* registry; owned by memstat */
};
void memstat_pool_register(struct memstat_pool *pool);
const struct memstat_pool *memstat_pool_first(void);

/* What a folder or a library contributes to the image. Measured when it is
 * linked (tools/size); rows at the end have no name where there are fewer, and
 * none has one in a build that is not measured. The site pack is not there. */
#define MEMSTAT_PARTS_N 16
#define MEMSTAT_PART_NAME 12
struct memstat_part {
  char name[MEMSTAT_PART_NAME]; /* NUL-terminated */
  uint32_t bytes;
};
extern const struct memstat_part memstat_parts[MEMSTAT_PARTS_N];

/* Counters of the whole VM that belong to no pool, set by their owners. */
struct memstat_vm {
  uint64_t uptime_ms;
  uint32_t conns_now, conns_high_water;
  uint64_t conns_total, requests_total;
  uint64_t asleep_ns; /* the CPU stopped for want of work */
  /* How long the TSC had run at entry, as a hypervisor starts it with the
   * machine; 0: not known. The others count from entry; 0: not yet. */
  uint64_t boot_entry_ns;
  uint64_t boot_ring3_ns, boot_devices_ns, boot_listening_ns, boot_address_ns, boot_answer_ns;
  uint32_t image_bytes, stack_high_water_bytes;
  uint32_t pack_bytes;     /* the site pack within the image */
  struct lib_span crash;   /* lines of the report of the last panic; empty: none */
  uint32_t crashes_n;      /* panics since the machine was switched on */
  int64_t crash_wall_unix; /* of the last; 0: not known */
};
extern struct memstat_vm memstat_vm;

/* Nanoseconds since entry, for what a report costs; 0 until app/ sets it. */
extern uint64_t (*memstat_clock_ns)(void);

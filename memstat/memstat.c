/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/assert.h>
#include <memstat/memstat.h>
#include <string.h>

struct memstat_vm memstat_vm;

static uint64_t no_clock(void) {
  return 0;
}

uint64_t (*memstat_clock_ns)(void) = no_clock;

/* The link puts the measured one in its place. */
__attribute__((weak, externally_visible)) const struct memstat_part memstat_parts[MEMSTAT_PARTS_N];

static struct memstat_row rows[MEMSTAT_OWNERS_N];
static struct memstat_pool *pools;

/* For machines, NUL, for people. */
static const char *const names[MEMSTAT_OWNERS_N] = {
    [MEMSTAT_FREE] = "free\0free",
    [MEMSTAT_RESERVED] = "reserved\0firmware and holes",
    [MEMSTAT_TEXT] = "text\0code",
    [MEMSTAT_RODATA] = "rodata\0constants",
    [MEMSTAT_SITE] = "site\0the site",
    [MEMSTAT_DATA] = "data\0variables",
    [MEMSTAT_STACK] = "stack\0stacks",
    [MEMSTAT_PAGE_TABLES] = "page_tables\0page tables",
    [MEMSTAT_PAGE_MAP] = "page_map\0page owners",
    [MEMSTAT_VIRTQ] = "virtq\0virtqueue rings",
    [MEMSTAT_NET_RX] = "net_rx\0receive buffers",
    [MEMSTAT_TCP] = "tcp\0TCP",
    [MEMSTAT_NET] = "net\0network, other",
    [MEMSTAT_CONN] = "conn\0connections",
    [MEMSTAT_HTTP] = "http\0requests and answers",
    [MEMSTAT_TLS] = "tls\0TLS",
    [MEMSTAT_LOG] = "log\0console and log",
};

void memstat_add(enum memstat_owner owner, uint64_t bytes) {
  struct memstat_row *row = &rows[owner];
  row->bytes += bytes;
  if (row->bytes > row->high_water_bytes)
    row->high_water_bytes = row->bytes;
}

void memstat_move(enum memstat_owner from, enum memstat_owner to, uint64_t bytes) {
  LIB_ASSERT(rows[from].bytes >= bytes);
  rows[from].bytes -= bytes;
  memstat_add(to, bytes);
}

void memstat_refuse(enum memstat_owner owner) {
  rows[owner].refusals++;
}

const struct memstat_row *memstat_row(enum memstat_owner owner) {
  return &rows[owner];
}

const char *memstat_name(enum memstat_owner owner) {
  return names[owner];
}

const char *memstat_label(enum memstat_owner owner) {
  return names[owner] + strlen(names[owner]) + 1;
}

uint64_t memstat_total(void) {
  uint64_t sum = 0;
  for (int i = 0; i < MEMSTAT_OWNERS_N; i++)
    sum += rows[i].bytes;
  return sum;
}

void memstat_pool_register(struct memstat_pool *pool) {
  struct memstat_pool **last = &pools;
  while (*last)
    last = &(*last)->next;
  pool->next = NULL;
  *last = pool;
}

const struct memstat_pool *memstat_pool_first(void) {
  return pools;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Intel 8254x (PCI/PCI-X Family of Gigabit Ethernet Controllers, Software
 * Developer's Manual). Simple rather than fast: descriptors of the oldest kind,
 * no sums by the card.
 *
 * The interrupt line stays up until its cause is read. Routed as an edge, it
 * comes once, and not again before card_disarm has read it: the card is silent
 * while there is work without a write to it. Until one has come the card is
 * polled: which line it has, firmware may have left open. */
#include "e1000.h"

#include <kernel/mem.h>
#include <lib/err.h>
#include <lib/limits.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "../cpu/cpu.h"

enum { INTEL = 0x8086, CARD_82540EM = 0x100e, CARD_82545EM = 0x100f, CARD_82574L = 0x10d3 };
enum {
  RING = 128, /* a queue of that many is full with one less */
  REGISTERS = 0x6000,
  BUFFER = KERNEL_POOL_OBJECT_MAX,
  SCRATCH_AT = BUFFER - KERNEL_NETDEV_SCRATCH,
  ETHERNET_HEADER = 14,
  RESET_TRIES = 100000,
  NO_LINE = 16,      /* and above: as ISA has them; 0 is its timer's */
  POLL_NS = 1000000, /* until an interrupt has shown that they come */
};

/* Registers, 13.4. */
enum {
  CTRL = 0,
  ICR = 0xc0,
  IMS = 0xd0,
  IMC = 0xd8,
  RCTL = 0x100,
  TCTL = 0x400,
  TIPG = 0x410,
  RX_RING = 0x2800,
  TX_RING = 0x3800,
  RAL0 = 0x5400,
  RAH0 = 0x5404,
};
enum {
  RING_HIGH = 4,
  RING_BYTES = 8,
  RING_HEAD = 0x10,
  RING_TAIL = 0x18
}; /* behind RX_, TX_RING */
enum { CTRL_ASDE = 0x20, CTRL_SLU = 0x40, CTRL_RST = 1 << 26 };
/* Accept broadcasts and all multicasts; buffers of 2048 bytes; no check sequence. */
enum { RCTL_SETTING = 1 << 1 | 1 << 4 | 1 << 15 | 1 << 26 };
/* Pad short frames; collisions as 13.4.33 has them. */
enum { TCTL_SETTING = 1 << 1 | 1 << 3 | 0xf << 4 | 0x40 << 12, TIPG_SETTING = 0x602008 };
enum { INTERRUPT_RX = 1 << 4 | 1 << 6 | 1 << 7 };

struct descriptor {
  uint64_t address;
  uint16_t n;
  uint8_t sum[1], command; /* of a received one: its sum */
  uint8_t status, error;
  uint16_t special;
};
enum { DONE = 1, LAST = 2, TX_LAST = 1, TX_CHECK_SEQUENCE = 2, TX_REPORT = 8 };

static struct queue {
  volatile struct descriptor *ring; /* [RING] */
  void *cookie[RING];               /* its buffer; or whose frame ends here, if one does */
  uint16_t put, take;               /* next to be given to the card, to come back */
  uint16_t told;                    /* `put` as the card knows it */
} rx, tx;

static uint64_t base; /* 0: there is no card */
static uint8_t line;
static struct kernel_pool buffers;

static volatile uint32_t *reg(unsigned offset) {
  return cpu_reg32(base + offset);
}

static unsigned queue_free(const struct queue *q) {
  return (uint16_t)(q->take - q->put - 1) % RING;
}

static volatile struct descriptor *queue_done(const struct queue *q) {
  volatile struct descriptor *d = &q->ring[q->take];
  return q->take != q->put && d->status & DONE ? d : NULL;
}

static void *queue_take(struct queue *q) {
  void *cookie = q->cookie[q->take];
  q->take = (q->take + 1) % RING;
  return cookie;
}

static void queue_put(struct queue *q, struct descriptor d, void *cookie) {
  q->ring[q->put] = d;
  q->cookie[q->put] = cookie;
  q->put = (q->put + 1) % RING;
}

static void queue_tell(struct queue *q, unsigned ring) {
  if (q->told == q->put)
    return;
  q->told = q->put;
  netdev_stat.kicks++;
  __asm__ volatile("" ::: "memory"); /* x86 keeps the order of stores */
  *reg(ring + RING_TAIL) = q->put;
}

static void card_rx_free(void *scratch) {
  kernel_pool_put(&buffers, (char *)scratch - SCRATCH_AT);
}

static void rx_refill(void) {
  while (queue_free(&rx) > 0) {
    void *b = kernel_pool_get(&buffers);
    if (!b)
      return;
    queue_put(&rx, (struct descriptor){.address = (uint64_t)b}, b);
  }
}

static int card_rx(struct kernel_netdev_frame *frame) {
  volatile struct descriptor *d;
  while ((d = queue_done(&rx)) != NULL) {
    uint32_t n = d->n;
    bool whole = d->status & LAST && !d->error;
    char *b = queue_take(&rx);
    if (!whole || n < ETHERNET_HEADER || n > SCRATCH_AT) {
      netdev_stat.rx_drops++;
      card_rx_free(b + SCRATCH_AT);
      continue;
    }
    netdev_stat.rx_frames++;
    netdev_stat.rx_bytes += n;
    if (queue_free(&rx) > RING / 2)
      rx_refill();
    *frame = (struct kernel_netdev_frame){
        .p = (uint8_t *)b, .n = n, .scarce = queue_free(&rx) > RING / 2, .scratch = b + SCRATCH_AT};
    return 1;
  }
  return 0;
}

static int card_tx(const struct kernel_netdev_tx *t) {
  if (queue_free(&tx) < t->pieces_n)
    return E_AGAIN;
  for (unsigned i = 0; i < t->pieces_n; i++) {
    bool last = i + 1 == t->pieces_n;
    uint8_t command = TX_CHECK_SEQUENCE | TX_REPORT | (last ? TX_LAST : 0);
    queue_put(&tx,
              (struct descriptor){.address = (uint64_t)t->piece[i].p,
                                  .n = (uint16_t)t->piece[i].n,
                                  .command = command},
              last ? t->cookie : NULL);
    netdev_stat.tx_bytes += t->piece[i].n;
  }
  netdev_stat.tx_frames++;
  return 0;
}

static void *card_tx_done(void) {
  while (queue_done(&tx)) {
    void *cookie = queue_take(&tx);
    if (cookie)
      return cookie;
  }
  return NULL;
}

static void card_flush(void) {
  rx_refill();
  queue_tell(&rx, RX_RING);
  queue_tell(&tx, TX_RING);
}

/* The card tells of frames alone: without room, look again. */
static bool card_arm(void) {
  return queue_done(&rx) || queue_free(&tx) < KERNEL_NETDEV_PIECES_MAX;
}

static void card_disarm(bool interrupted) {
  if (interrupted && *reg(ICR))
    netdev_sleep_max_ns = UINT64_MAX;
}

/* 14.3: silent, whatever the firmware has left running, then new. */
static int reset(void) {
  cpu_reg32_set(reg(IMC), UINT32_MAX);
  cpu_reg32_set(reg(RCTL), 0);
  cpu_reg32_set(reg(TCTL), 0);
  *reg(CTRL) |= CTRL_RST;
  for (int i = 0; *reg(CTRL) & CTRL_RST; i++)
    if (i == RESET_TRIES)
      return E_PROTO;
  cpu_reg32_set(reg(IMC), UINT32_MAX);
  (void)*reg(ICR);
  *reg(CTRL) |= CTRL_SLU | CTRL_ASDE;
  return 0;
}

static void ring_init(struct queue *q, unsigned ring, void *memory) {
  q->ring = memory;
  *reg(ring) = (uint32_t)(uint64_t)memory;
  cpu_reg32_set(reg(ring + RING_HIGH), 0); /* RAM ends far below 4 GiB */
  *reg(ring + RING_BYTES) = RING * sizeof(struct descriptor);
  cpu_reg32_set(reg(ring + RING_HEAD), 0);
  cpu_reg32_set(reg(ring + RING_TAIL), 0);
}

static int card_open(struct kernel_netdev_info *info) {
  if (!base)
    return E_NOENT;
  int err = reset();
  if (err < 0)
    return err;
  char *rings = kernel_page_alloc(MEMSTAT_VIRTQ, 1);
  if (!rings)
    return E_NOMEM;
  memset(rings, 0, KERNEL_PAGE);
  ring_init(&rx, RX_RING, rings);
  ring_init(&tx, TX_RING, rings + KERNEL_PAGE / 2);
  uint64_t mac = (uint64_t)*reg(RAH0) << 32 | *reg(RAL0);
  *info = (struct kernel_netdev_info){.mtu = 1500};
  memcpy(info->mac, &mac, sizeof info->mac);
  kernel_pool_init(&buffers, "rx_buffer", MEMSTAT_NET_RX, BUFFER,
                   (uint32_t)(memstat_total() / LIMIT_NET_RX_SHARE / BUFFER));
  *reg(TIPG) = TIPG_SETTING;
  *reg(TCTL) = TCTL_SETTING;
  *reg(RCTL) = RCTL_SETTING;
  netdev_sleep_max_ns = POLL_NS;
  if (line != 0 && line < NO_LINE)
    ioapic_enable(line);
  *reg(IMS) = INTERRUPT_RX;
  card_flush();
  return 0;
}

const struct netdev_driver e1000_driver = {
    card_open, card_rx, card_rx_free, card_tx, card_tx_done, card_flush, card_arm, card_disarm,
};

void e1000_found(const struct pci_function *f) {
  bool mine = f->device == CARD_82540EM || f->device == CARD_82545EM || f->device == CARD_82574L;
  if (f->vendor != INTEL || !mine || base)
    return;
  base = pci_window(f, 0, 0, REGISTERS);
  line = (uint8_t)pci_read(f, PCI_INTERRUPT_LINE);
  pci_enable(f);
}

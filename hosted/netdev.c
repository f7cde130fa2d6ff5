/* SPDX-License-Identifier: BSD-2-Clause
 * The network card over a tap device, or over a datagram socket that another
 * process holds the other end of. One read or write per frame. */
#include <kernel/netdev.h>

#include <errno.h>
#include <fcntl.h>
#include <kernel/mem.h>
#include <lib/err.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hosted.h"

enum { FRAME_MAX = 1952, DONE_MAX = 256 };

static struct kernel_heap frames; /* received frames: FRAME_MAX bytes, then the scratch */
static int fd = -1;
static void *done[DONE_MAX]; /* cookies of sent frames */
static unsigned done_n;
static struct kernel_netdev_stat stat;

static void die(const char *what) {
  fprintf(stderr, "thimble: %s: %s\n", what, strerror(errno));
  exit(1);
}

void hosted_tap_open(const char *name) {
  struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
  int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tap < 0)
    die("/dev/net/tun");
  if (ioctl(tap, TUNSETIFF, &r) < 0)
    die(name);
  hosted_wire_open(tap);
}

void hosted_wire_open(int wire) {
  if (fcntl(wire, F_SETFL, O_NONBLOCK) < 0)
    die("the descriptor of --wire");
  fd = wire;
}

int kernel_netdev_open(struct kernel_netdev_info *info) {
  static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x57};
  if (fd < 0)
    return E_NOENT;
  kernel_heap_init(&frames, "frame", MEMSTAT_NET_RX);
  *info = (struct kernel_netdev_info){.mtu = 1500};
  memcpy(info->mac, mac, sizeof mac);
  return 0;
}

int kernel_netdev_rx(struct kernel_netdev_frame *frame) {
  char *b = kernel_heap_alloc(&frames, FRAME_MAX + KERNEL_NETDEV_SCRATCH);
  if (!b)
    return 0;
  ssize_t n = read(fd, b, FRAME_MAX);
  if (n < 14) {
    kernel_heap_free(b);
    return 0;
  }
  stat.rx_frames++;
  stat.rx_bytes += (uint64_t)n;
  *frame =
      (struct kernel_netdev_frame){.p = (uint8_t *)b, .n = (uint32_t)n, .scratch = b + FRAME_MAX};
  return 1;
}

void kernel_netdev_rx_free(void *scratch) {
  kernel_heap_free((char *)scratch - FRAME_MAX);
}

int kernel_netdev_tx(const struct kernel_netdev_tx *tx) {
  struct iovec v[KERNEL_NETDEV_PIECES_MAX];
  if (done_n == DONE_MAX)
    return E_AGAIN;
  uint64_t bytes = 0;
  for (unsigned i = 0; i < tx->pieces_n; i++) {
    v[i] = (struct iovec){(void *)tx->piece[i].p, tx->piece[i].n};
    bytes += tx->piece[i].n;
  }
  if (writev(fd, v, (int)tx->pieces_n) < 0 && (errno == EAGAIN || errno == ENOBUFS))
    return E_AGAIN;
  stat.tx_frames++;
  stat.tx_bytes += bytes;
  done[done_n++] = tx->cookie;
  return 0;
}

void *kernel_netdev_tx_done(void) {
  return done_n ? done[--done_n] : NULL;
}

void kernel_netdev_flush(void) {}

const struct kernel_netdev_stat *kernel_netdev_stat(void) {
  return &stat;
}

void hosted_netdev_wait(uint64_t timeout_ns) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  struct timespec t = {(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};
  ppoll(&p, 1, &t, NULL);
}

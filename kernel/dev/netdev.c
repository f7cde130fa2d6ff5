/* SPDX-License-Identifier: BSD-2-Clause
 * The network card in use: the first of the platform's that is there. */
#include "netdev.h"

#include <lib/err.h>
#include <stddef.h>

#include "../platform/platform.h"

static const struct netdev_driver *card; /* NULL: none is open */
struct kernel_netdev_stat netdev_stat;
uint64_t netdev_sleep_max_ns = UINT64_MAX;

int kernel_netdev_open(struct kernel_netdev_info *info) {
  const struct netdev_driver *const *driver = platform_here()->net;
  for (int i = 0; i < PLATFORM_NET_MAX && driver[i]; i++) {
    int err = driver[i]->open(info);
    if (err == E_NOENT)
      continue;
    if (err == 0)
      card = driver[i];
    return err;
  }
  return E_NOENT;
}

int kernel_netdev_rx(struct kernel_netdev_frame *frame) {
  return card->rx(frame);
}

void kernel_netdev_rx_free(void *scratch) {
  card->rx_free(scratch);
}

int kernel_netdev_tx(const struct kernel_netdev_tx *tx) {
  return card->tx(tx);
}

void *kernel_netdev_tx_done(void) {
  return card->tx_done();
}

void kernel_netdev_flush(void) {
  card->flush();
}

const struct kernel_netdev_stat *kernel_netdev_stat(void) {
  return &netdev_stat;
}

bool netdev_arm(void) {
  return card && card->arm();
}

void netdev_disarm(bool interrupted) {
  if (!card)
    return;
  if (interrupted)
    netdev_stat.interrupts++;
  card->disarm(interrupted);
}

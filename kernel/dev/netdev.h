/* SPDX-License-Identifier: BSD-2-Clause
 * What a driver of a network card provides, and what the sleeping CPU needs of
 * the card in use. Private to kernel/. */
#pragma once

#include <kernel/netdev.h>

/* The functions are those of kernel/netdev.h, with the same contracts. */
struct netdev_driver {
  int (*open)(struct kernel_netdev_info *info);
  int (*rx)(struct kernel_netdev_frame *frame);
  void (*rx_free)(void *scratch);
  int (*tx)(const struct kernel_netdev_tx *tx);
  void *(*tx_done)(void);
  void (*flush)(void);
  bool (*arm)(void);                /* netdev_arm */
  void (*disarm)(bool interrupted); /* netdev_disarm */
};

extern const struct netdev_driver virtio_net_driver;

/* Kept by the driver in use, but for interrupts. */
extern struct kernel_netdev_stat netdev_stat;

/* The longest sleep without a look at the card, for want of an interrupt. Set by
 * the driver in use; else there is no bound. */
extern uint64_t netdev_sleep_max_ns;

/* Interrupt at the next event. True when there is work already. */
bool netdev_arm(void);

/* Awake: no interrupts.
 *
 * interrupted   one came: acknowledge it */
void netdev_disarm(bool interrupted);

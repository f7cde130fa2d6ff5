/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio_rng.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <string.h>

#include "../cpu/cpu.h"
#include "../platform/virtio.h"
#include "dev.h"

enum { SEED_BYTES = 64 };
#define WAIT_TICKS (1ull << 33) /* some seconds: there is no clock yet */

static struct virtq queue;
static uint8_t seed[SEED_BYTES];
static bool asked;

void virtio_rng_poll(void) {
  if (!asked || !virtq_take(&queue))
    return;
  entropy_mix(seed, queue.written < SEED_BYTES ? queue.written : SEED_BYTES);
  memset(seed, 0, sizeof seed);
  asked = false;
}

static bool wait_for_seed(void) {
  uint64_t from = cpu_tsc();
  while (asked && cpu_tsc() - from < WAIT_TICKS) {
    cpu_pause();
    virtio_rng_poll();
  }
  return !asked;
}

bool virtio_rng_start(bool wait) {
  struct virtio_device *d = virtio_find(VIRTIO_ID_RNG);
  uint64_t offered;
  if (!d || virtio_reset(d, &offered) < 0 || virtio_accept(d, 0) < 0 ||
      virtio_queue_open(d, 0, 4, false, &queue) < 0)
    return false;
  struct kernel_netdev_piece piece = {seed, sizeof seed};
  virtq_put(&queue, &piece, 1, true, seed);
  virtq_publish(&queue);
  virtio_start(d);
  virtio_notify(d, 0);
  asked = true;
  return !wait || wait_for_seed();
}

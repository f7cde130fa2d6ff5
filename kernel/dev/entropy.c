/* SPDX-License-Identifier: BSD-2-Clause
 * The random generator: ChaCha20 whose key is replaced by its own output
 * before anything is handed out (fast key erasure), so that past output cannot
 * be computed from a later state. Sources are mixed by XOR into the key and a
 * step of the cipher: no source can undo another. */
#include <kernel/entropy.h>
#include <kernel/panic.h>
#include <string.h>

#include "../cpu/cpu.h"
#include "chacha.h"
#include "dev.h"
#include "virtio_rng.h"

enum { KEY_WORDS = 8, BLOCK_WORDS = 16, TRIES = 32 };

static uint32_t key[KEY_WORDS];

/* Step the key; the second half of the block is the caller's. */
static void step(uint32_t out[KEY_WORDS]) {
  uint32_t block[BLOCK_WORDS];
  chacha_block(key, 0, block);
  memcpy(key, block, sizeof key);
  memcpy(out, block + KEY_WORDS, sizeof key);
  memset(block, 0, sizeof block);
  __asm__ volatile("" ::"r"(block) : "memory"); /* keep the erasure */
}

void entropy_mix(const void *p, size_t n) {
  const uint8_t *in = p;
  uint32_t unused[KEY_WORDS];
  for (size_t at = 0; at < n; at += sizeof key) {
    uint8_t chunk[sizeof key] = {0};
    uint32_t words[KEY_WORDS];
    memcpy(chunk, in + at, n - at < sizeof key ? n - at : sizeof key);
    memcpy(words, chunk, sizeof key);
    for (int i = 0; i < KEY_WORDS; i++)
      key[i] ^= words[i];
    step(unused);
  }
}

void kernel_entropy_read(void *p, size_t n) {
  uint8_t *out = p;
  while (n) {
    uint32_t words[KEY_WORDS];
    size_t k = n < sizeof words ? n : sizeof words;
    step(words);
    memcpy(out, words, k);
    out += k;
    n -= k;
  }
}

uintptr_t entropy_stack_guard(void) {
  uintptr_t guard;
  kernel_entropy_read(&guard, sizeof guard);
  return guard & ~(uintptr_t)0xff;
}

static bool rdseed(uint64_t *v) {
  bool ok;
  __asm__ volatile("rdseed %0; setc %1" : "=r"(*v), "=qm"(ok)::"cc");
  return ok;
}

static bool rdrand(uint64_t *v) {
  bool ok;
  __asm__ volatile("rdrand %0; setc %1" : "=r"(*v), "=qm"(ok)::"cc");
  return ok;
}

/* 256 bits from one of the CPU's sources. */
static bool mix_cpu(bool (*source)(uint64_t *)) {
  uint64_t seed[4];
  for (int i = 0; i < 4; i++) {
    int tries = 0;
    while (!source(&seed[i]))
      if (++tries == TRIES)
        return false;
  }
  entropy_mix(seed, sizeof seed);
  return true;
}

static bool mix_cpu_sources(void) {
  bool seed = cpu_id(7, 0).b >> 18 & 1, rand = cpu_id(1, 0).c >> 30 & 1;
  return (seed && mix_cpu(rdseed)) | (rand && mix_cpu(rdrand));
}

void entropy_init(void) {
  uint64_t tsc = cpu_tsc();
  bool seeded = mix_cpu_sources();
  /* With a CPU source the device's bytes are mixed in when they come; without
   * one the boot waits for them. */
  if (!virtio_rng_start(!seeded) && !seeded)
    kernel_refuse("no source of randomness: neither RDSEED, RDRAND nor virtio-rng");
  entropy_mix(&tsc, sizeof tsc);
}

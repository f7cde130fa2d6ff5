/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/siphash.h>

#include <string.h>

struct state {
  uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, int n) {
  return x << n | x >> (64 - n);
}

static void round_once(struct state *s) {
  s->v0 += s->v1;
  s->v1 = rotl(s->v1, 13) ^ s->v0;
  s->v0 = rotl(s->v0, 32);
  s->v2 += s->v3;
  s->v3 = rotl(s->v3, 16) ^ s->v2;
  s->v0 += s->v3;
  s->v3 = rotl(s->v3, 21) ^ s->v0;
  s->v2 += s->v1;
  s->v1 = rotl(s->v1, 17) ^ s->v2;
  s->v2 = rotl(s->v2, 32);
}

static void absorb(struct state *s, uint64_t word) {
  s->v3 ^= word;
  round_once(s);
  round_once(s);
  s->v0 ^= word;
}

uint64_t lib_siphash(const struct lib_siphash_key *key, const void *p, size_t n) {
  struct state s = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                    key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
  const unsigned char *in = p;
  size_t left = n;
  for (; left >= 8; in += 8, left -= 8) {
    uint64_t word;
    memcpy(&word, in, 8);
    absorb(&s, word);
  }
  uint64_t last = (uint64_t)n << 56;
  for (size_t i = 0; i < left; i++)
    last |= (uint64_t)in[i] << 8 * i;
  absorb(&s, last);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; i++)
    round_once(&s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

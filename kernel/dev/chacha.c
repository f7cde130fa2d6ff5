/* SPDX-License-Identifier: BSD-2-Clause */
#include "chacha.h"

#include <string.h>

static uint32_t rotl(uint32_t x, int n) {
  return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t *s, int a, int b, int c, int d) {
  s[a] += s[b];
  s[d] = rotl(s[d] ^ s[a], 16);
  s[c] += s[d];
  s[b] = rotl(s[b] ^ s[c], 12);
  s[a] += s[b];
  s[d] = rotl(s[d] ^ s[a], 8);
  s[c] += s[d];
  s[b] = rotl(s[b] ^ s[c], 7);
}

static void double_round(uint32_t *s) {
  quarter_round(s, 0, 4, 8, 12);
  quarter_round(s, 1, 5, 9, 13);
  quarter_round(s, 2, 6, 10, 14);
  quarter_round(s, 3, 7, 11, 15);
  quarter_round(s, 0, 5, 10, 15);
  quarter_round(s, 1, 6, 11, 12);
  quarter_round(s, 2, 7, 8, 13);
  quarter_round(s, 3, 4, 9, 14);
}

void chacha_block(const uint32_t key[8], uint32_t counter, uint32_t out[16]) {
  uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  memcpy(in + 4, key, 32);
  in[12] = counter;
  memcpy(out, in, sizeof in);
  for (int i = 0; i < 10; i++)
    double_round(out);
  for (int i = 0; i < 16; i++)
    out[i] += in[i];
}

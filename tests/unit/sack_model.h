/* SPDX-License-Identifier: BSD-2-Clause
 * The scoreboard beside a plain map of bytes: any string of bytes is a sequence
 * of events for both, after each of which they must agree. For the unit test
 * and the fuzzer. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/sack.h"

enum { MODEL_HOLES = 6, MODEL_BYTES = 1 << 16, MODEL_MSS = 8 };
#define MODEL_BASE 0xfffffe00u /* the numbers pass zero early */

struct model {
  struct net_sack *s;
  uint8_t got[MODEL_BYTES]; /* by offset from MODEL_BASE */
  uint32_t una, top, snd;   /* offsets */
};

static inline void model_want(int holds) {
  if (!holds)
    abort();
}

/* Each byte below the highest is in a hole unless the peer has it. */
static inline void model_check(const struct model *m) {
  const struct net_sack *s = m->s;
  uint32_t at = m->una;
  model_want(s->una == MODEL_BASE + m->una && s->top == MODEL_BASE + m->top);
  for (uint32_t i = 0; i < s->holes_n; i++) {
    uint32_t start = s->hole[i].start - MODEL_BASE, end = s->hole[i].end - MODEL_BASE;
    uint32_t sent = s->hole[i].sent - MODEL_BASE;
    model_want(at <= start && start < end && end <= m->top && start <= sent && sent <= end);
    for (; at < start; at++)
      model_want(m->got[at]);
    for (; at < end; at++)
      model_want(!m->got[at]);
  }
  for (; at < m->top; at++)
    model_want(m->got[at]);
}

static inline void model_block(struct model *m, int32_t left, int32_t right) {
  uint32_t from = m->una + (uint32_t)left, to = m->una + (uint32_t)right;
  int valid = left >= 0 && left < right && to <= m->snd;
  int noted = net_sack_block(m->s, MODEL_BASE + from, MODEL_BASE + to, MODEL_BASE + m->snd);
  model_want(noted || m->s->holes_n == MODEL_HOLES);
  if (!valid || !noted)
    return;
  memset(m->got + from, 1, to - from);
  m->top = to > m->top ? to : m->top;
}

static inline void model_ack(struct model *m, uint32_t n) {
  m->una += n % (m->snd - m->una + 1);
  memset(m->got, 1, m->una);
  m->top = m->una > m->top ? m->una : m->top;
  net_sack_ack(m->s, MODEL_BASE + m->una);
}

/* Judge, and send again what is lost: what is under way grows by just that. */
static inline void model_send(struct model *m) {
  uint32_t snd = MODEL_BASE + m->snd, lost_n = net_sack_judge(m->s, MODEL_MSS);
  uint32_t pipe = net_sack_pipe(m->s, snd, lost_n);
  model_want(lost_n <= m->s->holes_n);
  for (struct net_hole *h; (h = net_sack_next(m->s, lost_n)) != NULL; h->after = snd) {
    model_want(h < m->s->hole + lost_n && h->sent != h->end);
    pipe += h->end - h->sent;
    h->sent = h->end;
  }
  model_want(net_sack_pipe(m->s, snd, lost_n) == pipe);
}

static inline void model_run(const uint8_t *p, size_t n) {
  static struct model m;
  m.una = m.top = m.snd = 0;
  memset(m.got, 0, sizeof m.got);
  m.s = malloc(sizeof *m.s + MODEL_HOLES * sizeof *m.s->hole); /* the sanitizer knows its end */
  net_sack_init(m.s, MODEL_BASE, MODEL_HOLES);
  for (; n >= 3; p += 3, n -= 3) {
    if (p[0] % 8 < 4)
      model_block(&m, p[1] - 16, p[2] - 16);
    else if (p[0] % 8 == 4)
      model_ack(&m, p[1]);
    else if (p[0] % 8 == 5 && net_sack_lose(m.s, MODEL_BASE + m.snd))
      m.top = m.snd;
    else if (p[0] % 8 == 6)
      model_send(&m);
    else if (m.snd + p[1] < MODEL_BYTES && m.snd - m.una < 1000)
      m.snd += p[1];
    model_check(&m);
  }
  free(m.s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "sack.h"

#include <string.h>

static bool before(uint32_t a, uint32_t b) {
  return (int32_t)(a - b) < 0;
}

static uint32_t later(uint32_t a, uint32_t b) {
  return before(a, b) ? b : a;
}

void net_sack_init(struct net_sack *s, uint32_t una, uint32_t most) {
  *s = (struct net_sack){.una = una, .top = una, .lost = una, .holes_most = most};
}

static void remove_hole(struct net_sack *s, uint32_t at) {
  s->holes_n--;
  memmove(s->hole + at, s->hole + at + 1, (s->holes_n - at) * sizeof *s->hole);
}

static bool insert_hole(struct net_sack *s, uint32_t at, struct net_hole hole) {
  if (s->holes_n == s->holes_most)
    return false;
  memmove(s->hole + at + 1, s->hole + at, (s->holes_n - at) * sizeof *s->hole);
  s->hole[at] = hole;
  s->holes_n++;
  return true;
}

/* The hole begins later: what has come counts no more. */
static void set_start(struct net_hole *h, uint32_t start) {
  h->start = start;
  h->sent = later(h->sent, start);
}

static void set_end(struct net_hole *h, uint32_t end) {
  h->end = end;
  if (before(end, h->sent))
    h->sent = end;
}

/* All between what it had and `to` is a hole. */
static bool extend(struct net_sack *s, uint32_t to) {
  bool done = insert_hole(s, s->holes_n, (struct net_hole){s->top, to, s->top, to});
  if (done)
    s->top = to;
  return done;
}

/* The bytes are in the middle of hole `at`, which becomes two. */
static bool divide(struct net_sack *s, uint32_t at, uint32_t left, uint32_t right) {
  struct net_hole second = s->hole[at];
  set_start(&second, right);
  if (!insert_hole(s, at + 1, second))
    return false;
  set_end(&s->hole[at], left);
  return true;
}

bool net_sack_block(struct net_sack *s, uint32_t left, uint32_t right, uint32_t snd_nxt) {
  uint32_t sent = snd_nxt - s->una;
  if (left - s->una >= sent || right - s->una > sent || !before(left, right))
    return true;
  if (before(s->top, left) && !extend(s, left))
    return false;
  s->top = later(s->top, right);
  for (uint32_t i = 0; i < s->holes_n; i++) {
    struct net_hole *h = &s->hole[i];
    bool head = before(h->start, left), tail = before(right, h->end);
    if (!before(left, h->end) || !before(h->start, right))
      continue;
    if (head && tail)
      return divide(s, i, left, right);
    if (head)
      set_end(h, left);
    else if (tail)
      set_start(h, right);
    else
      remove_hole(s, i--);
  }
  return true;
}

void net_sack_ack(struct net_sack *s, uint32_t una) {
  net_sack_block(s, s->una, una, una);
  s->una = una;
  s->lost = later(s->lost, una);
}

bool net_sack_lose(struct net_sack *s, uint32_t to) {
  if (before(s->top, to) && !extend(s, to))
    return false;
  for (uint32_t i = 0; i < s->holes_n; i++)
    s->hole[i].sent = s->hole[i].start;
  s->lost = to;
  return true;
}

uint32_t net_sack_judge(struct net_sack *s, uint32_t mss) {
  uint32_t behind = 0, end = s->top; /* bytes that the peer has behind the hole */
  uint32_t lost_n = 0;
  for (uint32_t i = s->holes_n; i-- > 0;) {
    struct net_hole *h = &s->hole[i];
    behind += end - h->end;
    end = h->start;
    bool deep = behind > (NET_SACK_DUPS - 1) * mss || s->holes_n - i >= NET_SACK_DUPS;
    if (!lost_n && (deep || before(h->start, s->lost)))
      lost_n = i + 1;
    if (before(h->after + NET_SACK_DUPS * mss, s->top))
      h->sent = h->start;
  }
  return lost_n;
}

uint32_t net_sack_pipe(const struct net_sack *s, uint32_t snd_nxt, uint32_t lost_n) {
  uint32_t pipe = snd_nxt - s->top;
  for (uint32_t i = 0; i < s->holes_n; i++) {
    const struct net_hole *h = &s->hole[i];
    pipe += h->sent - h->start + (i < lost_n ? 0 : h->end - h->start);
  }
  return pipe > s->unplaced ? pipe - s->unplaced : 0;
}

struct net_hole *net_sack_next(struct net_sack *s, uint32_t n) {
  for (uint32_t i = 0; i < n && i < s->holes_n; i++)
    if (s->hole[i].sent != s->hole[i].end)
      return &s->hole[i];
  return NULL;
}

static uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

unsigned net_sack_options(const uint8_t *o, unsigned n, uint32_t block[NET_SACK_BLOCKS][2]) {
  enum { END = 0, NOP = 1, SACK = 5 };
  for (unsigned at = 0; at < n && o[at] != END;) {
    unsigned left = n - at, length = o[at] == NOP ? 1 : left > 1 ? o[at + 1] : 0;
    if (length == 0 || length > left || (length == 1 && o[at] != NOP))
      return 0;
    if (o[at] == SACK) {
      unsigned blocks_n = (length - 2) / 8;
      for (uint32_t i = 0; i < 2 * blocks_n; i++)
        block[i / 2][i % 2] = be32(o + at + 2 + 4 * i);
      return blocks_n;
    }
    at += length;
  }
  return 0;
}

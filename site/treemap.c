/* SPDX-License-Identifier: BSD-2-Clause
 * Rows are laid along the shorter side of what is left; a row takes tiles as
 * long as its worst one gets no longer by that. */
#include "treemap.h"

struct place {
  uint64_t x, y, w, h; /* units */
  uint64_t bytes;      /* of the tiles to come */
};

static void sort(struct site_tile *tiles, unsigned n) {
  for (unsigned i = 1; i < n; i++)
    for (unsigned k = i; k > 0 && tiles[k].bytes > tiles[k - 1].bytes; k--) {
      struct site_tile t = tiles[k];
      tiles[k] = tiles[k - 1];
      tiles[k - 1] = t;
    }
}

/* How long the worst tile of a row is for its width, in 256ths. */
static uint64_t worst(const struct place *p, uint64_t row, uint64_t most, uint64_t least) {
  uint64_t side = p->w < p->h ? p->w : p->h, area = p->w * p->h;
  uint64_t row_area = row * area / p->bytes + 1, least_area = least * area / p->bytes + 1;
  uint64_t wide = side * side * (most * area / p->bytes) / row_area * 256 / row_area;
  uint64_t tall = row_area * row_area / (side * side + 1) * 256 / least_area;
  return wide > tall ? wide : tall;
}

static unsigned row_length(const struct place *p, const struct site_tile *t, unsigned n,
                           uint64_t *row) {
  unsigned k = 1;
  *row = t[0].bytes;
  while (k < n && worst(p, *row + t[k].bytes, t[0].bytes, t[k].bytes) <=
                      worst(p, *row, t[0].bytes, t[k - 1].bytes))
    *row += t[k++].bytes;
  return k;
}

/* A row of `k` tiles along the shorter side, which leaves the rest of `p`. */
static void lay(struct place *p, struct site_tile *t, unsigned k, uint64_t row) {
  bool upright = p->w >= p->h;
  uint64_t depth = (upright ? p->w : p->h) * row / p->bytes, side = upright ? p->h : p->w, sum = 0;
  for (unsigned i = 0; i < k; i++) {
    uint64_t from = side * sum / row, to = side * (sum += t[i].bytes) / row;
    t[i].x = (uint16_t)(p->x + (upright ? 0 : from));
    t[i].y = (uint16_t)(p->y + (upright ? from : 0));
    t[i].w = (uint16_t)(upright ? depth : to - from);
    t[i].h = (uint16_t)(upright ? to - from : depth);
  }
  *(upright ? &p->x : &p->y) += depth;
  *(upright ? &p->w : &p->h) -= depth;
  p->bytes -= row;
}

unsigned site_treemap(struct site_tile *tiles, unsigned n, uint16_t w, uint16_t h) {
  struct place p = {0, 0, w, h, 0};
  uint64_t row;
  sort(tiles, n);
  while (n > 0 && tiles[n - 1].bytes == 0)
    n--;
  for (unsigned i = 0; i < n; i++)
    p.bytes += tiles[i].bytes;
  for (unsigned i = 0; i < n;) {
    unsigned k = row_length(&p, tiles + i, n - i, &row);
    lay(&p, tiles + i, k, row);
    i += k;
  }
  return n;
}

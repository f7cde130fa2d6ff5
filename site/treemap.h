/* SPDX-License-Identifier: BSD-2-Clause
 * A squarified treemap: rectangles whose areas are as their sizes, and none
 * much longer than wide (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SITE_TREEMAP_SIDE_MAX 1000 /* of the whole, in units */
#define SITE_TREEMAP_N 24          /* tiles at most */

struct site_tile {
  uint64_t bytes;     /* its size */
  const char *label;  /* the caller's */
  const char *colour; /* the caller's */
  uint16_t x, y, w, h;
};

/* Sort the tiles, the largest first, and place those with a size so that they
 * fill a rectangle of `w` by `h` units without gaps. Pure.
 *
 * n        <= SITE_TREEMAP_N
 * returns  how many have a size; the others are behind them, not placed */
unsigned site_treemap(struct site_tile *tiles, unsigned n, uint16_t w, uint16_t h);

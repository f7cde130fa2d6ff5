/* SPDX-License-Identifier: BSD-2-Clause
 * The guest book's entries (site/guestbook.h): a ring by number. */
#include "guestbook.h"

#include <string.h>

_Static_assert(SITE_GUEST_NAME <= UINT8_MAX && SITE_GUEST_TEXT <= UINT8_MAX, "lengths are a byte");

static struct site_guest ring[SITE_GUEST_ENTRIES];
static uint64_t last_number;

/* The part of `s` that fits `max` bytes and ends where a character ends. */
static struct lib_span cut(struct lib_span s, size_t max) {
  size_t n = s.n;
  if (n > max)
    for (n = max; n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80;)
      n--;
  return lib_span_sub(s, 0, n);
}

static uint8_t keep(char *to, size_t max, struct lib_span s) {
  s = cut(s, max);
  if (s.n > 0)
    memcpy(to, s.p, s.n);
  return (uint8_t)s.n;
}

void site_guestbook_add(struct lib_span name, struct lib_span text, int64_t wall_unix) {
  uint64_t number = ++last_number;
  struct site_guest *g = &ring[number % SITE_GUEST_ENTRIES];
  g->number = number;
  g->wall_unix = wall_unix;
  g->name_n = keep(g->name, sizeof g->name, name);
  g->text_n = keep(g->text, sizeof g->text, text);
}

const struct site_guest *site_guestbook_newest(uint64_t number) {
  if (number > last_number)
    number = last_number;
  const struct site_guest *g = &ring[number % SITE_GUEST_ENTRIES];
  return number > 0 && g->number == number ? g : NULL;
}

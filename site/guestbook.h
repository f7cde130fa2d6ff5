/* SPDX-License-Identifier: BSD-2-Clause
 * The guest book's entries: in memory, the oldest makes room for the newest.
 * Entries are numbered from 1 without gaps, so that a page on its way out
 * finds its place again whatever is signed meanwhile. */
#pragma once

#include <lib/span.h>

#include "pages.h"

struct site_guest {
  uint64_t number;   /* of the entry; 0: none yet */
  int64_t wall_unix; /* when it was signed, Unix s */
  uint8_t name_n, text_n;
  char name[SITE_GUEST_NAME]; /* as sent, not escaped */
  char text[SITE_GUEST_TEXT];
};

/* Keep an entry. What is too long is cut between two characters of UTF-8. */
void site_guestbook_add(struct lib_span name, struct lib_span text, int64_t wall_unix);

/* The newest entry whose number is at most `number`, or NULL. */
const struct site_guest *site_guestbook_newest(uint64_t number);

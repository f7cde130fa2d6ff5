/* SPDX-License-Identifier: BSD-2-Clause
 * /guestbook: the entries, newest first, as a stream of one entry a piece (a
 * piece that does not fit is written again into the next buffer). Signing adds
 * an entry and sends the browser back. */
#include <lib/date.h>

#include "guestbook.h"
#include "layout.h"

enum part { PART_HEAD, PART_ENTRIES, PART_FOOT, PART_END };

struct reading {
  enum part part;
  uint64_t next; /* number of the next entry */
};

static void write_head(struct lib_out *o) {
  site_layout_begin(o, "Guest book", SITE_SECTION_SAMPLES, NULL);
  http_html(o,
            "<h1>Guest book</h1>\n<p class=\"lede\">Kept in memory: the last {} entries, until the "
            "machine restarts.</p>\n<form method=\"post\" action=\"/guestbook\">\n"
            "<label>Name <input name=\"name\" maxlength=\"{}\" required></label>\n"
            "<label>Message <textarea name=\"text\" maxlength=\"{}\" required></textarea></label>\n"
            "<button>Sign</button>\n</form>\n",
            HTTP_NUMBER(SITE_GUEST_ENTRIES), HTTP_NUMBER(SITE_GUEST_NAME),
            HTTP_NUMBER(SITE_GUEST_TEXT));
  if (site_guestbook_newest(UINT64_MAX) == NULL)
    lib_out_str(o, "<p>No entries yet.</p>\n");
  lib_out_str(o, "<ol class=\"entries\" reversed>\n");
}

static void write_time(struct lib_out *o, int64_t wall_unix) {
  struct lib_date d;
  lib_date_from_unix(wall_unix, &d);
  const unsigned parts[] = {(unsigned)d.year, d.month, d.day, d.hour, d.minute};
  const char before[] = {0, '-', '-', ' ', ':'};
  for (unsigned i = 0; i < 5; i++) {
    if (before[i])
      lib_out_char(o, before[i]);
    lib_out_u64_pad(o, parts[i], 2, '0');
  }
}

static void write_entry(struct lib_out *o, const struct site_guest *g) {
  struct lib_span name = {g->name, g->name_n}, text = {g->text, g->text_n};
  http_html(o, "<li><b>{} <time>", HTTP_TEXT(name));
  write_time(o, g->wall_unix);
  http_html(o, " UTC</time></b>{}</li>\n", HTTP_TEXT(text));
}

static void write_foot(struct lib_out *o) {
  lib_out_str(o, "</ol>\n");
  site_layout_end(o);
}

static void write_piece(struct reading *r, struct lib_out *o) {
  const struct site_guest *g = site_guestbook_newest(r->next);
  if (r->part == PART_HEAD) {
    write_head(o);
    r->part = PART_ENTRIES;
  } else if (r->part == PART_ENTRIES && g != NULL) {
    write_entry(o, g);
    r->next = g->number - 1;
  } else {
    write_foot(o);
    r->part = PART_END;
  }
}

static int fill(void *state, struct lib_out *out, uint64_t now_ms, uint64_t *wake_ms) {
  struct reading *r = state;
  (void)now_ms, (void)wake_ms;
  while (r->part != PART_END) {
    struct reading before = *r;
    struct lib_out mark = *out;
    write_piece(r, out);
    if (out->overflow) {
      *r = before;
      *out = mark;
      return mark.n == 0 ? E_LIMIT : 0;
    }
  }
  return HTTP_STREAM_END;
}

int site_page_guestbook(struct http_exchange *x) {
  struct reading *r = http_reply_stream(x, 200, HTTP_TYPE_HTML, fill, NULL, sizeof *r);
  if (r == NULL)
    return 0;
  r->next = UINT64_MAX;
  site_layout_fields(x);
  return 0;
}

int site_page_guestbook_sign(struct http_exchange *x) {
  struct lib_span name = lib_span_trim(http_form(x, "name"));
  struct lib_span text = lib_span_trim(http_form(x, "text"));
  if (name.n == 0 || text.n == 0)
    return E_PROTO;
  site_guestbook_add(name, text, http_wall_unix(x));
  http_reply_redirect(x, 303, LIB_SPAN("/guestbook"));
  return 0;
}

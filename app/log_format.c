/* SPDX-License-Identifier: BSD-2-Clause */
#include "log_format.h"

#include <http/json.h>
#include <lib/date.h>

enum { TEXT_MAX = 256, TEXT_MIN = 16 };

/* "06/Nov/1994:08:49:37 +0000" */
static void write_clf_time(struct lib_out *o, int64_t wall_unix) {
  char text[32];
  struct lib_out date;
  lib_out_init(&date, text, sizeof text);
  lib_date_http(&date, wall_unix); /* Sun, 06 Nov 1994 08:49:37 GMT */
  const struct {
    uint8_t from, to;
    char end;
  } parts[] = {{5, 7, '/'}, {8, 11, '/'}, {12, 16, ':'}, {17, 25, ' '}};
  for (unsigned i = 0; i < 4; i++) {
    lib_out_span(o, lib_span_sub(lib_out_done(&date), parts[i].from, parts[i].to));
    lib_out_char(o, parts[i].end);
  }
  lib_out_str(o, "+0000");
}

/* RFC 3339: 1994-11-06T08:49:37Z */
static void write_time(struct lib_out *o, int64_t wall_unix) {
  struct lib_date d;
  lib_date_from_unix(wall_unix, &d);
  const unsigned parts[] = {(unsigned)d.year, d.month, d.day, d.hour, d.minute, d.second};
  const char ends[] = "--T::Z";
  for (unsigned i = 0; i < 6; i++) {
    lib_out_u64_pad(o, parts[i], 2, '0');
    lib_out_char(o, ends[i]);
  }
}

/* Escaped as nginx does; nothing is "-". */
static void write_text(struct lib_out *o, struct lib_span s, size_t most) {
  for (size_t i = 0; i < s.n && i < most; i++) {
    unsigned char c = (unsigned char)s.p[i];
    if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
      lib_out_char(o, s.p[i]);
      continue;
    }
    lib_out_str(o, "\\x");
    lib_out_hex(o, c, 2);
  }
  lib_out_str(o, s.n > most ? "..." : s.n ? "" : "-");
}

static void write_combined(struct lib_out *o, const struct http_access *a, size_t most) {
  lib_out_all(o, a->peer, " - - [", NULL);
  write_clf_time(o, a->wall_unix);
  lib_out_str(o, "] \"");
  write_text(o, a->method, most);
  if (a->method.n) {
    lib_out_char(o, ' ');
    write_text(o, a->target, most);
    lib_out_all(o, " HTTP/1.", a->minor ? "1" : "0", NULL);
  }
  lib_out_str(o, "\" ");
  lib_out_u64(o, a->status);
  lib_out_char(o, ' ');
  lib_out_u64(o, a->bytes);
  lib_out_str(o, " \"");
  write_text(o, a->referer, most);
  lib_out_str(o, "\" \"");
  write_text(o, a->user_agent, most);
  lib_out_char(o, '"');
}

static void member(struct http_json *j, const char *key, struct lib_span value, size_t most) {
  http_json_key(j, key);
  http_json_span(j, lib_span_sub(value, 0, most));
}

static void number(struct http_json *j, const char *key, uint64_t value) {
  http_json_key(j, key);
  http_json_u64(j, value);
}

static void write_json(struct lib_out *o, const struct http_access *a, size_t most) {
  struct http_json j = {o, false};
  char text[32];
  struct lib_out time;
  lib_out_init(&time, text, sizeof text);
  write_time(&time, a->wall_unix);
  http_json_open(&j, '{');
  member(&j, "time", lib_out_done(&time), most);
  member(&j, "peer", lib_span_str(a->peer), most);
  member(&j, "method", a->method, most);
  member(&j, "host", a->host, most);
  member(&j, "target", a->target, most);
  number(&j, "status", a->status);
  number(&j, "bytes", a->bytes);
  number(&j, "duration_ms", a->duration_ms);
  member(&j, "referer", a->referer, most);
  member(&j, "user_agent", a->user_agent, most);
  http_json_close(&j, '}');
}

void app_log_access_line(struct lib_out *o, enum app_log_access format,
                         const struct http_access *a) {
  const struct lib_out mark = *o;
  for (size_t most = TEXT_MAX; most >= TEXT_MIN; most /= 2) {
    *o = mark;
    (format == APP_LOG_JSON ? write_json : write_combined)(o, a, most);
    if (!o->overflow)
      return;
  }
}

void app_log_syslog_head(struct lib_out *o, enum kernel_log level, int64_t wall_unix,
                         struct lib_span host, const char *id) {
  static const char *const priority[] = {"<131>1 ", "<131>1 ", "<134>1 ", "<135>1 "}; /* local0 */
  lib_out_str(o, priority[level]);
  if (wall_unix)
    write_time(o, wall_unix);
  else
    lib_out_char(o, '-');
  lib_out_char(o, ' ');
  lib_out_span(o, host.n ? host : LIB_SPAN("-"));
  lib_out_all(o, " thimble - ", id, " - ", NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <lib/date.h>
#include <lib/err.h>

#define DAY_S 86400

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970-01-01. The year is taken to begin in March, so that the leap
 * day is its last day and months have a linear formula. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  int64_t era = year / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

void lib_date_from_unix(int64_t s, struct lib_date *d) {
  int64_t days = s / DAY_S + 719468, second = s % DAY_S;
  int64_t era = days / 146097, doe = days % 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  d->day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
  d->month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
  d->year = (int)(yoe + era * 400 + (d->month <= 2));
  d->hour = (unsigned)(second / 3600);
  d->minute = (unsigned)(second / 60 % 60);
  d->second = (unsigned)(second % 60);
  d->weekday = (unsigned)((s / DAY_S + 4) % 7);
}

int64_t lib_date_to_unix(const struct lib_date *d) {
  return days_from_civil(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 +
         d->second;
}

static struct lib_span name3(const char *table, unsigned i) {
  return (struct lib_span){table + 3 * i, 3};
}

void lib_date_http(struct lib_out *o, int64_t unix_s) {
  struct lib_date d;
  lib_date_from_unix(unix_s, &d);
  lib_out_span(o, name3(weekdays, d.weekday));
  lib_out_str(o, ", ");
  lib_out_u64_pad(o, d.day, 2, '0');
  lib_out_char(o, ' ');
  lib_out_span(o, name3(months, d.month - 1));
  lib_out_char(o, ' ');
  lib_out_u64_pad(o, (uint64_t)d.year, 4, '0');
  lib_out_char(o, ' ');
  lib_out_u64_pad(o, d.hour, 2, '0');
  lib_out_char(o, ':');
  lib_out_u64_pad(o, d.minute, 2, '0');
  lib_out_char(o, ':');
  lib_out_u64_pad(o, d.second, 2, '0');
  lib_out_str(o, " GMT");
}

static bool days_fit(const struct lib_date *d) {
  static const unsigned char days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
  unsigned max = d->month == 2 && !leap ? 28 : days[d->month - 1];
  return d->day >= 1 && d->day <= max;
}

/* The month whose name stands at `s`, 1 to 12, or 0. */
static unsigned month_of(struct lib_span s) {
  for (unsigned m = 0; m < 12; m++)
    if (lib_span_eq(s, name3(months, m)))
      return m + 1;
  return 0;
}

/* Match `in` against a picture: D day, B month name, Y year, h m s time (all
 * digits), anything else itself. `d` receives the numbers. */
static bool match(struct lib_span in, const char *picture, struct lib_date *d) {
  unsigned year = 0, *field = NULL;
  size_t at = 0;
  *d = (struct lib_date){0};
  for (; *picture; picture++, at++) {
    if (at >= in.n)
      return false;
    char c = in.p[at];
    switch (*picture) {
    case 'B':
      d->month = month_of(lib_span_sub(in, at, at + 3));
      at += 2;
      if (d->month == 0)
        return false;
      continue;
    case 'D':
      field = &d->day;
      break;
    case 'Y':
      field = &year;
      break;
    case 'h':
      field = &d->hour;
      break;
    case 'm':
      field = &d->minute;
      break;
    case 's':
      field = &d->second;
      break;
    case '_': /* day of asctime: a space or a digit */
      if (c == ' ')
        continue;
      field = &d->day;
      break;
    default:
      if (c != *picture)
        return false;
      continue;
    }
    if (c < '0' || c > '9')
      return false;
    *field = *field * 10 + (unsigned)(c - '0');
  }
  d->year = (int)year;
  return at == in.n;
}

static bool valid(const struct lib_date *d) {
  return d->year >= 1970 && days_fit(d) && d->hour < 24 && d->minute < 60 && d->second <= 60;
}

static void expand_year(struct lib_date *d, int64_t now_s) {
  struct lib_date now;
  lib_date_from_unix(now_s, &now);
  d->year += now.year / 100 * 100;
  if (d->year > now.year + 50)
    d->year -= 100;
}

/* Behind the name of the weekday; a wrong name of the right form is let pass. */
int64_t lib_date_http_parse(struct lib_span s, int64_t now_s) {
  struct lib_date d;
  size_t comma = lib_span_find(s, ',');
  if (comma < s.n) {
    struct lib_span rest = lib_span_sub(s, comma, s.n);
    if (comma == 3 && match(rest, ", DD B YYYY hh:mm:ss GMT", &d))
      return valid(&d) ? lib_date_to_unix(&d) : E_PROTO;
    if (comma < 6 || !match(rest, ", DD-B-YY hh:mm:ss GMT", &d))
      return E_PROTO;
    expand_year(&d, now_s);
    return valid(&d) ? lib_date_to_unix(&d) : E_PROTO;
  }
  if (!match(lib_span_sub(s, 3, s.n), " B _D hh:mm:ss YYYY", &d) || !valid(&d))
    return E_PROTO;
  return lib_date_to_unix(&d);
}

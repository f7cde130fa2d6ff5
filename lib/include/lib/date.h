/* SPDX-License-Identifier: BSD-2-Clause
 * Unix time to and from the calendar, proleptic Gregorian, UTC. */
#pragma once

#include <lib/out.h>

struct lib_date {
  int year;            /* 1970 to 9999 */
  unsigned month, day; /* 1 to 12, 1 to 31 */
  unsigned hour, minute, second;
  unsigned weekday; /* 0 = Sunday */
};

/* Split Unix seconds (>= 0) into fields. */
void lib_date_from_unix(int64_t s, struct lib_date *d);

/* Unix seconds of a date; `weekday` is not read. */
int64_t lib_date_to_unix(const struct lib_date *d);

/* Write the 29 bytes of an IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT.
 * source   RFC 9110 5.6.7 */
void lib_date_http(struct lib_out *o, int64_t unix_s);

/* Parse an HTTP-date in any of its three forms. A two-digit year more than 50
 * years after `now_s` is one of the past century.
 *
 * returns  Unix seconds, >= 0
 * errors   E_PROTO   not a date
 * source   RFC 9110 5.6.7 */
int64_t lib_date_http_parse(struct lib_span s, int64_t now_s);

/* SPDX-License-Identifier: BSD-2-Clause
 * The CMOS clock (Motorola MC146818), read once at boot. */
#include <lib/date.h>

#include "../cpu/cpu.h"
#include "dev.h"

enum { INDEX = 0x70, DATA = 0x71 };
enum {
  SECOND = 0,
  MINUTE = 2,
  HOUR = 4,
  DAY = 7,
  MONTH = 8,
  YEAR = 9,
  STATUS_A = 10,
  STATUS_B = 11
};
enum { UPDATING = 0x80, BINARY = 4, HOURS_24 = 2 };
enum { TRIES = 100000 }; /* an update takes 2 ms; without a clock we must end */

static uint8_t reg(uint8_t index) {
  cpu_out8(INDEX, index);
  return cpu_in8(DATA);
}

static unsigned number(uint8_t index, bool binary) {
  uint8_t v = reg(index);
  return binary ? v : (v >> 4) * 10u + (v & 15);
}

static struct lib_date read_once(uint8_t status) {
  bool binary = status & BINARY;
  return (struct lib_date){.second = number(SECOND, binary),
                           .minute = number(MINUTE, binary),
                           .hour = number(HOUR, binary),
                           .day = number(DAY, binary),
                           .month = number(MONTH, binary),
                           .year = 2000 + (int)number(YEAR, binary)};
}

int64_t rtc_read_unix(void) {
  uint8_t status = reg(STATUS_B);
  if (status == 0xff || !(status & HOURS_24)) /* absent, or as no VMM sets it */
    return 0;
  for (int i = 0; reg(STATUS_A) & UPDATING; i++)
    if (i == TRIES)
      return 0;
  struct lib_date d = read_once(status);
  if (number(SECOND, status & BINARY) != d.second) /* it ticked meanwhile */
    d = read_once(status);
  if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31)
    return 0;
  return lib_date_to_unix(&d);
}

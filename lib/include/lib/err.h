/* SPDX-License-Identifier: BSD-2-Clause
 * The error codes of every layer. A function returns >= 0 for success or a
 * count, or one of these. lwIP's and mbedTLS's codes are translated in net/
 * and tls/ and do not leave those folders. */
#pragma once

enum lib_err {
  E_AGAIN = -1,  /* not now: call again with more input, room or time */
  E_NOMEM = -2,  /* memory is exhausted; counted by the allocator */
  E_LIMIT = -3,  /* a bound of lib/limits.h was reached */
  E_PROTO = -4,  /* the peer, device or file does not keep to its format */
  E_CLOSED = -5, /* the other side is gone */
  E_IO = -6,     /* the device failed */
  E_NOENT = -7,  /* no such thing */
};

/* SPDX-License-Identifier: BSD-2-Clause
 * POST or PUT /upload: takes a body of any length piece by piece, keeps nothing,
 * and tells its length and CRC-32 (that of gzip and zlib; RFC 1952 8). */
#include "pages.h"

static uint32_t crc32(uint32_t crc, struct lib_span piece) {
  crc = ~crc;
  for (size_t i = 0; i < piece.n; i++) {
    crc ^= (unsigned char)piece.p[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

int site_upload_piece(void *state, struct lib_span piece) {
  struct site_upload *u = state;
  u->bytes += piece.n;
  u->crc = crc32(u->crc, piece);
  return 0;
}

int site_page_upload(struct http_exchange *x) {
  const struct site_upload *u = http_state(x);
  struct lib_out *o = http_reply(x, 200, HTTP_TYPE_TEXT);
  lib_out_u64(o, u->bytes);
  lib_out_str(o, " bytes, CRC-32 ");
  lib_out_hex(o, u->crc, 8);
  lib_out_char(o, '\n');
  return 0;
}

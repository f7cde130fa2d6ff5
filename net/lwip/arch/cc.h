/* SPDX-License-Identifier: BSD-2-Clause
 * What lwIP wants to know of compiler and platform. */
#pragma once

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "lu"

#define LWIP_PLATFORM_DIAG(x)
/* An assertion of lwIP's is one trap instruction: the panic names the address,
 * and the symbols the line. Its texts would be 8 KB of the image. */
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()

uint32_t net_random(void);
#define LWIP_RAND() net_random()

/* As instructions, not calls. */
#define lwip_htonl(x) __builtin_bswap32(x)
#define lwip_htons(x) __builtin_bswap16(x)

/* net/checksum.c */
uint16_t net_checksum(const void *bytes, int n);
#define LWIP_CHKSUM net_checksum

/* musl's, under a name that the compiler does not know: told to save bytes, it
 * would copy them one at a time in place of a call. */
void *net_memcpy(void *to, const void *from, unsigned long n) __asm__("memcpy");
#define MEMCPY(to, from, n) net_memcpy(to, from, n)

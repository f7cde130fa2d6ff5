/* SPDX-License-Identifier: BSD-2-Clause
 * What lwIP wants to know of compiler and platform. */
#pragma once

#include <lib/assert.h>

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
#define LWIP_PLATFORM_ASSERT(x) lib_assert_fail(x, "lwIP", __LINE__)

uint32_t net_random(void);
#define LWIP_RAND() net_random()

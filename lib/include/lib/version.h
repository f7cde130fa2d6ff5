/* SPDX-License-Identifier: BSD-2-Clause
 * The version of the sources. */
#pragma once

#define LIB_VERSION "0.1.0"

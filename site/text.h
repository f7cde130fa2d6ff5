/* SPDX-License-Identifier: BSD-2-Clause
 * Figures as people read them, on every page in the same form. The scripts of
 * site/content format alike, so that a live page does not jump. */
#pragma once

#include <lib/out.h>

/* A count with its digits in groups of three: 33,554,432. */
void site_text_group(struct lib_out *o, uint64_t n);

/* Bytes to a tenth: 12.5 KiB, 32 MiB. */
void site_text_bytes(struct lib_out *o, uint64_t bytes);

/* `part` of `whole` to a hundredth: 12.34 %. A whole of 0 has no parts: 0.00 %. */
void site_text_share(struct lib_out *o, uint64_t part, uint64_t whole);

/* Nanoseconds as milliseconds to a hundredth: 3.14 ms. */
void site_text_ms(struct lib_out *o, uint64_t ns);

/* Milliseconds as hours, minutes and seconds: 26:03:09. */
void site_text_uptime(struct lib_out *o, uint64_t ms);

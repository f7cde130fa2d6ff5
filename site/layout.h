/* SPDX-License-Identifier: BSD-2-Clause
 * The frame of a page made by code: what the files of site/content have above
 * and below their <main>. */
#pragma once

#include <http/handler.h>

enum site_section {
  SITE_SECTION_MEMORY,
  SITE_SECTION_SAMPLES,
  SITE_SECTION_FOREIGN, /* on a site that is not the sample: the menu leads only home */
};

/* Add the fields that every page of HTML has, to an answer begun. */
void site_layout_fields(struct http_exchange *x);

/* Write a page from its doctype to the start tag of <main>.
 *
 * title    trusted text, shown as "<title>: Thimble"
 * section  the entry of the menu to mark
 * script   path of a script of the site, or NULL */
void site_layout_begin(struct lib_out *o, const char *title, enum site_section section,
                       const char *script);

/* Write what follows <main>. */
void site_layout_end(struct lib_out *o);

/* SPDX-License-Identifier: BSD-2-Clause */
#include <memstat/certificate.h>

memstat_certificate_fn *memstat_certificate;

/* SPDX-License-Identifier: BSD-2-Clause
 * What mbedTLS's interface does not offer, and its structures do. Private to tls/. */
#pragma once

#include <mbedtls/ssl.h>
#include <tls/tls.h>

#define TLS_RECORD_BYTES 16384u /* content of a full record, RFC 8446 5.1 */

/* Encrypt `plain`, and `more` behind it, as the next record of application data.
 *
 * record   where it goes: TLS_RECORD_OVERHEAD bytes more than both have
 * returns  bytes of the record; 0 on failure */
size_t tls_seal_record(mbedtls_ssl_context *ssl, struct lib_span plain, struct lib_span more,
                       unsigned char *record);

/* The record has been sent. False when the sequence numbers are used up. */
bool tls_seal_count_up(mbedtls_ssl_context *ssl);

/* Let mbedTLS's write callback know how its bytes fared. True when none wait. */
bool tls_seal_flush(mbedtls_ssl_context *ssl);

/* A fatal alert of ours is under way. */
bool tls_seal_has_alert(const mbedtls_ssl_context *ssl);

/* Free the record buffers, unless they hold something (false); `counter` keeps
 * the 8 bytes of them that are needed again, the others are wiped: at the most
 * `used` bytes of records have been in each. Get them back, if they are away:
 * false when there is no memory. */
bool tls_seal_rest(mbedtls_ssl_context *ssl, unsigned char counter[8], size_t used);
bool tls_seal_wake(mbedtls_ssl_context *ssl, const unsigned char counter[8]);

/* Free what only the handshake needed. To be called when it is over. */
void tls_seal_forget_handshake(mbedtls_ssl_context *ssl);

/* Count a handshake that is over by version and kind. */
void tls_seal_count(const mbedtls_ssl_context *ssl, struct tls_stat *stat);

/* SPDX-License-Identifier: BSD-2-Clause
 * What OpenSSL's curve25519.c wants of the headers around it, so that it can be
 * compiled alone. The Ed25519 in it is not used and is dropped by the linker;
 * its calls only have to compile. */
#pragma once

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>
#include <stddef.h>
#include <stdint.h>

#define X25519_ASM
#define OPENSSL_cleanse mbedtls_platform_zeroize
#define ED25519_KEYLEN 32
#define SHA512_DIGEST_LENGTH 64
#define SN_sha512 ""

#define CRYPTO_memcmp mbedtls_ct_memcmp

typedef void EVP_MD, EVP_MD_CTX, OSSL_LIB_CTX;
#define EVP_MD_fetch(...) NULL
#define EVP_MD_CTX_new() NULL
#define EVP_MD_free(...) (void)0
#define EVP_MD_CTX_free(...) (void)0
#define EVP_DigestInit_ex(...) 0
#define EVP_DigestUpdate(...) 0
#define EVP_DigestFinal_ex(...) 0
#define EVP_Digest(...) 0

/* SPDX-License-Identifier: BSD-2-Clause
 * P-256 over the arithmetic of OpenSSL's ecp_nistz256 assembly: field, group
 * order, point addition and table look-up are its, all in constant time; here
 * are only the walks over a scalar's digits. Multiples of the base point use a
 * comb of 6 teeth, 43 bits apart; others a window of 4 bits. No partial sum of
 * either meets the exceptional cases of the addition: each is a smaller
 * multiple than the order, and differs from what is added. */
#include <kernel/entropy.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "fast.h"
#include "fast_p256_comb.h"

typedef tls_p256_number number;

struct point {
  number x, y, z; /* Jacobian, in Montgomery form; z = 0: infinity */
};

/* OpenSSL, crypto/ec/asm/ecp_nistz256-x86_64.pl */
void ecp_nistz256_mul_mont(number r, const number a, const number b);
void ecp_nistz256_sqr_mont(number r, const number a);
void ecp_nistz256_to_mont(number r, const number a);
void ecp_nistz256_from_mont(number r, const number a);
void ecp_nistz256_ord_mul_mont(number r, const number a, const number b);
void ecp_nistz256_ord_sqr_mont(number r, const number a, uint64_t times);
void ecp_nistz256_point_double(struct point *r, const struct point *a);
void ecp_nistz256_point_add(struct point *r, const struct point *a, const struct point *b);
void ecp_nistz256_point_add_affine(struct point *r, const struct point *a,
                                   const struct tls_p256_affine *b);
void ecp_nistz256_scatter_w5(struct point *table, const struct point *p, int i);
void ecp_nistz256_gather_w5(struct point *p, const struct point *table, int i);
void ecp_nistz256_gather_w7(struct tls_p256_affine *p, const struct tls_p256_affine *table, int i);

enum { DIGITS = 64 };

/* SEC 2, 2.4.2: p - 2, n, n - 2; and 2^512 mod n. */
static const number p_minus_2 = {0xfffffffffffffffd, 0x00000000ffffffff, 0, 0xffffffff00000001};
static const number order = {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
                             0xffffffff00000000};
static const number order_minus_2 = {0xf3b9cac2fc63254f, 0xbce6faada7179e84, 0xffffffffffffffff,
                                     0xffffffff00000000};
static const number order_rr = {0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59,
                                0x66e12d94f3d95620};

/* --- numbers ------------------------------------------------------------- */

static void read_number(number r, const unsigned char p[32]) {
  for (int i = 0; i < 4; i++) {
    uint64_t w;
    memcpy(&w, p + 24 - 8 * i, 8);
    r[i] = __builtin_bswap64(w);
  }
}

static void write_number(unsigned char p[32], const number a) {
  for (int i = 0; i < 4; i++) {
    uint64_t w = __builtin_bswap64(a[i]);
    memcpy(p + 24 - 8 * i, &w, 8);
  }
}

static bool is_zero(const number a) {
  return (a[0] | a[1] | a[2] | a[3]) == 0;
}

/* r = a - b; returns the borrow. */
static uint64_t subtract(number r, const number a, const number b) {
  unsigned __int128 borrow = 0;
  for (int i = 0; i < 4; i++) {
    unsigned __int128 d = (unsigned __int128)a[i] - b[i] - borrow;
    r[i] = (uint64_t)d;
    borrow = (d >> 64) & 1;
  }
  return (uint64_t)borrow;
}

/* a mod the order, for carry * 2^256 + a below twice the order. */
static void reduce(number a, uint64_t carry) {
  number t;
  uint64_t keep = 0 - (uint64_t)(subtract(t, a, order) > carry); /* all ones: a stays */
  for (int i = 0; i < 4; i++)
    a[i] = (a[i] & keep) | (t[i] & ~keep);
}

static void add_mod_order(number r, const number a, const number b) {
  unsigned __int128 sum = 0;
  for (int i = 0; i < 4; i++) {
    sum += (unsigned __int128)a[i] + b[i];
    r[i] = (uint64_t)sum;
    sum >>= 64;
  }
  reduce(r, (uint64_t)sum);
}

typedef void multiply(number r, const number a, const number b);

static void square_order(number r, const number a) {
  ecp_nistz256_ord_sqr_mont(r, a, 1);
}

/* r = a^e with windows of 4 bits; e is no secret. `a` is in Montgomery form and
 * so is r. The exponents here begin with a digit that is not zero. */
static void power(number r, const number a, const number e, multiply *mul,
                  void (*sqr)(number, const number)) {
  number odd[16];
  memcpy(odd[1], a, sizeof odd[1]);
  for (int i = 2; i < 16; i++)
    mul(odd[i], odd[i - 1], a);
  memcpy(r, odd[e[3] >> 60], sizeof odd[0]);
  for (int i = 62; i >= 0; i--) {
    for (int k = 0; k < 4; k++)
      sqr(r, r);
    unsigned digit = e[i / 16] >> i % 16 * 4 & 15;
    if (digit)
      mul(r, r, odd[digit]);
  }
}

/* --- points -------------------------------------------------------------- */

static const number one = {1};

static void invert(number r, const number a) {
  power(r, a, p_minus_2, ecp_nistz256_mul_mont, ecp_nistz256_sqr_mont);
}

static void to_affine(struct tls_p256_affine *r, const struct point *p) {
  number inverse, square;
  invert(inverse, p->z);
  ecp_nistz256_sqr_mont(square, inverse);
  ecp_nistz256_mul_mont(r->x, p->x, square);
  ecp_nistz256_mul_mont(square, square, inverse);
  ecp_nistz256_mul_mont(r->y, p->y, square);
}

static void from_affine(struct point *p, const number x, const number y) {
  ecp_nistz256_to_mont(p->x, x);
  ecp_nistz256_to_mont(p->y, y);
  ecp_nistz256_to_mont(p->z, one);
}

static unsigned bit(const number k, unsigned i) {
  return i < 256 ? k[i / 64] >> i % 64 & 1 : 0;
}

static void multiply_base(struct point *r, const number k) {
  struct tls_p256_affine a;
  memset(r, 0, sizeof *r);
  for (int i = TLS_P256_SPACING - 1; i >= 0; i--) {
    unsigned digit = 0;
    for (unsigned j = 0; j < TLS_P256_TEETH; j++)
      digit |= bit(k, (unsigned)i + j * TLS_P256_SPACING) << j;
    ecp_nistz256_point_double(r, r);
    ecp_nistz256_gather_w7(&a, tls_p256_comb, (int)digit);
    ecp_nistz256_point_add_affine(r, r, &a);
  }
}

static void multiply_point(struct point *r, const number k, const struct point *p) {
  struct point table[16] __attribute__((aligned(64))), sum = *p;
  memset(table, 0, sizeof table);
  ecp_nistz256_scatter_w5(table, &sum, 1);
  ecp_nistz256_point_double(&sum, p);
  ecp_nistz256_scatter_w5(table, &sum, 2);
  for (int i = 3; i < 16; i++) {
    ecp_nistz256_point_add(&sum, &sum, p);
    ecp_nistz256_scatter_w5(table, &sum, i);
  }
  memset(r, 0, sizeof *r);
  for (int i = DIGITS - 1; i >= 0; i--) {
    for (int d = 0; d < 4; d++)
      ecp_nistz256_point_double(r, r);
    ecp_nistz256_gather_w5(&sum, table, (int)(k[i / 16] >> i % 16 * 4 & 15));
    ecp_nistz256_point_add(r, r, &sum);
  }
  mbedtls_platform_zeroize(table, sizeof table);
}

/* The plain affine coordinates of `p`. */
static void plain(struct tls_p256_affine *a, const struct point *p) {
  to_affine(a, p);
  ecp_nistz256_from_mont(a->x, a->x);
  ecp_nistz256_from_mont(a->y, a->y);
}

void tls_p256_mul(struct tls_p256_point *out, const unsigned char scalar[32],
                  const struct tls_p256_point *point) {
  struct point p;
  struct tls_p256_affine a;
  number k;
  read_number(k, scalar);
  if (point) {
    read_number(a.x, point->x);
    read_number(a.y, point->y);
    from_affine(&p, a.x, a.y);
    struct point q = p;
    multiply_point(&p, k, &q);
  } else {
    multiply_base(&p, k);
  }
  plain(&a, &p);
  write_number(out->x, a.x);
  write_number(out->y, a.y);
  mbedtls_platform_zeroize(k, sizeof k);
}

/* --- signing ------------------------------------------------------------- */

/* A random number from 1 to the order - 1. */
static void random_scalar(number k) {
  number t;
  do
    kernel_entropy_read(k, sizeof(number));
  while (is_zero(k) || subtract(t, k, order) == 0);
}

/* The leftmost 256 bits of the hash, mod the order. */
static void hash_number(number z, const unsigned char *hash, size_t n) {
  unsigned char padded[32] = {0};
  n = n < 32 ? n : 32;
  memcpy(padded + 32 - n, hash, n);
  read_number(z, padded);
  reduce(z, 0);
}

/* One attempt; false, practically never: another nonce is needed. */
static bool sign(number r, number s, const number d, const number z) {
  struct point p;
  struct tls_p256_affine a;
  number k, inverse, t;
  random_scalar(k);
  multiply_base(&p, k);
  plain(&a, &p);
  memcpy(r, a.x, sizeof a.x);
  reduce(r, 0);
  ecp_nistz256_ord_mul_mont(k, k, order_rr);
  power(inverse, k, order_minus_2, ecp_nistz256_ord_mul_mont, square_order);
  ecp_nistz256_ord_mul_mont(t, d, order_rr);
  ecp_nistz256_ord_mul_mont(t, t, r); /* d in Montgomery form times r: plain */
  add_mod_order(t, t, z);
  ecp_nistz256_ord_mul_mont(s, t, inverse);
  mbedtls_platform_zeroize(k, sizeof k);
  mbedtls_platform_zeroize(inverse, sizeof inverse);
  mbedtls_platform_zeroize(t, sizeof t);
  return !is_zero(r) && !is_zero(s);
}

void tls_p256_sign(unsigned char r[32], unsigned char s[32], const unsigned char key[32],
                   const unsigned char *hash, size_t hash_n) {
  number d, z, rn, sn;
  read_number(d, key);
  hash_number(z, hash, hash_n);
  while (!sign(rn, sn, d, z))
    ;
  write_number(r, rn);
  write_number(s, sn);
  mbedtls_platform_zeroize(d, sizeof d);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * What the CPU has, in the form that OpenSSL's assembly reads: words of CPUID
 * leaves 1 and 7. Everything that uses the upper halves of vector registers is
 * left out, since nobody enables them in the guest. */
#include "fast.h"

/* Read by the assembly. */
extern uint32_t OPENSSL_ia32cap_P[10];
__attribute__((externally_visible, used)) uint32_t OPENSSL_ia32cap_P[10];

#define LEAF1_ECX_USED (1u << 0 | 1u << 1 | 1u << 9 | 1u << 19 | 1u << 20 | 1u << 25)
#define LEAF7_EBX_USED (1u << 3 | 1u << 8 | 1u << 19 | 1u << 29) /* BMI1 BMI2 ADX SHA */
#define GCM_NEEDS (1u << 1 | 1u << 9 | 1u << 25)                 /* PCLMULQDQ SSSE3 AES */

static void cpuid(uint32_t leaf, uint32_t out[4]) {
  __asm__("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

void tls_fast_init(void) {
  uint32_t r[4], last;
  cpuid(0, r);
  last = r[0];
  cpuid(1, r);
  OPENSSL_ia32cap_P[0] = r[3] & ~(1u << 30);
  OPENSSL_ia32cap_P[1] = r[2] & LEAF1_ECX_USED;
  if (last < 7)
    return;
  cpuid(7, r);
  OPENSSL_ia32cap_P[2] = r[1] & LEAF7_EBX_USED;
}

void tls_fast_disable(void) {
  for (int i = 0; i < 10; i++)
    OPENSSL_ia32cap_P[i] = 0;
}

bool tls_fast_has_gcm(void) {
  return (OPENSSL_ia32cap_P[1] & GCM_NEEDS) == GCM_NEEDS;
}

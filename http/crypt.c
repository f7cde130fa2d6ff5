/* SPDX-License-Identifier: BSD-2-Clause
 * What musl's crypt_sha256.c wants of stdio and stdlib, no more: there is
 * neither in the image. It is compiled with -Dsprintf=http_crypt_sprintf and
 * -Dstrtoul=http_crypt_strtoul. Its outputs are bounded by its own salt and
 * rounds limits, below 128 bytes. */
#include <lib/out.h>

#include <limits.h>
#include <stdarg.h>

#define CRYPT_BYTES 128

/* Without arrays and floats: as LIB_OUT_PIECES. */
__attribute__((format(printf, 2, 3), target("general-regs-only"), no_stack_protector)) int
http_crypt_sprintf(char *out, const char *format, ...);
unsigned long http_crypt_strtoul(const char *s, char **end, int base);

/* %u, %s and %.*s. */
static const char *convert(struct lib_out *o, const char *format, va_list *args) {
  if (*format == 'u') {
    lib_out_u64(o, va_arg(*args, unsigned));
    return format + 1;
  }
  if (*format == 's') {
    lib_out_str(o, va_arg(*args, const char *));
    return format + 1;
  }
  int n = va_arg(*args, int);
  lib_out_span(o, (struct lib_span){va_arg(*args, const char *), (size_t)n});
  return format + sizeof ".*s" - 1;
}

int http_crypt_sprintf(char *out, const char *format, ...) {
  struct lib_out o;
  va_list args;
  lib_out_init(&o, out, CRYPT_BYTES - 1);
  va_start(args, format);
  while (*format) {
    char c = *format++;
    if (c == '%')
      format = convert(&o, format, &args);
    else
      lib_out_char(&o, c);
  }
  va_end(args);
  out[o.n] = '\0';
  return (int)o.n;
}

/* Decimal digits, at least one of them there; too large a number is ULONG_MAX. */
unsigned long http_crypt_strtoul(const char *s, char **end, int base) {
  unsigned long value = 0;
  (void)base;
  for (; *s >= '0' && *s <= '9'; s++) {
    unsigned long digit = (unsigned long)(*s - '0');
    value = value > (ULONG_MAX - digit) / 10 ? ULONG_MAX : value * 10 + digit;
  }
  *end = (char *)s;
  return value;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * The server as a process: the same code above the platform contract, for
 * development, tests and fuzzing. Arguments are the VM's boot options, and
 * before them --tap NAME or --wire FD, --ram MB, --pack FILE. */
#include <kernel/boot.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosted.h"

extern const char site_start[], site_end[];

static char cmdline[2048];
static struct lib_span module;

struct lib_span kernel_boot_cmdline(void) {
  return lib_span_str(cmdline);
}

struct lib_span kernel_boot_site(void) {
  return (struct lib_span){site_start, (size_t)(site_end - site_start)};
}

struct lib_span kernel_boot_module(void) {
  return module;
}

static void usage(void) {
  fputs("usage: thimble (--tap NAME | --wire FD) [--ram MB] [--pack FILE] [BOOT-OPTION...]\n",
        stderr);
  exit(2);
}

static void read_module(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f || fseek(f, 0, SEEK_END) < 0) {
    perror(path);
    exit(1);
  }
  long n = ftell(f);
  char *p = aligned_alloc(64, ((size_t)n + 63) & ~(size_t)63);
  rewind(f);
  if (!p || fread(p, 1, (size_t)n, f) != (size_t)n) {
    perror(path);
    exit(1);
  }
  fclose(f);
  module = (struct lib_span){p, (size_t)n};
}

static void add_option(const char *word) {
  size_t used = strlen(cmdline);
  if (used + strlen(word) + 2 > sizeof cmdline)
    usage();
  snprintf(cmdline + used, sizeof cmdline - used, "%s%s", used ? " " : "", word);
}

int main(int argc, char **argv) {
  size_t ram_mb = 64;
  int i = 1;
  for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
    if (strcmp(argv[i], "--tap") == 0)
      hosted_tap_open(argv[i + 1]);
    else if (strcmp(argv[i], "--wire") == 0)
      hosted_wire_open(atoi(argv[i + 1]));
    else if (strcmp(argv[i], "--ram") == 0)
      ram_mb = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--pack") == 0)
      read_module(argv[i + 1]);
    else
      usage();
  }
  for (; i < argc; i++)
    add_option(argv[i]);
  signal(SIGPIPE, SIG_IGN);
  hosted_memory_init(ram_mb << 20);
  app_main();
}

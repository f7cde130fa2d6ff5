/* SPDX-License-Identifier: BSD-2-Clause
 * Runs a fuzz target over the files of folders given: the corpora as a
 * regression test, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void replay_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    perror(path);
    exit(1);
  }
  fseek(f, 0, SEEK_END);
  size_t n = (size_t)ftell(f);
  rewind(f);
  uint8_t *data = malloc(n ? n : 1); /* exactly as large: a read behind it is seen */
  if (data == NULL || fread(data, 1, n, f) != n)
    exit(1);
  fclose(f);
  LLVMFuzzerTestOneInput(data, n);
  free(data);
}

static unsigned replay_folder(const char *folder) {
  char path[1024];
  unsigned n = 0;
  DIR *d = opendir(folder);
  if (d == NULL) {
    perror(folder);
    exit(1);
  }
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (e->d_name[0] == '.')
      continue;
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    replay_file(path);
    n++;
  }
  closedir(d);
  return n;
}

int main(int argc, char **argv) {
  unsigned n = 0;
  if (LLVMFuzzerInitialize)
    LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++)
    n += replay_folder(argv[i]);
  printf("%u inputs\n", n);
  return n ? 0 : 1;
}

// SPDX-License-Identifier: BSD-2-Clause
/* A plugin of QEMU's TCG that counts the instructions a guest executes, in a
 * file that is mapped shared, so that another process can read it at any time:
 *   -plugin icount.so,out=PATH[,where=on]
 * PATH holds three 64-bit numbers: all instructions; those of them that are
 * iterations of a repeated string instruction, each of which counts as one; the
 * blocks of code that TCG has translated. With where=on there follow the executions
 * of the instruction at each address below WHERE_END. */

#include <fcntl.h>
#include <qemu-plugin.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUT "out="
#define WHERE_END (1 << 21) /* our image's code lies below */

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct {
  uint64_t all;
  uint64_t repeated;
  uint64_t blocks;
  uint64_t at[WHERE_END];
} * counters;
static bool where;

static bool is_prefix(uint8_t byte) {
  return (byte & 0xf0) == 0x40 /* REX */ ||
         (byte != 0 && strchr("\x66\x67\x2e\x36\x3e\x26\x64\x65", byte));
}

static bool is_string(uint8_t opcode) {
  return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) ||
         (opcode >= 0x6c && opcode <= 0x6f);
}

static bool is_repeated(const uint8_t *code, size_t n) {
  bool rep = false;
  for (size_t i = 0; i < n; i++) {
    if (code[i] == 0xf2 || code[i] == 0xf3)
      rep = true;
    else if (!is_prefix(code[i]))
      return rep && is_string(code[i]);
  }
  return false;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  counters->blocks++;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &counters->all, 1);
    uint64_t address = qemu_plugin_insn_vaddr(insn);
    if (where && address < WHERE_END)
      qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                 &counters->at[address], 1);
    if (is_repeated(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)))
      qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                 &counters->repeated, 1);
  }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  if (argc < 1 || argc > 2 || strncmp(argv[0], OUT, strlen(OUT)) != 0)
    return -1;
  where = argc == 2 && strcmp(argv[1], "where=on") == 0;
  int fd = open(argv[0] + strlen(OUT), O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || ftruncate(fd, sizeof *counters))
    return -1;
  counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (counters == MAP_FAILED)
    return -1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  return 0;
}

# SPDX-License-Identifier: BSD-2-Clause
"""Which accelerators work here: found by running a guest of three instructions.

/dev/kvm may be there and open, and yet no VM starts (no permission, a CPU
model refused, a hypervisor below without nesting): only a guest that ran shows
that guests run."""

import os
import struct
import subprocess

from vm.machine import Machine

PROBE_TIMEOUT_S = 10
ENTRY = 0x100000
CODE = b"\xb0\x2a\xe6\xf4\xf4"  # mov $42, %al; out %al, $0xf4; hlt
EXIT_STATUS = 2 * 42 + 1  # of isa-debug-exit; QEMU's own failures are 1


def probe_image(code=CODE):
    """A smallest ELF image with a PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY)."""
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen\0", ENTRY)
    note_at, code_at = 64 + 2 * 56, 256
    header = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH",
        *(b"\x7fELF", 2, 1, 1, 0),
        *(2, 62, 1, ENTRY, 64, 0, 0, 64, 56, 2, 0, 0, 0),
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, code_at, ENTRY, ENTRY, len(code), len(code), 16)
    notes = struct.pack("<IIQQQQQQ", 4, 4, note_at, 0, 0, len(note), len(note), 4)
    return (header + load + notes + note).ljust(code_at, b"\0") + code


def runs(accel):
    """Whether a guest runs under `accel` on this machine, now."""
    if accel == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    fd = os.memfd_create("probe")
    try:
        os.write(fd, probe_image())
        machine = Machine(image=f"/proc/self/fd/{fd}", accel=accel, mem_mb=4, rng=False)
        done = subprocess.run(
            machine.argv(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(fd,),
            timeout=PROBE_TIMEOUT_S,
        )
        return done.returncode == EXIT_STATUS
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return False
    finally:
        os.close(fd)


def choose():
    """The accelerator to use: KVM where it works, else emulation."""
    return "kvm" if runs("kvm") else "tcg"


def available():
    """All that work, the one to use first."""
    return ["kvm", "tcg"] if runs("kvm") else ["tcg"]

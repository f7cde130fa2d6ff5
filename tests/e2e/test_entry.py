# SPDX-License-Identifier: BSD-2-Clause
"""The other way in: the Linux 64-bit boot protocol, as VMMs enter the image that
load an ELF file without regard to its PVH note. QEMU is none of them: a loader of
the test's own (tests/loader) is its kernel, and has the image as its module."""

import json
import os
import subprocess

import pytest
from conftest import boot
from guest import IMAGE, ROOT
from images import BUILD
from test_content import CONTENT, differing, read

LOADER = os.path.join(ROOT, "tests", "loader")
PAGE = 4096
MEM_MB = 64  # the loader lies at 32 MiB, the module at the end

FIRECRACKER = os.path.join(ROOT, "deploy", "firecracker", "thimble.json")


def words():
    """The command line of deploy/firecracker, and what Firecracker has by default;
    without the address, which is ours, and devices, which are at QEMU's places."""
    with open(FIRECRACKER, encoding="utf-8") as f:
        given = json.load(f)["boot-source"]["boot_args"].split()
    assert any(word.startswith("ip=") for word in given)
    default = "nomodule 8250.nr_uarts=0 i8042.noaux i8042.nomux i8042.dumbkbd swiotlb=noforce"
    return [word for word in given if not word.startswith("ip=")] + default.split()


@pytest.fixture(scope="module")
def loader():
    """The loader, built."""
    out = os.path.join(BUILD, "loader.elf")
    os.makedirs(BUILD, exist_ok=True)
    argv = ["gcc", "-m32", "-Os", "-ffreestanding", "-fno-pie", "-fno-stack-protector"]
    argv += ["-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-mgeneral-regs-only"]
    argv += ["-Wall", "-Wextra", "-Werror", "-nostdlib", "-static", "-Wl,-n,--build-id=none"]
    argv += ["-Wl,-z,noexecstack,--no-warn-rwx-segments,-e,entry,-Ttext=0x2000000"]
    argv += ["-Wl,--section-start=.note.Xen=0x1fff000", "-o", out]
    argv += [os.path.join(LOADER, name) for name in ("loader.S", "loader.c")]
    subprocess.run(argv, check=True)
    return out


def module_of(pack, folder):
    """The loader's module: the image, padded to whole pages, and a pack."""
    with open(IMAGE, "rb") as f:
        image = f.read()
    path = folder / "module"
    path.write_bytes(image + bytes(-len(image) % PAGE) + pack)
    return str(path)


def test_serves_the_site(accel, loader, tmp_path):
    fields = {"image": loader, "module": module_of(b"", tmp_path), "mem_mb": MEM_MB}
    with boot(accel, words(), **fields) as g:
        assert differing(g.wait_answer(), CONTENT) == []
        assert g.memory()["ram_bytes"] == MEM_MB << 20
        said = g.console.lines[: g.await_line("listening on port")]  # of options before that
        assert not any("ignored" in line for line in said), said


def test_serves_a_pack_given_at_boot(accel, loader, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>by the loader</title>\n")
    (site / "large.bin").write_bytes(os.urandom(300_000))
    pack = tmp_path / "site.pack"
    packer = os.path.join(ROOT, "build", "thimble-pack")
    subprocess.run([packer, "-o", str(pack), str(site)], check=True)
    fields = {"image": loader, "module": module_of(pack.read_bytes(), tmp_path), "mem_mb": MEM_MB}
    with boot(accel, words(), **fields) as g:
        assert differing(g.wait_answer(), str(site)) == []
        assert g.get("/") != read(CONTENT, "index.html")


def test_the_three_entries_are_told_in_the_file():
    """What each loader looks at: the ELF entry, the PVH note, the Multiboot2 header
    in the first 32 KiB."""
    with open(IMAGE, "rb") as f:
        image = f.read()
    word = lambda at, n=4: int.from_bytes(image[at : at + n], "little")  # noqa: E731
    header = next(at for at in range(0, 32768, 8) if word(at) == 0xE85250D6)
    assert sum(word(header + 4 * i) for i in range(4)) % (1 << 32) == 0
    assert word(header + 16, 2) == 3  # the tag of the entry's address
    note = image.index(b"\x04\0\0\0\x04\0\0\0\x12\0\0\0Xen\0")
    entries = {word(24, 8), word(header + 24), word(note + 16)}
    assert len(entries) == 3 and all(0x100000 <= e < 0x101000 for e in entries), entries

# SPDX-License-Identifier: BSD-2-Clause
"""The disk of `make disk` as a cloud starts it: firmware, GRUB, the image by
Multiboot2. Emulated only: a KVM in software runs no firmware."""

import os
import subprocess

import pytest
from guest import IMAGE, ROOT, user_guest
from images import BUILD
from test_content import CONTENT, differing, read
from vm.machine import Machine, Vm

BOOT_S = 90  # firmware is emulated, and the machine may be busy
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"
UEFI = (
    *("-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + OVMF.format("CODE")),
    *("-drive", "if=pflash,unit=1,format=raw,snapshot=on,file=" + OVMF.format("VARS")),
)


def make_disk(name, *words):
    """build/e2e/NAME.img, made as `make disk` makes it."""
    out = os.path.join(BUILD, name + ".img")
    os.makedirs(BUILD, exist_ok=True)
    argv = [os.path.join(ROOT, "tools", "disk"), "--image", IMAGE, *words, out]
    subprocess.run(argv, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def disk():
    return make_disk("plain")


def boot_disk(disk, board, **fields):
    return user_guest("tcg", image="", disk=disk, board=board, **fields)


@pytest.mark.parametrize(
    "board, card, mem_mb, firmware",
    [
        ("pc", "", 4, ()),
        ("q35", "e1000", 1536, ()),  # more than is used
        ("q35", "", 64, UEFI),
    ],
    ids=["BIOS pc virtio 4 MB", "BIOS q35 e1000 1.5 GB", "UEFI q35 virtio 64 MB"],
)
def test_serves_the_site(disk, board, card, mem_mb, firmware):
    with boot_disk(disk, board, card=card, mem_mb=mem_mb, extra=firmware) as g:
        assert differing(g.wait_answer(timeout_s=BOOT_S), CONTENT) == []
        memory = g.memory()
        assert sum(o["bytes"] for o in memory["owners"]) == memory["ram_bytes"]
        assert memory["ram_bytes"] <= mem_mb << 20


def test_a_pack_on_the_disk_and_options(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>from the disk</title>\n")
    (site / "large.bin").write_bytes(os.urandom(200_000))
    pack = str(tmp_path / "site.pack")
    subprocess.run([os.path.join(ROOT, "build", "thimble-pack"), "-o", pack, str(site)], check=True)
    disk = make_disk("pack", "--pack", pack, "--cmdline", "port=8081 wibble=$a;{b}")
    with boot_disk(disk, "q35", mem_mb=16) as g:
        assert g.console.wait("listening on port 8081", BOOT_S) is not None, g.vm.last_words()
        assert g.console.wait(r"ignored: wibble=\$a;\{b\}: is not known") is not None, g.console.text()
        assert g.console.wait("serving the site pack given at boot") is not None
    disk = make_disk("pack", "--pack", pack)
    with boot_disk(disk, "pc", mem_mb=16) as g:
        assert differing(g.wait_answer(timeout_s=BOOT_S), str(site)) == []
        assert g.get("/") != read(CONTENT, "index.html")


def test_options_that_grub_would_change_are_refused(tmp_path):
    argv = [os.path.join(ROOT, "tools", "disk"), "--cmdline", "wibble='", str(tmp_path / "disk")]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 1 and "quotes" in done.stderr
    assert os.listdir(tmp_path) == []


def test_a_panic_reboots_through_the_firmware():
    disk = make_disk("panic", "--cmdline", "selftest=null")
    with boot_disk(disk, "pc") as g:
        first = g.console.wait("PANIC: page fault", BOOT_S)
        assert first is not None, g.vm.last_words()
        assert g.console.wait("PANIC: page fault", BOOT_S, first + 1) is not None, g.vm.last_words()


def test_without_a_card_it_says_so_and_stays(disk):
    """It halts with interrupts on: the timer that the firmware left on must not
    reach it."""
    with Vm(Machine("", "tcg", disk=disk, board="pc")) as vm:
        said = vm.console.wait("cannot run here: .*network", BOOT_S)
        assert said is not None, vm.last_words()
        assert vm.console.wait("PANIC", 2, said) is None, vm.last_words()

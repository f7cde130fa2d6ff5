# SPDX-License-Identifier: BSD-2-Clause
"""Content apart from the image: a pack given as boot module takes the place of
the one linked in, unless it is damaged."""

import os
import subprocess

import pytest
from conftest import boot
from guest import ROOT
from test_content import CONTENT, differing, read

REFUSED = r"the site pack given at boot is refused: .*; serving the image's own"


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Two folders, each with its pack."""
    found = []
    for name in ("one", "two"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "index.html").write_text(f"<title>{name}</title>\n")
        (folder / f"{name}.bin").write_bytes(os.urandom(300_000))
        pack = f"{folder}.pack"
        argv = [os.path.join(ROOT, "build", "thimble-pack"), "-o", pack, str(folder)]
        subprocess.run(argv, check=True)
        found.append((str(folder), pack))
    return found


def test_one_image_serves_two_sites(accel, packs):
    for folder, pack in packs:
        with boot(accel, module=pack) as g:
            assert differing(g.wait_answer(), folder) == []
            assert g.request("/how")[0].status == 404  # a page of the image's own site
            owners = {row["name"]: row["bytes"] for row in g.memory()["owners"]}
            assert owners["site"] >= os.path.getsize(pack)
            assert sum(owners.values()) == g.memory()["ram_bytes"]


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:100],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: flip(data, 0),
        lambda data: flip(data, len(data) // 2),
        lambda data: flip(data, len(data) - 1),
    ],
    ids=["head only", "half", "last byte gone", "first bit", "middle bit", "last bit"],
)
def test_a_damaged_pack_is_refused(accel, packs, damage, tmp_path):
    broken = tmp_path / "broken.pack"
    broken.write_bytes(damage(open(packs[0][1], "rb").read()))
    with boot(accel, module=str(broken)) as g:
        g.wait_answer()
        g.await_match(REFUSED)
        assert g.get("/") == read(CONTENT, "index.html")


def test_a_pack_out_of_reach_is_said(accel, packs):
    """QEMU puts a module at the end of RAM, and only the first GiB is used."""
    with boot(accel, module=packs[0][1], mem_mb=1100) as g:
        g.await_match("cannot run here: the boot module is not in the RAM")

# SPDX-License-Identifier: BSD-2-Clause
"""The wire cases of tests/data/http against the VM: whole, and each byte in a
segment of its own."""

import os

import pytest
import wire
from conftest import ROOT, boot
from images import build


@pytest.fixture(scope="module")
def image():
    return build(os.path.join(ROOT, "tests", "data", "www"), "www")


@pytest.fixture(scope="module")
def server(accel, image):
    with boot(accel, image=image) as g:
        yield g.wait_answer()
        g.healthy()


@pytest.mark.parametrize("byte_by_byte", [False, True], ids=["whole", "byte by byte"])
def test_wire_cases(server, byte_by_byte):
    with server.inside():
        failed = wire.run_all(server.host, server.port, [byte_by_byte])
    assert failed == []

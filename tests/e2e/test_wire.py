# SPDX-License-Identifier: BSD-2-Clause
"""The wire cases of tests/data/http, whole and byte by byte, against a VM that
serves tests/data/www."""

import os
import sys

import pytest
from conftest import ACCELS, ROOT, boot
from test_sites import build

sys.path.insert(0, os.path.join(ROOT, "tests"))
import wire  # noqa: E402

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)


@pytest.fixture(scope="module")
def image():
    return build("tests/data/www", "wire")


@pytest.mark.parametrize("byte_by_byte", [False, True], ids=["whole", "byte by byte"])
def test_wire_cases(accel, image, byte_by_byte):
    with boot(accel, image=image) as g:
        g.wait_answer()
        with g.inside():
            failed = wire.run_all(g.host, g.port, [byte_by_byte])
        assert failed == []
        g.healthy()

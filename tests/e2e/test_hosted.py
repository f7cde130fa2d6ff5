# SPDX-License-Identifier: BSD-2-Clause
"""The wire cases of tests/data/http, whole and byte by byte, against the hosted
build under AddressSanitizer and UndefinedBehaviorSanitizer."""

import pytest
import wire
from hosted import Hosted, pack


@pytest.fixture(scope="module")
def www(tmp_path_factory):
    return pack("tests/data/www", str(tmp_path_factory.mktemp("hosted") / "www.pack"))


@pytest.mark.parametrize("byte_by_byte", [False, True], ids=["whole", "byte by byte"])
def test_wire_cases_under_sanitizers(lan, www, byte_by_byte):
    with Hosted(www) as server:
        server.wait_answer()
        with server.inside():
            failed = wire.run_all(server.host, server.port, [byte_by_byte])
        server.healthy()
        assert failed == []

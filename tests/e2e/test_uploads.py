# SPDX-License-Identifier: BSD-2-Clause
"""Uploads arrive byte for byte, whether the device hands over segments put
together or one by one; also what of it comes twice, late or not at all."""

import random
import re
import time
import zlib

import pytest
from conftest import ACCELS
from guest import GUEST4, GUEST6, lan_guest
from test_load import owners, settled
from wan import far_guest

DATA = random.Random(3).randbytes((1 << 20) + 7)
SIZES = (1, 1447, 1921, 65483, len(DATA))  # of a segment, a buffer, the largest frame, all
PACKET = 1514
MERGED = {  # by properties of the card: from which client it puts segments together
    "": {GUEST4: True, GUEST6: True},
    "guest_tso4=off": {GUEST4: False, GUEST6: True},
    "mrg_rxbuf=off": {GUEST4: False, GUEST6: False},
    "guest_csum=off": {GUEST4: False, GUEST6: False},
}

pytestmark = pytest.mark.usefixtures("lan")


def upload(guest, n, times=1):
    """Send `n` bytes, so many times over, and have them checked."""
    body = DATA[:n] * times
    response, told = guest.request("/upload", "PUT", body=body)
    assert response.status == 200
    assert told.decode() == f"{len(body)} bytes, CRC-32 {zlib.crc32(body):08x}\n"


def received(guest):
    """(frames, bytes) so far."""
    text = guest.get("/metrics").decode()
    name = r'^thimble_network_%s_total{direction="in"} (\d+)$'
    return [int(re.search(name % unit, text, re.M)[1]) for unit in ("frames", "bytes")]


@pytest.fixture(scope="module", params=[(a, f) for a in ACCELS for f in MERGED], ids="-".join)
def card(request):
    accel, features = request.param
    with lan_guest(accel, net_features=features) as g:
        yield g.wait_answer(), MERGED[features]
        g.healthy()


@pytest.mark.parametrize("host", [GUEST4, GUEST6])
def test_arrives_whole(card, host):
    guest, merged = card
    guest.host = host
    guest.wait_answer()
    before = received(guest)
    for n in SIZES:
        upload(guest, n)
    frames, size = (now - then for now, then in zip(received(guest), before))
    assert size > sum(SIZES)
    if merged[host]:
        assert size / frames > 2 * PACKET
    else:
        assert size / frames <= PACKET


def repeated(guest):
    """Segments that the clients have sent again so far."""
    with guest.inside(), open("/proc/thread-self/net/snmp", encoding="ascii") as f:
        names, values = (line.split() for line in f if line.startswith("Tcp:"))
    return int(values[names.index("RetransSegs")])


@pytest.mark.parametrize("accel", ACCELS[:1])
@pytest.mark.parametrize("host, large", [(GUEST4, False), (GUEST6, True)])
def test_loss_and_reordering(accel, host, large):
    """What came behind a gap is kept: the client repeats little more than was lost."""
    line = {"large": large, "loss": 0.04, "overtake": 0.02, "delay_s": 0.005}
    with far_guest(accel, host, **line) as g:
        before, repeated_before = received(g), repeated(g)
        for _ in range(4):
            upload(g, len(DATA))
        frames, size = (now - then for now, then in zip(received(g), before))
        assert (size / frames > 2 * PACKET) == large
        assert (repeated(g) - repeated_before) * PACKET < 3 * g.lan.line.lost_bytes


@pytest.mark.parametrize("mem_mb", [32, 8])
def test_window_grows_on_a_long_line(accel, mem_mb):
    """In windows of 64 KB, the first and largest without growth, 6 MB would take 96 round
    trips. And all memory comes back."""
    with far_guest(accel, mem_mb=mem_mb, delay_s=0.05) as g:
        g.lan.ns.sysctl("ipv4/tcp_wmem", "4096 4194304 16000000")
        g.await_line("fd73:80::2")  # it has joined its groups
        before, start = owners(g), time.monotonic()
        upload(g, len(DATA), 6)
        assert time.monotonic() - start < 96 / 3 * 0.1
        assert settled(g, before) == {}

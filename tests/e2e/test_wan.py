# SPDX-License-Identifier: BSD-2-Clause
"""Large files over lines that lose, delay and reorder, to clients with small
packets and windows: they arrive whole, in packets no larger than asked for."""

import os
import random
import socket
import statistics
import subprocess
import threading
import time

import pytest
from conftest import ACCELS
from guest import GUEST4, GUEST6, ROOT, TIMEOUT_S, read_all
from test_load import owners, settled
from wan import NEAR4, far_guest

BYTES = 1 << 20
LARGE = 64  # times that much
FILE = random.Random(7).randbytes(BYTES)
GET = b"GET /file HTTP/1.1\r\nHost: thimble\r\nConnection: close\r\n\r\n"

pytestmark = pytest.mark.usefixtures("lan")


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A site with one large file."""
    return packed(tmp_path_factory, FILE)


@pytest.fixture(scope="module")
def large_pack(tmp_path_factory):
    """And with one that takes longer than a long line's round trips."""
    return packed(tmp_path_factory, FILE * LARGE)


def packed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("site")
    (folder / "file").write_bytes(data)
    path = str(tmp_path_factory.mktemp("pack") / "site.pack")
    argv = [os.path.join(ROOT, "build", "thimble-pack"), "-o", path, str(folder)]
    subprocess.run(argv, check=True)
    return path


def allow_large_windows(wan):
    """To Linux, as sender and receiver."""
    wan.home.sysctl("ipv4/tcp_wmem", "4096 131072 32000000")
    wan.ns.sysctl("ipv4/tcp_rmem", "4096 131072 32000000")


def download(guest, n, copies=1):
    """Fetch the file, which is FILE so many times, `n` times on one connection, asked
    for all at once; seconds."""
    start = time.monotonic()
    with guest.connect() as s:
        s.sendall(GET.replace(b"Connection: close\r\n", b"") * (n - 1) + GET)
        assert read_all(s).count(FILE) == n * copies
    return time.monotonic() - start


def download_from_linux(wan, n):
    """Likewise from the router, whose kernel is the sender then; seconds."""

    def serve():
        with listener, listener.accept()[0] as s:
            s.sendall(FILE * n)

    with wan.home:
        listener = socket.create_server((NEAR4, 81))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    threading.Thread(target=serve, daemon=True).start()
    start = time.monotonic()
    with wan.ns:
        s = socket.create_connection((NEAR4, 81), TIMEOUT_S)
    with s:
        assert len(read_all(s)) == n * BYTES
    return time.monotonic() - start


def side_by_side(guest, ours, n):
    """Seconds of ours() and of Linux sending as much, FILE `n` times: medians of
    three, in turn."""
    pairs = [(ours(), download_from_linux(guest.lan, n)) for _ in range(3)]
    return tuple(statistics.median(side) for side in zip(*pairs))


def fetch(guest, mss=0, window=0, host=GUEST4):
    """Fetch the file as a client with that MSS and receive window; its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with guest.inside():
        s = socket.socket(family)
    with s:
        s.settimeout(TIMEOUT_S)
        if mss:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        if window:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        s.connect((host, 80))
        port = s.getsockname()[1]
        s.sendall(GET)
        head, _, body = read_all(s).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    assert body == FILE
    return port


@pytest.fixture(scope="module", params=ACCELS[:1])
def quick(request):
    """The quickest accelerator: what is looked at does not depend on it."""
    return request.param


@pytest.fixture(scope="module", params=ACCELS[:1])
def clean(request, pack):
    with far_guest(request.param, pack=pack) as g:
        yield g


@pytest.mark.parametrize("host", [GUEST4, GUEST6])
@pytest.mark.parametrize("mss", [88, 536, 600, 1460])
def test_no_packet_is_larger_than_the_client_asked_for(clean, host, mss):
    port = fetch(clean, mss=mss, host=host)
    headers = 40 if host == GUEST4 else 60
    assert clean.lan.line.longest[port] == min(mss + headers, 1500)


@pytest.mark.parametrize("window", [2304, 5000, 20000])
def test_small_windows(clean, window):
    fetch(clean, window=window)


@pytest.mark.parametrize("features", ["", "host_tso4=off", "csum=off"])
def test_loss_and_reordering(accel, pack, features):
    line = {"loss": 0.005, "overtake": 0.01, "delay_s": 0.001}
    with far_guest(accel, pack=pack, net_features=features, **line) as g:
        fetch(g)


def test_long_line_is_used(quick, pack):
    """A hundred milliseconds' worth of bytes is under way, six times what it once
    was; and a queue that overflows, less than a round trip's worth, costs little.
    Beside Linux as the sender, since the line is as fast as this machine lets it."""
    with far_guest(quick, pack=pack, delay_s=0.05, rate=60e6, queue=500_000) as g:
        allow_large_windows(g.lan)
        ours, theirs = side_by_side(g, lambda: download(g, 6), 6)
    assert ours < 2.5 * theirs, (ours, theirs)


def test_a_gigabit_at_fifty_milliseconds(quick, large_pack):
    """Beside Linux as the sender; its rate is what this process lets through."""
    line = {"large": True, "rate": 1e9, "delay_s": 0.025, "queue": 6_000_000}
    with far_guest(quick, pack=large_pack, mem_mb=128, **line) as g:
        allow_large_windows(g.lan)
        ours, theirs = side_by_side(g, lambda: download(g, 1, LARGE), LARGE)
    assert ours < 1.6 * theirs, (ours, theirs)


@pytest.mark.parametrize("sack", ["1", "0"])
def test_lossy_line(quick, pack, sack):
    """Two percent lost and two late, each way, to clients with SACK and without:
    median of three beside that of Linux as the sender; and all memory comes back."""
    with far_guest(quick, pack=pack, loss=0.02, overtake=0.02, delay_s=0.005) as g:
        g.lan.ns.sysctl("ipv4/tcp_sack", sack)
        g.await_line("fd73:80::2")  # it has joined its groups
        before = owners(g)
        ours, theirs = side_by_side(g, lambda: download(g, 1), 1)
        assert ours < 3 * theirs, (ours, theirs)
        assert settled(g, before) == {}


def test_lost_tail(quick, pack):
    """The last two packets are lost: no later one tells of it. They, and hardly any
    others, come again a few round trips after."""
    with far_guest(quick, pack=pack, delay_s=0.05) as g:
        download(g, 1)
        flight_n = max(len(flight) for flight in g.lan.line.sent.values())
        g.lan.line.sent.clear()
        g.lan.line.lose_from, g.lan.line.lose_n = BYTES - 2 * 1460 + 300, 2  # with the head
        download(g, 1)
        again_s = time.monotonic() - g.lan.line.lost_s
        (flight,) = g.lan.line.sent.values()
    assert g.lan.line.lose_n == 0
    assert len(flight) <= flight_n + 4, (len(flight), flight_n)
    assert again_s < 8 * 0.1


def test_first_flight_is_ten_packets(accel, pack):
    """RFC 6928: ten packets before the first acknowledgement. None comes, until the
    guest has begun to repeat them."""
    with far_guest(accel, pack=pack) as g:
        line = g.lan.line
        with g.inside():
            s = socket.create_connection((GUEST4, 80), TIMEOUT_S)
        with s:
            flight = line.sent.setdefault(s.getsockname()[1], [])
            line.deaf = True
            s.sendall(GET)
            deadline = time.monotonic() + TIMEOUT_S
            while len(flight) == len(set(flight)):
                assert time.monotonic() < deadline, len(flight)
                time.sleep(0.01)
            assert len(set(flight)) == 10
            line.deaf = False
            assert FILE in read_all(s)

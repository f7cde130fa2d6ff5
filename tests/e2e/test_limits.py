# SPDX-License-Identifier: BSD-2-Clause
"""Connections without number, and slow ones: what one address takes is bounded,
the others are served, and memory comes back.

A VM of 4 MB, and two addresses of ours: the crowd comes from one, the probes
from the other."""

import contextlib
import json
import re
import resource
import socket
import subprocess
import time

import answers
import pytest
from conftest import ACCELS
from guest import GUEST4, HOST4, HOST6, STATIC4, STATIC6, TIMEOUT_S, lan_guest, read_all
from test_load import owners, read_one, settled

OTHER4 = "10.73.80.3"
GET = b"GET %s HTTP/1.1\r\nHost: thimble\r\n\r\n"
LAST = b"GET %s HTTP/1.1\r\nHost: thimble\r\nConnection: close\r\n\r\n"
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost:"
BATCH_N = 32
HEAD_S = 10  # what a head may take, HTTP_HEAD_TIMEOUT_MS
ATTACK_S = 15
PROBE_MAX_S = 12  # the longest wait in an attack, on a machine that may be busy

pytestmark = [
    pytest.mark.parametrize("accel", ACCELS[:1], indirect=True),
    pytest.mark.usefixtures("lan"),
]


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """Room for all sockets that these tests hold at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def small(accel):
    """A VM of 4 MB that has answered."""
    addresses = (HOST4 + "/24", OTHER4 + "/24", HOST6 + "/64")
    with lan_guest(accel, (STATIC4, STATIC6), addresses=addresses, mem_mb=4) as g:
        g.wait_answer().wait_addresses()
        yield g
        g.healthy()


def connect(guest, source):
    with guest.inside():
        return socket.create_connection((GUEST4, 80), TIMEOUT_S, source_address=(source, 0))


def ask(guest, source, target=b"/healthz"):
    """One request on a connection of its own: the answer."""
    with connect(guest, source) as s:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            s.sendall(LAST % target)
        return answers.one(read_all(s))


def capacity(guest):
    """Most connections in all, and of one address: all but a quarter."""
    pools = {pool["name"]: pool for pool in guest.memory()["pools"]}
    most = pools["conn"]["capacity"]
    assert most == guest.memory()["ram_bytes"] // 2048
    return most, most - most // 4


def begin(stack, source):
    """A connection under way; to send waits for it."""
    s = stack.enter_context(socket.socket())
    s.bind((source, 0))
    s.setblocking(False)
    s.connect_ex((GUEST4, 80))
    s.settimeout(TIMEOUT_S)
    return s


def open_all(stack, guest, source, n, data=GET % b"/healthz"):
    """`n` connections that have each sent `data`; read_one gets the answers. All in
    less time than the first may take for its head, on a busy machine too: several
    are under way at once."""
    found = []
    with guest.inside():
        while len(found) < n:
            batch = [begin(stack, source) for _ in range(min(BATCH_N, n - len(found)))]
            for s in batch:
                s.sendall(data)
            found += batch
    return found


def answered(connections):
    for n, s in enumerate(connections):
        assert read_one(s).status == 200, f"connection {n}"


def assert_turned_away(answer):
    assert answer.status == 503
    assert int(answer.fields["retry-after"]) > 0
    assert answer.fields["connection"] == "close"


def until(condition, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.05)


def conns_now(guest, source):
    with contextlib.closing(connect(guest, source)) as s:
        s.sendall(LAST % b"/memory.json")
        body = answers.one(read_all(s)).body
    return json.loads(body)["vm"]["conns_now"]


def test_one_address_has_its_share_and_the_next_is_told_to_come_back(small):
    before = owners(small)
    _, share = capacity(small)
    with contextlib.ExitStack() as stack:
        mine = open_all(stack, small, OTHER4, share)
        answered(mine)
        assert_turned_away(ask(small, OTHER4))
        assert ask(small, HOST4).status == 200
        mine.pop().close()
        until(lambda: ask(small, OTHER4).status == 200)
        for s in mine:
            s.sendall(GET % b"/healthz")
        answered(mine)
    assert settled(small, before) == {}


def test_when_full_the_newest_idle_connection_gives_way(small):
    before = owners(small)
    most, share = capacity(small)
    with contextlib.ExitStack() as stack:
        first = open_all(stack, small, OTHER4, share)
        answered(first)
        rest = open_all(stack, small, HOST4, most - share)
        answered(rest)
        (fresh,) = open_all(stack, small, HOST4, 1)
        answered([fresh])
        assert rest.pop().recv(1) == b"", "the newest of the idle ones must be closed"
        others = [*first, *rest, fresh]
        for s in others:
            s.sendall(GET % b"/healthz")
        answered(others)
    assert settled(small, before) == {}


def test_when_full_of_unfinished_requests_the_next_is_turned_away(small):
    most, share = capacity(small)
    with contextlib.ExitStack() as stack:
        busy = open_all(stack, small, OTHER4, share, HALF_A_HEAD)
        busy += open_all(stack, small, HOST4, most - share, HALF_A_HEAD)
        assert_turned_away(ask(small, HOST4))
        busy.pop().close()
        until(lambda: ask(small, HOST4).status == 200)
        assert busy[0].recv(4096).startswith(b"HTTP/1.1 408 ")  # time is up


def test_a_head_cut_by_the_end_of_input_closes_at_once(small):
    with connect(small, HOST4) as s:
        s.sendall(HALF_A_HEAD)
        s.shutdown(socket.SHUT_WR)
        began_s = time.monotonic()
        read_all(s)
        assert time.monotonic() - began_s < HEAD_S / 2


ATTACKS = {
    "slow heads": ["-H", "-u", f"http://{GUEST4}/"],
    "slow bodies": ["-B", "-t", "POST", "-s", "4096", "-u", f"http://{GUEST4}/form"],
    "slow reading of a file": ["-X", "-k", "10", "-u", f"http://{GUEST4}/-/style.css"],
    "slow reading of a stream": ["-X", "-u", f"http://{GUEST4}/stream/1000000"],
}
SLOW = ["-c", "2000", "-r", "500", "-i", "1", "-x", "8", "-w", "256", "-y", "512", "-n", "2"]


def attack(guest, arguments):
    """Start slowhttptest inside; it lasts ATTACK_S."""
    with guest.inside():
        return subprocess.Popen(
            ["slowhttptest", *arguments, *SLOW, "-l", str(ATTACK_S), "-v", "1", "-p", "5"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def attackers(said):
    """How many connections slowhttptest has made, by its last report."""
    counts = re.findall(r"(connected|closed):[^0-9]*(?:\x1b\[[0-9;]*m)?\s+(\d+)", said)
    return sum(int(n) for _, n in counts[-2:])


def probe(guest, source, running):
    """Ask for a page again and again while `running`: seconds that each took."""
    took_s = []
    while running():
        began_s = time.monotonic()
        assert ask(guest, source, b"/").status == 200
        took_s.append(time.monotonic() - began_s)
        time.sleep(0.05)  # the pace of the probes
    return took_s


@pytest.mark.parametrize("kind", ATTACKS)
def test_slow_clients_do_not_stop_others_from_being_served(small, kind):
    before = owners(small)
    with attack(small, ATTACKS[kind]) as process:
        took_s = probe(small, OTHER4, lambda: process.poll() is None)
        said = process.stdout.read()
    assert attackers(said) > 1000, f"no attack: {said}"
    assert len(took_s) > ATTACK_S / 3 and max(took_s) < PROBE_MAX_S, (len(took_s), max(took_s))
    assert settled(small, before) == {}

# SPDX-License-Identifier: BSD-2-Clause
"""Many connections, one after another and at once, leave memory where it was;
and without any, the VM sleeps."""

import contextlib
import http.client
import json
import os
import socket
import time

import answers
import pytest
from conftest import ROOT, boot
from guest import TIMEOUT_S, read_all
from test_content import CONTENT, read

LAST = b"GET / HTTP/1.1\r\nHost: thimble\r\nConnection: close\r\n\r\n"
KEEP = b"GET / HTTP/1.1\r\nHost: thimble\r\n\r\n"
SEQUENTIAL_N = 10000
AT_ONCE_N = 500
SETTLE_S = 60  # longer than a closed connection is remembered
RX_BYTES = 128 * 2048  # of receive buffers with the card, LIMIT_NET_RX_POSTED
IDLE_S = 5


@pytest.fixture(scope="module")
def index():
    return read(CONTENT, "index.html")


@pytest.fixture(scope="module")
def quiet(accel):
    """A VM of 32 MB that has answered once and that nobody else talks to."""
    with boot(accel) as g:
        yield g.wait_answer().wait_addresses()


def owners(guest):
    return {o["name"]: o["bytes"] for o in guest.memory()["owners"]}


def settled(guest, before):
    """Wait until no owner holds more than it held; what stays. Less is no leak: a
    page may have been in use for a moment just before, for a neighbour's packet. Nor
    are receive buffers: the card has few at first, all of them once they were used."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        now = owners(guest)
        grown = {name: now[name] - before[name] for name in now if now[name] > before[name]}
        grown.pop("free", None)
        if now["net_rx"] <= RX_BYTES:
            grown.pop("net_rx", None)
        if not grown or time.monotonic() > deadline:
            return grown
        time.sleep(0.5)


def test_idle_costs_nothing(quiet):
    """Host CPU below one percent. Before the load, while nothing is being closed."""
    quiet.get("/")
    before = quiet.vm.cpu_s()
    time.sleep(IDLE_S)  # the thing measured is time without traffic
    assert quiet.vm.cpu_s() - before < 0.01 * IDLE_S


def test_ten_thousand_connections_in_a_row(quiet, index):
    before = owners(quiet)
    with quiet.inside():
        for n in range(SEQUENTIAL_N):
            with socket.create_connection((quiet.host, quiet.port), TIMEOUT_S) as s:
                s.sendall(LAST)
                data = read_all(s)
            assert data.endswith(index), f"connection {n}: {data[:300]!r}"
    assert settled(quiet, before) == {}


def test_five_hundred_at_once(lan, quiet, index):
    """All are open before any asks, and stay open until all are answered. (QEMU's
    user network takes longer to connect them than the server waits for a head.)"""
    before = owners(quiet)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(quiet.connect()) for _ in range(AT_ONCE_N)]
        for _ in range(2):
            for s in clients:
                s.sendall(KEEP)
            for n, s in enumerate(clients):
                assert read_one(s).body == index, f"client {n}"
        assert quiet.memory()["vm"]["conns_now"] >= AT_ONCE_N
    assert settled(quiet, before) == {}


def wrk(guest, *args):
    """What wrk measures of a small file."""
    argv = ["wrk", "-t1", *args, "-s", os.path.join(ROOT, "bench/clients/wrk.lua")]
    text = guest.run(argv + [f"http://{guest.host}/clock.js"]).stdout
    figures = json.loads(text.partition("JSON ")[2])
    assert figures["failed"] == 0 and figures["per_s"] > 0, text
    return figures


def slowest_ms(guest):
    """What 99.9 % of the answers to 64 connections at once do not exceed."""
    return wrk(guest, "-c64", "-d1s")["p999_ms"]


def test_connections_that_were_do_not_slow_new_ones(lan, quiet):
    """Thousands wait for the end of TIME_WAIT, and the client takes their ports again."""
    rates = [wrk(quiet, "-c16", "-d2s", "-H", "Connection: close")["per_s"] for _ in range(3)]
    assert rates[-1] > rates[0] / 2, rates


def test_a_full_ring_makes_nobody_wait_for_a_timer(lan, accel):
    """The VM and its card share a core, so that the card falls behind. What it had no
    room for goes when there is some: lwIP's next tick is up to 250 ms away."""
    core = {min(os.sched_getaffinity(0))}
    with boot(accel) as g:
        g.wait_answer()
        for thread in os.listdir(f"/proc/{g.vm.process.pid}/task"):
            os.sched_setaffinity(int(thread), core)
        found = sorted(slowest_ms(g) for _ in range(8))
        assert found[-2] < 100, found  # the machine itself may have stopped for once


def read_one(s):
    data = b""
    while True:
        part = s.recv(65536)
        assert part, f"closed after {data[:300]!r}"
        data += part
        with contextlib.suppress(AssertionError, ValueError):
            return answers.one(data)


def served_again(guest, index, timeout_s=60):
    """Wait until it has room for us; until then it may refuse, and say 503."""
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            response, body = guest.request("/")
            if response.status == 200:
                assert body == index
                return
            assert response.status == 503
        assert time.monotonic() < deadline, f"not served within {timeout_s} s"
        time.sleep(0.1)


def test_more_connections_than_memory_end_in_refusals_not_in_harm(lan, accel, index):
    """At 4 MB, 2000 connections that send half a head: some are refused, the VM
    lives, and serves again when they are gone."""
    with boot(accel, mem_mb=4) as g:
        g.wait_answer()
        with contextlib.ExitStack() as stack:
            for _ in range(2000):
                with contextlib.suppress(OSError):
                    s = stack.enter_context(g.connect(timeout_s=0.2))
                    s.sendall(b"GET / HTTP/1.1\r\nHost: ")
            g.healthy()
        served_again(g, index)
        memory = g.memory()
        assert sum(o["bytes"] for o in memory["owners"]) == memory["ram_bytes"]

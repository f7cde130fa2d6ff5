# SPDX-License-Identifier: BSD-2-Clause
"""The machines it boots on: much and little RAM, devices with and without their
features, wrong options, and again after a reset."""

import json
import re
import socket

import pytest
from conftest import boot
from guest import user_guest
from test_content import CONTENT, differing, read

CPU_WITHOUT_RANDOM = "max,-rdrand,-rdseed"


@pytest.fixture(scope="module")
def index():
    return read(CONTENT, "index.html")


@pytest.mark.parametrize("mem_mb", [4, 5, 8, 64, 1024])
def test_ram(accel, index, mem_mb):
    with boot(accel, mem_mb=mem_mb) as g:
        assert g.wait_answer().get("/") == index
        memory = g.memory()
        assert sum(o["bytes"] for o in memory["owners"]) == memory["ram_bytes"]
        assert memory["ram_bytes"] == mem_mb << 20


def test_too_little_ram_is_said(accel):
    with boot(accel, mem_mb=2) as g:
        g.await_match("cannot run here: .*RAM")
        assert len(g.console.lines) == 1, g.console.text()


@pytest.mark.parametrize(
    "features",
    [
        "csum=off",
        "guest_csum=off",
        "event_idx=off",
        "indirect_desc=off",
        "mrg_rxbuf=off",
        "csum=off,guest_csum=off,event_idx=off,indirect_desc=off,mrg_rxbuf=off",
    ],
)
def test_without_a_feature_of_the_network_device(accel, features):
    with boot(accel, net_features=features) as g:
        g.wait_answer()
        assert differing(g, CONTENT) == []


def test_without_random_device(accel, index):
    """The CPU's random numbers suffice."""
    with boot(accel, rng=False) as g:
        assert g.wait_answer().get("/") == index


def test_without_random_cpu(index):
    """The random device suffices. Only emulation can take the instructions away."""
    with boot("tcg", cpu=CPU_WITHOUT_RANDOM) as g:
        assert g.wait_answer().get("/") == index


def test_without_any_random_source_it_stops():
    with boot("tcg", cpu=CPU_WITHOUT_RANDOM, rng=False) as g:
        g.await_match("cannot run here: .*random")
        assert not re.search(r"(?i)listening", g.console.text())


WRONG_OPTIONS = (
    *("ip=banana", "ip=10.0.0.1", "ip=10.0.0.1/33,gw=10.0.0.2", "ip=10.0.0.256/8,gw=10.0.0.2"),
    *("ip6=fd00::1::2/64,gw=fd00::1", "port=0", "port=65536", "port=80x"),
    *("log=loud", "onpanic=maybe", "wibble=1", "wibble"),
)


@pytest.mark.parametrize("option", WRONG_OPTIONS)
def test_wrong_options_are_reported_and_ignored(wrongly_booted, option):
    wrongly_booted.await_line(f"ignored: {option}:")


def test_serves_in_spite_of_wrong_options(wrongly_booted, index):
    assert wrongly_booted.get("/") == index


@pytest.fixture(scope="module")
def wrongly_booted(accel):
    with user_guest(accel, WRONG_OPTIONS) as g:
        yield g.wait_answer()


def test_serves_through_the_user_network(accel):
    """DHCP from QEMU, a forwarded port: what `make run` does without root."""
    with user_guest(accel) as g:
        assert differing(g.wait_answer(), CONTENT) == []


def test_boot_is_timed_on_the_console(guest):
    guest.await_match(r"listening.* \d+\.\d+ ms")


def test_log_off_is_silent(accel, index):
    with boot(accel, options=("log=off",)) as g:
        assert g.wait_answer().get("/") == index
    assert g.console.text() == ""  # to its end


class Monitor:
    """QEMU's monitor (QMP) over a socket pair."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        fd = self.theirs.fileno()
        self.extra = ("-chardev", f"socket,id=m0,fd={fd}", "-mon", "chardev=m0,mode=control")
        self.stream = self.ours.makefile("rwb")

    def command(self, name):
        self.stream.write(json.dumps({"execute": name}).encode() + b"\n")
        self.stream.flush()
        for line in self.stream:
            reply = json.loads(line)
            if "return" in reply or "error" in reply:
                return reply
        raise AssertionError("the monitor is closed")


def test_reset(accel, index):
    """Boots again over the RAM that it left behind."""
    monitor = Monitor()
    fields = {"extra": monitor.extra, "extra_fds": (monitor.theirs.fileno(),)}
    with boot(accel, **fields) as g:
        assert g.wait_answer().get("/") == index
        seen = 0
        monitor.command("qmp_capabilities")
        for _ in range(3):
            seen = g.await_match("(?i)listening", seen) + 1
            monitor.command("system_reset")
            g.await_match("(?i)listening", seen)
            assert g.wait_answer().get("/") == index

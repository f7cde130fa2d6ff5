# SPDX-License-Identifier: BSD-2-Clause
"""The image as a PVH guest of the real Xen. Xen and dom0 take half a minute to come
up under emulation; Xen is unpacked, not installed (build-lab)."""

import contextlib
import email.utils
import hashlib
import http.client
import json
import os
import ssl
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests"),
                os.path.join(ROOT, "tests", "e2e")]

from guest import IMAGE  # noqa: E402
from images import make_image  # noqa: E402
from lab import Lab  # noqa: E402
from test_content import ASSETS, CONTENT, differing, files_below, read  # noqa: E402

WEB, SECURE = "10.0.2.15", "10.0.2.16"  # the first is what DHCP gives
LEAST_MB = 3
DOMAINS_N = 20
TIMEOUT_S = 120  # for any one answer; the machine may be busy


class Guest:
    """A domain at a port of loopback, with the calls that test_content makes."""

    def __init__(self, lab, name, address, tls=None):
        self.lab, self.name, self.tls = lab, name, tls
        self.port = lab.ports[address, 443 if tls else 80]

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT_S,
                                               context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)

    def request(self, target, method="GET", headers=None):
        with contextlib.closing(self.connect()) as c:
            c.request(method, target, headers=headers or {})
            response = c.getresponse()
            return response, response.read()

    def memory(self):
        return json.loads(self.request("/memory.json")[1])

    def wait_answer(self):
        """Loopback's port takes connections before the guest does: ask until it answers."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.request("/healthz")[0].status == 200 and self
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    pytest.fail(f"{self.name} does not answer:\n" + self.lab.console(self.name))
                time.sleep(0.2)


@pytest.fixture(scope="module")
def lab():
    kernels = {"plain": IMAGE, "tls": make_image("xen-tls", "TLS=1")}
    forward = [(WEB, 80), (SECURE, 80), (SECURE, 443)]
    with Lab(kernels, forward) as lab:
        yield lab


@pytest.fixture(scope="module")
def web(lab):
    """The domain of most tests: an address by DHCP."""
    lab.create("web", "plain", memory=8, extra="ip=dhcp", mac=1)
    return Guest(lab, "web", WEB).wait_answer()


@pytest.fixture(scope="module")
def secure(lab):
    """One with TLS, and a fixed address."""
    lab.create("secure", "tls", memory=16, extra=f"ip={SECURE}/24,gw=10.0.2.2", mac=2)
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    return Guest(lab, "secure", SECURE, anybody).wait_answer()


def test_console_and_clock(lab, web):
    lab.wait_console("web", r"listening on port 80, .* RAM 8192 KB, clock xen\r?\n")
    lab.wait_console("web", rf"address {WEB}\b")
    date = web.request("/")[0].getheader("Date")
    assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < 60


def test_whole_site(web):
    assert len(list(files_below(CONTENT))) > 5
    assert differing(web, CONTENT) == []
    names = list(files_below(ASSETS))
    assert len(names) >= 3
    assert [n for n in names if web.request("/-/" + n)[1] != read(ASSETS, n)] == []


def test_whole_site_over_https(secure):
    assert differing(secure, CONTENT) == []


def test_memory_sums_to_that_of_the_domain(web):
    memory = web.memory()
    assert sum(owner["bytes"] for owner in memory["owners"]) == memory["ram_bytes"] == 8 << 20


def test_200_connections_at_once(web):
    """Made one after the other (QEMU's network takes two at a time), then all ask at once."""
    def answer(c):
        response = c.getresponse()
        return response.status, response.read()

    connections = [web.connect() for _ in range(200)]
    for c in connections:
        c.request("GET", "/healthz")
        assert answer(c)[0] == 200
    for c in connections:
        c.request("GET", "/how")
    assert [answer(c) for c in connections] == [(200, read(CONTENT, "how.html"))] * 200
    assert web.memory()["vm"]["conns_high_water"] > 200
    for c in connections:
        c.close()


def test_upload_in_large_frames(lab, web):
    """dom0 hands over what it has not yet cut into packets: a frame in two pages."""
    value = "x" * 4080
    lab.run(f"printf 'name=%s' {value} >/tmp/form")
    assert value in lab.run(f"wget -q -O - --post-file /tmp/form http://{WEB}/form")


@pytest.mark.parametrize("command, reason", [("reboot", "reboot"), ("shutdown", "poweroff")])
def test_what_the_host_asks_for(lab, command, reason):
    """It ends by itself, with the reason that tells the toolstack what to do next."""
    lab.create(command, "plain", memory=4, extra="ip=10.0.2.20/24", mac=3)
    lab.wait_console(command, "listening")
    lab.run(f"xl {command} {command}")
    assert lab.wait_end(command) == reason
    lab.wait_console(command, "asked to end")
    lab.run(f"xl destroy {command}")


def test_suspend_is_declined(lab, web):
    lab.run("xenstore-write /local/domain/$(xl domid web)/control/shutdown suspend")
    lab.wait_console("web", "not supported: suspend")
    assert web.request("/healthz")[0].status == 200


def test_too_little_memory_is_said_on_the_console(lab):
    lab.create("small", "plain", memory=LEAST_MB - 1, mac=3)
    lab.wait_console("small", "cannot run here: .*RAM")
    lab.run("xl destroy small")


def test_panic_is_reported_and_ends_in_a_reboot(lab):
    lab.create("broken", "plain", memory=4, extra="selftest=text", mac=3)
    assert lab.wait_end("broken") == "reboot"
    lab.wait_console("broken", "PANIC: page fault: writing protected memory")
    lab.run("xl destroy broken")


def test_many_domains_of_the_least_memory(lab):
    """All at once, and each serves the page whole."""
    for i in range(DOMAINS_N):
        lab.create(f"d{i}", "plain", memory=LEAST_MB, extra=f"ip=10.0.2.{120 + i}/24", mac=100 + i)
    assert {f"d{i}" for i in range(DOMAINS_N)} <= set(lab.domains())
    want = hashlib.md5(read(CONTENT, "how.html")).hexdigest()
    for i in range(DOMAINS_N):
        lab.wait_console(f"d{i}", "listening")
        got = lab.run(f"wget -q -O - http://10.0.2.{120 + i}/how | md5sum")
        assert got.split()[0] == want, f"domain {i}"

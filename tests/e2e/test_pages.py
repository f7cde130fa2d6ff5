# SPDX-License-Identifier: BSD-2-Clause
"""The pages made by code, in the VM: memory that stays flat under a stream of
100 MB and under 1,000 files, event streams, forms, the guest book."""

import contextlib
import re

import pytest
from conftest import ACCELS, boot
from test_http import read_answer
from test_load import owners, settled

STREAM_BYTES = 100_000_000
STREAM_MEMORY = 512 * 1024  # what one stream may take meanwhile: what is under way to the peer
LINE = 64  # bytes of a line of /stream
LISTENERS_MAX = 32
GET = b"GET %s HTTP/1.1\r\nHost: thimble\r\n\r\n"

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)


@pytest.fixture(scope="module")
def small(accel):
    """A VM of 8 MB that has answered and has all its addresses."""
    with boot(accel, mem_mb=8) as g:
        g.wait_answer().wait_addresses()
        yield g
        g.healthy()


def free_bytes(guest):
    return owners(guest)["free"]


def pools(guest):
    """What each pool has handed out at most, and in all refused."""
    return {(p["name"], p["object_bytes"]): p["high_water"] for p in guest.memory()["pools"]}


def test_a_thousand_files_allocate_no_request_memory(small):
    """What a page made by code takes is charged to http: /memory.json, asked
    before and after, takes some itself; files between take none."""
    small.get("/")
    before = {o["name"]: o for o in small.memory()["owners"]}["http"]
    pools_before = pools(small)
    with small.connect() as s:
        for n in range(1000):
            s.sendall(GET % (b"/", b"/samples", b"/nothing", b"/-/style.css")[n % 4])
            assert read_answer(s).status in (200, 404)
    assert {o["name"]: o for o in small.memory()["owners"]}["http"] == before
    grown = {k: n for k, n in pools(small).items() if k[0] == "work" and n != pools_before[k]}
    assert grown == {}


def test_a_stream_of_100_mb_takes_no_memory_to_speak_of(small):
    before = owners(small)
    with contextlib.closing(small.http()) as c:
        c.request("GET", f"/stream/{STREAM_BYTES}")
        response, at, least = c.getresponse(), 0, before["free"]
        while part := response.read(LINE * 65536):
            for line in (0, len(part) // LINE - 1):
                found = part[line * LINE : (line + 1) * LINE]
                assert found == b"%063d\n" % (at + line * LINE)
            at += len(part)
            least = min(least, free_bytes(small))
    assert at == STREAM_BYTES
    assert before["free"] - least < STREAM_MEMORY
    assert settled(small, before) == {}


def test_a_stream_that_nobody_reads_waits(small):
    before = owners(small)
    with small.connect() as s:
        s.sendall(GET % b"/stream/%d" % STREAM_BYTES)
        assert s.recv(12) == b"HTTP/1.1 200"
        assert before["free"] - free_bytes(small) < STREAM_MEMORY
    assert settled(small, before) == {}


def listen(stack, guest, target):
    s = stack.enter_context(guest.connect())
    s.sendall(GET % target)
    data = b""
    while b"\r\n\r\n" not in data:
        part = s.recv(4096)
        assert part, data
        data += part
    return s, int(data[9:12])


def test_listeners_are_bounded(small):
    before = owners(small)
    with contextlib.ExitStack() as stack:
        for n in range(LISTENERS_MAX):
            assert listen(stack, small, b"/clock/events")[1] == 200, f"listener {n}"
        assert listen(stack, small, b"/clock/events")[1] == 503
        assert listen(stack, small, b"/memory/events")[1] == 503
        assert small.get("/healthz") == b"ok\n"
    assert settled(small, before) == {}


def test_the_clock_ticks(small):
    with contextlib.ExitStack() as stack:
        s, status = listen(stack, small, b"/clock/events")
        assert status == 200
        data = b""
        while len(re.findall(rb"data: (\d+)\n\n", data)) < 3:
            part = s.recv(4096)
            assert part, data
            data += part
    ticks = [int(t) for t in re.findall(rb"data: (\d+)\n\n", data)]
    assert [t - ticks[0] for t in ticks[:3]] == [0, 1, 2]


def test_hello_escapes(small):
    assert b"<h1>Hello, &lt;b&gt; you</h1>" in small.get("/hello/%3Cb%3E%20you")


FORMS = {
    "application/x-www-form-urlencoded": b"name=A%26B&text=one+two",
    "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nA&B'
    b'\r\n--x\r\nContent-Disposition: form-data; name="text"\r\n\r\none two\r\n--x--\r\n',
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_is_decoded(small, kind):
    headers = {"Content-Type": kind}
    response, body = small.request("/form", "POST", headers, FORMS[kind])
    assert response.status == 200
    assert b"A&amp;B" in body and b"one two" in body
    response, body = small.request("/form", "POST", headers, b"a" * 5000)
    assert response.status == 413


def test_the_guest_book_keeps_what_is_signed(small):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response, _ = small.request("/guestbook", "POST", headers, b"name=%3Cme%3E&text=was+here")
    assert (response.status, response.headers["Location"]) == (303, "/guestbook")
    page = small.get("/guestbook")
    assert b"&lt;me&gt;" in page and b"was here" in page

# SPDX-License-Identifier: BSD-2-Clause
"""HTTP over real segments: connections kept and closed, requests merged and
split, requests refused. The grammar's corners are in tests/data/http."""

import contextlib
import select
import socket
import struct
import time

import answers
import pytest
from conftest import ACCELS
from guest import read_all
from test_content import ASSETS, CONTENT, read

GET = b"GET %s HTTP/1.1\r\nHost: thimble\r\n\r\n"
LAST = b"GET %s HTTP/1.1\r\nHost: thimble\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def index():
    return read(CONTENT, "index.html")


def read_answer(s, method="GET"):
    """The next answer on `s`, whole; nothing may follow it."""
    data = b""
    while True:
        part = s.recv(65536)
        assert part, f"closed after {data[-200:]!r}"
        data += part
        with contextlib.suppress(AssertionError, ValueError):
            answer, rest = answers.take(data, method)
            assert rest == b""
            return answer


def test_one_connection_serves_many_requests(guest, index):
    with contextlib.closing(guest.http()) as c:
        local = c.sock.getsockname()
        for _ in range(200):
            c.request("GET", "/")
            assert c.getresponse().read() == index
        assert c.sock.getsockname() == local


def test_connection_close_is_honoured(guest, index):
    answer = answers.one(guest.exchange(LAST % b"/"))
    assert (answer.fields["connection"], answer.body) == ("close", index)


def test_http_1_0_closes(guest, index):
    answer = answers.one(guest.exchange(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"))
    assert answer.body == index


def test_http_1_0_keeps_alive_when_asked(guest, index):
    request = b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
    with guest.connect() as s:
        for _ in range(2):
            s.sendall(request)
            answer = read_answer(s)
            assert answer.body == index
            assert answer.fields["connection"].lower() == "keep-alive"


def test_half_closed_client_still_gets_its_answer(guest, index):
    with guest.connect() as s:
        s.sendall(GET % b"/")
        s.shutdown(socket.SHUT_WR)
        assert answers.one(read_all(s)).body == index


def test_a_hundred_requests_in_one_write(guest, index):
    style = read(ASSETS, "style.css")
    data = guest.exchange((GET % b"/" + GET % b"/-/style.css") * 50 + LAST % b"/nothing-here")
    found = answers.split(data, ["GET"] * 101)
    assert [a.body for a in found[:100]] == [index, style] * 50
    assert [a.status for a in found] == [200] * 100 + [404]


def test_pipelined_head_and_get_keep_their_order(guest, index):
    data = guest.exchange(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + LAST % b"/")
    head, get = answers.split(data, ["HEAD", "GET"])
    assert (head.fields["content-length"], get.body) == (str(len(index)), index)


def test_a_request_split_at_every_byte(guest, index):
    """For each place of a cut, two segments; one connection for all of them."""
    request = GET % b"/"
    with guest.connect() as s:
        for cut in range(1, len(request)):
            s.sendall(request[:cut])
            s.sendall(request[cut:])
            assert read_answer(s).body == index, f"cut at {cut}"


def test_a_request_in_segments_of_one_byte(guest, index):
    with guest.connect() as s:
        for byte in LAST % b"/":
            s.sendall(bytes([byte]))
        assert answers.one(read_all(s)).body == index


def test_two_requests_cut_in_the_middle_of_the_second(guest, index):
    two = GET % b"/" + LAST % b"/"
    with guest.connect() as s:
        cut = len(GET % b"/") + 9
        s.sendall(two[:cut])
        assert read_answer(s).body == index
        s.sendall(two[cut:])
        assert answers.one(read_all(s)).body == index


REFUSED = {
    "nothing there": (b"GET /nothing-here HTTP/1.1", 404),
    "method not allowed": (b"DELETE / HTTP/1.1", 405),
    "version": (b"GET / HTTP/2.0", 505),
    "space at the end": (b"GET / HTTP/1.1 ", 400),
    "two spaces": (b"GET  / HTTP/1.1", 400),
    "lower-case method": (b"get / HTTP/1.1", 501),
    "unknown method": (b"BREW / HTTP/1.1", 501),
    "no slash": (b"GET index.html HTTP/1.1", 400),
    "bad escape": (b"GET /%zz HTTP/1.1", 400),
    "escaped NUL": (b"GET /%00 HTTP/1.1", 400),
    "long target": (b"GET /" + b"a" * 5000 + b" HTTP/1.1", 414),
    "long field": (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, 431),
    "many fields": (b"GET / HTTP/1.1" + b"\r\nX: a" * 200, 431),
    "two lengths": (b"GET / HTTP/1.1\r\nContent-Length: 1, 2", 400),
    "space before a colon": (b"GET / HTTP/1.1\r\nContent-Length : 1", 400),
    "no Host": (b"GET / HTTP/1.1\r\nX: a\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: b", 400),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_a_page(guest, what):
    request_line, status = REFUSED[what]
    data = guest.exchange(request_line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = answers.one(data)
    assert answer.status == status
    assert answer.fields["content-type"].startswith("text/html")
    own_page = status == 404 and answer.body == read(CONTENT, "404.html")
    assert own_page or str(status).encode() in answer.body
    if status == 405:
        assert {"GET", "HEAD"} <= set(answer.fields["allow"].replace(" ", "").split(","))


def test_noise_is_refused_and_closed(guest):
    client_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for noise in (client_hello + b"\r\n\r\n", b"\0" * 100 + b"\r\n\r\n"):
        assert answers.one(guest.exchange(noise)).status == 400


def test_dot_segments_stay_inside(guest):
    style = read(ASSETS, "style.css")
    for way in (b"/a/..", b"/.", b"/..", b"/%2e%2e/%2E"):
        target = way + b"/-/style.css"
        answer = answers.one(guest.exchange(LAST % target))
        assert answer.status in (200, 400, 404)
        assert answer.status != 200 or answer.body == style
    for way in (b"/../../", b"/..%2f..%2f", b"/..\\..\\", b"//"):
        assert answers.one(guest.exchange(LAST % (way + b"etc/passwd"))).status in (400, 404)


def test_a_reset_in_the_middle_harms_nobody(guest, index):
    for cut in (0, 5, 30):
        s = guest.connect()
        s.sendall((GET % b"/" * 20)[: cut or None])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    assert guest.get("/") == index


def closed_after_s(connections, started_s, limit_s):
    """When each connection was closed by the guest, in seconds; none is later than limit."""
    when = {}
    while len(when) < len(connections):
        left_s = started_s + limit_s - time.monotonic()
        assert left_s > 0, f"still open after {limit_s} s: {len(connections) - len(when)}"
        waiting = [s for s in connections if s not in when]
        for s in select.select(waiting, [], [], left_s)[0]:
            with contextlib.suppress(ConnectionResetError):
                if s.recv(65536):
                    continue
            when[s] = time.monotonic() - started_s
    return [when[s] for s in connections]


@pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)
def test_slow_and_silent_clients_are_closed_while_others_are_served(guest, index):
    """One says nothing, one stops in its head, one idles after an answer, and
    one keeps adding a byte now and then: all end, and meanwhile all is well."""
    started_s = time.monotonic()
    silent, stuck, idle, drip = clients = [guest.connect(timeout_s=120) for _ in range(4)]
    stuck.sendall(b"GET / HTTP/1.1\r\nHost:")
    idle.sendall(GET % b"/")
    drip.sendall(b"GET / HTTP/1.1\r\nX: ")
    assert read_answer(idle).body == index
    open_s = time.monotonic()
    while time.monotonic() - open_s < 60 and not select.select([drip], [], [], 1)[0]:
        drip.sendall(b"a")
        assert guest.get("/") == index
    closed_after_s(clients, started_s, 90)
    for s in clients:
        s.close()


def test_a_client_that_does_not_read_stops_nobody(guest, index):
    with guest.connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            for _ in range(2000):
                s.sendall(GET % b"/-/style.css")
        assert guest.get("/") == index


def test_a_head_kept_from_an_earlier_answer_fits_the_request(guest):
    """Heads are kept as rendered: one for a connection that ends is not used for
    one that goes on, nor a file's for another, and the date is that of now."""
    with contextlib.closing(guest.http()) as c:

        def get(path, **headers):
            c.request("GET", path, headers=headers)
            r = c.getresponse()
            return r, r.read()

        first, index = get("/")
        style, body = get("/-/style.css")
        assert style.getheader("Content-Type").startswith("text/css")
        assert int(style.getheader("Content-Length")) == len(body)
        deadline = time.monotonic() + 10
        while (again := get("/"))[0].getheader("Date") == first.getheader("Date"):
            assert time.monotonic() < deadline, "the date stands still"
        assert again[0].getheader("ETag") == first.getheader("ETag") and again[1] == index
        last, _ = get("/", Connection="close")
        assert last.getheader("Connection") == "close"
    with contextlib.closing(guest.http()) as c:
        for _ in range(2):
            c.request("GET", "/")
            r = c.getresponse()
            r.read()
            assert r.getheader("Connection") is None

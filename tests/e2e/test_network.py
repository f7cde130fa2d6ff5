# SPDX-License-Identifier: BSD-2-Clause
"""Addresses, neighbours and echo, IPv4 and IPv6, against Linux and dnsmasq.

Each test has a network of its own that nothing else is on."""

import contextlib
import errno
import re
import socket
import struct
import subprocess
import time

import pytest
from conftest import ACCELS
from guest import GUEST4, GUEST6, HOST4, STATIC4, STATIC6, lan_guest
from neighbour import Neighbour
from test_content import CONTENT, read
from vm import tap
from vm.console import Console

MAC = "52:54:00:12:34:56"
EUI64 = "5054:ff:fe12:3456"  # RFC 4291 appendix A
LINK_LOCAL = f"fe80::{EUI64}"
LEASE_RANGE = "10.73.80.50,10.73.80.60"

pytestmark = pytest.mark.usefixtures("lan")


@pytest.fixture(scope="module")
def index():
    return read(CONTENT, "index.html")


@contextlib.contextmanager
def dnsmasq(lan, folder, *options):
    """A DHCP server and router in `lan`; yields its log."""
    argv = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"]
    argv += ["--interface=lan0", "--bind-interfaces", "--log-facility=-", "--log-dhcp"]
    argv += [f"--dhcp-leasefile={folder}/leases", "--pid-file=", "--user=root", "--no-ping"]
    argv += options
    with lan.ns:
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    log = Console(process.stderr)
    try:
        assert log.wait(r"started") is not None, log.text()
        yield log
    finally:
        process.terminate()
        process.wait()


def ping(guest, address, *options):
    return guest.run(["ping", "-n", "-c", "3", "-i", "0.05", "-W", "5", *options, address])


def received(done):
    found = re.search(r"(\d+) received", done.stdout)
    assert found, done.stdout + done.stderr
    return int(found[1])


@pytest.fixture(scope="module")
def static(accel, lan):
    """A guest with fixed addresses."""
    with lan_guest(accel) as g:
        yield g.wait_answer()


@pytest.mark.parametrize("address", [GUEST4, GUEST6, LINK_LOCAL + "%lan0"])
@pytest.mark.parametrize("size", ["0", "56", "1400"])
def test_echo(static, address, size):
    assert received(ping(static, address, "-s", size)) == 3


@pytest.mark.parametrize("host", [GUEST4, GUEST6, LINK_LOCAL + "%lan0"])
def test_serves_over_either_protocol(static, index, host):
    with contextlib.closing(static.http(host)) as c:
        c.request("GET", "/", headers={"Host": "thimble"})
        assert c.getresponse().read() == index


def connect_from(port, address):
    """A connection from `port`, as soon as our own side is done with the last."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return socket.create_connection((address, 80), 8, source_address=("", port))
        except OSError as e:
            if e.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise


def retransmissions(s):
    """Segments that our side has sent again (struct tcp_info, tcpi_total_retrans)."""
    return struct.unpack_from("I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]


@pytest.mark.parametrize("address", [GUEST4, GUEST6])
def test_a_port_is_used_again_at_once(static, address):
    """The guest ends a connection and remembers it in TIME_WAIT, 10 s; a new one
    from the same port need not wait for that, nor for a repeated SYN."""
    request = b"GET /healthz HTTP/1.1\r\nHost: thimble\r\nConnection: close\r\n\r\n"
    static.await_match(rf"address .*{address}")
    repeated = []
    for _ in range(3):
        with static.inside(), contextlib.closing(connect_from(45678, address)) as s:
            repeated.append(retransmissions(s))
            s.sendall(request)
            assert s.recv(1000).startswith(b"HTTP/1.1 200 ")
            while s.recv(1000):
                pass
    assert 0 in repeated[1:], repeated  # one may be due to a busy machine


@pytest.mark.parametrize("address", [GUEST4, GUEST6])
def test_neighbours_are_told_the_address_again(static, address):
    """After the host forgets it: ARP and neighbour discovery answer."""
    with static.inside():
        tap.ip("neigh", "flush", "dev", "lan0")
        assert received(ping(static, address)) == 3
        assert f"lladdr {MAC}" in tap.ip("neigh", "show", address, "dev", "lan0")


def sent_again(guest):
    return int(re.search(rb"^thimble_tcp_retransmits_total (\d+)$", guest.get("/metrics"), re.M)[1])


def test_a_neighbour_moves_in_mid_connection(accel, lan, index):
    """The host gets another hardware address and says so: the next answer on an
    open connection goes there at the first attempt."""
    with lan_guest(accel) as g:
        g.wait_answer()
        before = sent_again(g)
        with g.inside(), contextlib.closing(g.http()) as c:
            g.lan.ns.sysctl("ipv4/conf/lan0/arp_notify", "1")
            for last in range(4):
                tap.ip("link", "set", "dev", "lan0", "address", f"02:00:00:00:00:0{last}")
                c.request("GET", "/", headers={"Host": "thimble"})
                assert c.getresponse().read() == index
        assert sent_again(g) == before


STRANGER, HERE, THERE, GROUP = "10.73.80.90", *(f"{n:02x}:00:00:00:00:90" for n in (2, 6, 3))
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: thimble\r\n\r\n"


def opened(neighbour):
    """Let it open its connection; where the guest's SYN went."""
    neighbour.send("S")
    to, flags, _ = neighbour.receive()
    assert flags == "SA"
    neighbour.send("A")
    return to


def test_who_asks_is_answered_where_he_is(static):
    """He is a stranger, whom the guest need not look for to answer, from the first
    segment on; also when he asks where nobody listens."""
    with static.inside(), Neighbour(STRANGER, HERE, MAC) as n, Neighbour(
            STRANGER, THERE, MAC, port=40001) as other:
        assert opened(n) == HERE
        n.send("A", HEALTH)
        to, _, data = n.receive()
        assert (to, data[:12], n.asked) == (HERE, b"HTTP/1.1 200", 0)
        other.to = 9
        other.send("S")
        assert (other.receive()[:2], other.asked) == ((THERE, "RA"), 0)
        n.send("R")


def test_who_lies_about_his_address_gets_no_others_segments(static):
    """Somebody begins a connection under the address of another, who has one: what
    is for that one goes where it went, or where ARP says."""
    with static.inside(), Neighbour(STRANGER, HERE, MAC) as n, Neighbour(
            STRANGER, THERE, MAC, port=40002) as liar:
        opened(n)
        liar.send("S")
        assert liar.receive()[0] == THERE
        n.send("A", HEALTH)
        assert n.receive()[0] == HERE
        n.send("A")
        time.sleep(0.6)  # longer than the guest goes without ARP
        liar.seq -= 1
        liar.send("S")
        n.send("A", HEALTH)
        n.await_question()
        n.answer()
        assert n.receive()[0] == HERE
        n.send("R")
        liar.send("R")


def test_a_group_is_no_neighbour(static):
    """A segment from a group address: the guest asks who sent it."""
    with static.inside(), Neighbour("10.73.80.91", GROUP, MAC) as n:
        n.send("S")
        n.await_question()
        n.mac = HERE
        n.answer()
        assert n.receive()[0] == HERE
        n.send("R")


def test_no_answer_for_other_addresses(static):
    """Neither ARP for an address not its own, nor a page on another port."""
    done = static.run(["ping", "-n", "-c", "1", "-W", "1", "10.73.80.77"])
    assert received(done) == 0
    for port in (81, 443):
        with static.inside(), pytest.raises(ConnectionRefusedError):
            socket.create_connection((GUEST4, port), 10)


def test_port_option(accel, index):
    with lan_guest(accel, (STATIC4, "port=8000")) as g:
        g.port = 8000
        assert g.wait_answer().get("/") == index


def test_static_ipv6_alone(accel, index):
    with lan_guest(accel, (STATIC4, STATIC6)) as g:
        g.host = GUEST6
        assert g.wait_answer().get("/", Host="thimble") == index


def test_ipv6_can_be_off(accel):
    with lan_guest(accel, (STATIC4, "ip6=off")) as g:
        g.wait_answer()
        assert received(ping(g, GUEST4)) == 3
        done = g.run(["ping", "-n", "-c", "1", "-W", "1", LINK_LOCAL + "%lan0"])
        assert received(done) == 0


def test_slaac(accel, tmp_path, index):
    """A router advertises a prefix; the guest makes its address of it."""
    with lan_guest(accel, (STATIC4, "ip6=auto")) as g:
        router = ["--enable-ra", "--dhcp-range=fd73:80::,ra-only,64", "--ra-param=lan0,4,60"]
        with dnsmasq(g.lan, tmp_path, *router):
            g.wait_answer(f"fd73:80::{EUI64}")
            g.host = f"fd73:80::{EUI64}"
            assert g.get("/", Host="thimble") == index
            assert received(ping(g, g.host)) == 3


def test_dhcp(accel, tmp_path, index):
    with lan_guest(accel, ()) as g:
        options = [f"--dhcp-range={LEASE_RANGE},2m", f"--dhcp-option=option:router,{HOST4}"]
        with dnsmasq(g.lan, tmp_path, *options) as log:
            at = log.wait(r"DHCPACK\(lan0\)", 20)
            assert at is not None, log.text()
            g.host = re.search(r"DHCPACK\(lan0\) (\S+)", log.lines[at])[1]
            assert g.wait_answer().get("/") == index
            g.await_match(re.escape(g.host))
            if accel == ACCELS[0]:
                renewed_in_time(g, log, at)
                assert g.get("/") == index


def renewed_in_time(guest, log, at):
    """A lease of two minutes is asked for again after one (RFC 2131 4.4.5), and
    not from the beginning: no DISCOVER."""
    again = log.wait(rf"DHCPREQUEST\(lan0\) {guest.host}", 100, at + 1)
    assert again is not None, log.text()
    assert log.wait(rf"DHCPACK\(lan0\) {guest.host}", start=again) is not None, log.text()
    assert not any("DHCPDISCOVER" in line for line in log.lines[at:]), log.text()


def test_dhcp_server_that_comes_late(accel, tmp_path, index):
    """The guest goes on asking."""
    with lan_guest(accel, ()) as g:
        g.await_match(r"(?i)dhcp|listen")
        with dnsmasq(g.lan, tmp_path, f"--dhcp-range={LEASE_RANGE},1h") as log:
            at = log.wait(r"DHCPACK\(lan0\)", 60)
            assert at is not None, log.text()
            g.host = re.search(r"DHCPACK\(lan0\) (\S+)", log.lines[at])[1]
            assert g.wait_answer().get("/") == index

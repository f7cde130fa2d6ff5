# SPDX-License-Identifier: BSD-2-Clause
"""A booted VM with the ways tests talk to it.

lan_guest()   in a network namespace of its own, on a tap: every segment and
              every protocol is as sent. Needs root.
user_guest()  on QEMU's user network. Works everywhere; only TCP gets through."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess

from netns import Namespace
from vm import ports, probe, tap
from vm.machine import Machine, TapNet, UserNet, Vm, VmError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IMAGE = os.environ.get("THIMBLE_IMAGE") or os.path.join(ROOT, "build", "thimble.elf")
BOOT_TIMEOUT_S = 30
TIMEOUT_S = 20  # for any one answer; generous, the machine may be busy

HOST4, GUEST4 = "10.73.80.1", "10.73.80.2"
HOST6, GUEST6 = "fd73:80::1", "fd73:80::2"
STATIC4 = f"ip={GUEST4}/24,gw={HOST4}"
STATIC6 = f"ip6={GUEST6}/64,gw={HOST6}"


class Lan:
    """A namespace with a tap that the guest is the other end of."""

    def __init__(self, addresses=(HOST4 + "/24", HOST6 + "/64")):
        self.ns = Namespace()
        try:
            with self.ns:
                tap.ip("link", "set", "lo", "up")
                for when in ("default", "all"):  # link-local addresses usable at once
                    self.ns.sysctl(f"ipv6/conf/{when}/accept_dad", "0")
                self.tap = tap.Tap("lan0", addresses)
        except BaseException:
            self.ns.close()
            raise

    def close(self):
        self.tap.close()
        self.ns.close()


class Guest:
    """A running VM at (host, port), reached from inside `lan` if there is one."""

    def __init__(self, machine, host, port, lan=None):
        self.host, self.port, self.lan = host, port, lan
        self.vm = Vm(machine)

    @property
    def console(self):
        return self.vm.console

    def inside(self):
        """Enter the network that reaches the guest."""
        return self.lan.ns if self.lan else contextlib.nullcontext()

    def wait_answer(self, host=None, timeout_s=BOOT_TIMEOUT_S):
        """Wait for the first complete answer; returns self."""
        with self.inside():
            found = probe.first_answer((host or self.host, self.port), timeout_s, self.vm.check)
        if not found:
            raise VmError(f"no answer in {timeout_s} s: " + self.vm.last_words())
        return self

    def wait_addresses(self):
        """Wait for the address that comes last, a second after boot and with memory of
        its own; returns self. For who compares memory before and after."""
        self.await_match(r"address .*:")
        return self

    def connect(self, host=None, timeout_s=TIMEOUT_S):
        """A TCP connection that sends each write as it is."""
        with self.inside():
            s = socket.create_connection((host or self.host, self.port), timeout_s)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def http(self, host=None):
        """An http.client connection, connected."""
        c = http.client.HTTPConnection(host or self.host, self.port, timeout=TIMEOUT_S)
        c.sock = self.connect(host)
        return c

    def request(self, target, method="GET", headers=None, body=None):
        """One request on a connection of its own: (response, its body)."""
        with contextlib.closing(self.http()) as c:
            c.request(method, target, body=body, headers=headers or {})
            response = c.getresponse()
            return response, response.read()

    def get(self, target, **headers):
        """Body of a GET that must be answered with 200."""
        response, body = self.request(target, headers=headers)
        assert response.status == 200, f"GET {target}: {response.status} {body[:200]!r}"
        return body

    def exchange(self, data, host=None):
        """Send `data` on a new connection; all that comes until the guest closes it."""
        with self.connect(host) as s:
            s.sendall(data)
            return read_all(s)

    def memory(self):
        return json.loads(self.get("/memory.json"))

    def run(self, argv, **options):
        """Run a program that reaches the guest; its output as text."""
        with self.inside():
            return subprocess.run(argv, capture_output=True, text=True, timeout=60, **options)

    def await_match(self, pattern, start=0):
        """Index of the console's first line from `start` on that matches, once it is there.

        What the guest says arrives by another way than what it answers, and may be later."""
        at = self.console.wait(pattern, start=start)
        assert at is not None, self.vm.last_words(40)
        return at

    def await_line(self, text, start=0):
        """Likewise of a line that holds `text`."""
        return self.await_match(re.escape(text), start)

    def healthy(self):
        """Raise unless it is alive and has not panicked."""
        self.vm.check()
        assert not re.search(r"(?i)\bpanic\b", self.console.text()), self.vm.last_words(40)

    def close(self):
        self.vm.stop()
        if self.lan:
            self.lan.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def read_all(s):
    """What comes until the other side closes; what came before a reset."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while part := s.recv(1 << 20):
            data += part
    return bytes(data)


def lan_guest(accel, options=(STATIC4, STATIC6), image=IMAGE, addresses=None, **fields):
    """Boot on a tap in a new namespace; not waited for."""
    lan = Lan(addresses) if addresses is not None else Lan()
    try:
        machine = Machine(image, accel, TapNet(lan.tap.fd), options=tuple(options), **fields)
        return Guest(machine, GUEST4, 80, lan)
    except BaseException:
        lan.close()
        raise


def user_guest(accel, options=(), image=IMAGE, **fields):
    """Boot on the user network; not waited for."""
    net = UserNet(ports.free())
    machine = Machine(image, accel, net, options=tuple(options), **fields)
    return Guest(machine, "127.0.0.1", net.port)

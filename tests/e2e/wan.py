# SPDX-License-Identifier: BSD-2-Clause
"""A guest on one side of a slow and lossy line, a client on the other.

    guest = lan0 (router, a namespace) wan0 = this process = far0 (client, another)

The router's kernel makes single packets with whole checksums of what the guest
sends in large segments, since wan0 asks for nothing else, unless the line is to be
fast; each packet passes through this process, which looks at it and loses, delays
or overtakes it."""

import contextlib
import fcntl
import heapq
import os
import random
import select
import threading
import time

from guest import GUEST4, IMAGE, STATIC4, STATIC6, Guest, Lan
from netns import Namespace
from vm import tap
from vm.machine import Machine, TapNet

NEAR4, FAR4 = "10.74.0.1", "10.74.0.2"
NEAR6, FAR6 = "fd74::1", "fd74::2"
VNET_HEADER = 10  # bytes before a frame: how to cut it, which sum to complete
TUNSETOFFLOAD, TUN_F_CSUM, TUN_F_TSO = 0x400454D0, 1, 2 | 4
ETHERNET, IP6_TYPE = 14, b"\x86\xdd"
SMALLEST = ETHERNET + 20 + 20  # a frame with a TCP segment


def segment(frame):
    """Of a TCP segment (destination port, sequence number, bytes of data); of other
    protocols some numbers."""
    ip6 = frame[12:14] == IP6_TYPE
    tcp = ETHERNET + (40 if ip6 else 20)
    end = tcp + int.from_bytes(frame[18:20], "big") if ip6 else (
        ETHERNET + int.from_bytes(frame[16:18], "big"))
    data = end - tcp - (frame[tcp + 12] >> 4) * 4
    return int.from_bytes(frame[tcp + 2 : tcp + 4], "big"), frame[tcp + 4 : tcp + 8], data


class Line:
    """Carries frames both ways between two taps, from a thread of its own.

    loss      part of the frames that is lost
    delay_s   each way
    overtake  part of the frames that the one behind passes
    rate      bits per second each way; 0: any
    queue     bytes that wait for their turn, each way; more is lost"""

    def __init__(self, taps, loss=0.0, delay_s=0.0, overtake=0.0, rate=0, queue=1 << 20, seed=1):
        self.fds = [t.fd for t in taps]
        self.byte_s, self.queue_s = (8 / rate, queue * 8 / rate) if rate else (0, 1)
        self.free = [0.0, 0.0]  # when all that waits has been sent
        self.loss, self.delay_s, self.overtake = loss, delay_s, overtake
        self.random = random.Random(seed)
        self.longest = {}  # bytes of an IP packet towards each port of the client's
        self.lost_bytes = 0  # of frames towards the guest
        self.deaf = False  # True: the guest gets no segment without data, so no acknowledgement
        self.sent = {}  # towards each port of the client's: sequence numbers of data, in order
        self.lose_from, self.lose_n = 0, 0  # how many packets, from so far into a stream
        self.lost_s = 0.0  # when the last of them was, by the monotonic clock
        self._due, self._n = [], 0
        self._ends = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _take(self, side):
        packet = os.read(self.fds[side], 65600)
        frame = packet[VNET_HEADER:]
        if len(frame) >= SMALLEST:
            port, sequence, data = segment(frame)
            if side == 0:
                self.longest[port] = max(self.longest.get(port, 0), len(frame) - ETHERNET)
            if side == 0 and data:
                flight = self.sent.setdefault(port, [])
                flight.append(sequence)
                if self.lose_n and self._is_tail(flight):
                    self.lose_n -= 1
                    self.lost_s = time.monotonic()
                    return
            if side == 1 and self.deaf and not data:
                return
        if self.random.random() < self.loss:
            self.lost_bytes += len(frame) * side
            return
        now = time.monotonic()
        start = max(now, self.free[side])
        if start - now > self.queue_s:
            return
        self.free[side] = start + len(frame) * self.byte_s
        late = self.random.random() < self.overtake
        due = self.free[side] + self.delay_s + (0.003 if late else 0)
        self._n += 1
        heapq.heappush(self._due, (due, self._n, 1 - side, packet))

    def _is_tail(self, flight):
        first, last = (int.from_bytes(n, "big") for n in (flight[0], flight[-1]))
        return (last - first) % (1 << 32) >= self.lose_from

    def _send(self):
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, side, packet = heapq.heappop(self._due)
            with contextlib.suppress(OSError):  # its queue is full: that is loss, too
                os.write(self.fds[side], packet)

    def _run(self):
        poll = select.poll()
        for fd in (*self.fds, self._ends[0]):
            poll.register(fd, select.POLLIN)
        while True:
            wait_ms = 1000
            if self._due:
                wait_ms = max(0, (self._due[0][0] - time.monotonic()) * 1000)
            for fd, _ in poll.poll(wait_ms):
                if fd == self._ends[0]:
                    return
                self._take(self.fds.index(fd))
            self._send()

    def close(self):
        os.write(self._ends[1], b"x")
        self._thread.join()
        for fd in self._ends:
            os.close(fd)


class Wan(Lan):
    """The network of a guest whose clients are behind a line. Use as its `lan`.

    large   frames of up to 64 KB pass, each lost or late as one: on a line that is too
            fast for this process to look at each packet"""

    def __init__(self, large=False, **line):
        super().__init__()
        self.home, self.line = self.ns, None
        self.taps = []
        with self.home:
            for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
                self.home.sysctl(name, "1")
            self.taps.append(tap.Tap("wan0", (NEAR4 + "/24", NEAR6 + "/64")))
        self.ns = Namespace()
        with self.ns:
            tap.ip("link", "set", "lo", "up")
            self.taps.append(tap.Tap("far0", (FAR4 + "/24", FAR6 + "/64")))
            tap.ip("route", "add", "default", "via", NEAR4)
            tap.ip("-6", "route", "add", "default", "via", NEAR6)
        for t in self.taps if large else ():
            fcntl.ioctl(t.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO)
        self.line = Line(self.taps, **line)

    def close(self):
        self.line.close()
        for t in self.taps:
            t.close()
        self.ns.close()
        self.ns = self.home
        super().close()


@contextlib.contextmanager
def far_guest(accel, host=GUEST4, pack="", net_features="", mem_mb=32, **line):
    """A booted guest and the line to it. From the client its address is the same.

    pack   the site, "" for the image's own; `line` as of Wan"""
    wan = Wan(**line)
    gateway6 = STATIC6 + ",gw=fd73:80::1"
    machine = Machine(IMAGE, accel, TapNet(wan.tap.fd), options=(STATIC4, gateway6))
    machine.module, machine.net_features, machine.mem_mb = pack, net_features, mem_mb
    with Guest(machine, host, 80, wan) as g:
        yield g.wait_answer()
        g.healthy()

# SPDX-License-Identifier: BSD-2-Clause
"""A host on the guest's network, made of frames: where it is, is what they say."""

import socket
import struct
from collections import namedtuple

from guest import GUEST4, TIMEOUT_S

ETH_P_ALL, IP4, ARP = 0x0003, 0x0800, 0x0806
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

Segment = namedtuple("Segment", "to flags seq ack data")


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    """RFC 1071"""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Neighbour:
    """Of one TCP connection, from `port` to the guest's port 80. Make it inside the
    guest's network.

    asked   how often the guest has asked by ARP who has our address; answered
            only by answer()"""

    def __init__(self, ip4, mac, guest_mac, port=40000):
        self.ip4, self.mac, self.guest_mac = socket.inet_aton(ip4), mac, mac_bytes(guest_mac)
        self.ports = (port, 80)
        self.seq, self.ack, self.asked = 1000, 0, 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind(("lan0", 0))
        self.socket.settimeout(TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def _send(self, kind, packet):
        self.socket.send(self.guest_mac + mac_bytes(self.mac) + struct.pack("!H", kind) + packet)

    def send(self, flags, data=b""):
        """A segment that goes on where the last one ended."""
        ends = self.ip4 + socket.inet_aton(GUEST4)
        tcp = struct.pack("!HHIIBBHHH", *self.ports, self.seq, self.ack, 5 << 4, flags, 8192, 0, 0)
        pseudo = ends + struct.pack("!HH", 6, len(tcp) + len(data))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + data)) + tcp[18:] + data
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends
        self._send(IP4, ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp)
        self.seq += len(data) + bool(flags & (SYN | FIN))

    def answer(self):
        """Tell the guest by ARP where we are (RFC 826)."""
        self._send(ARP, struct.pack("!HHBBH", 1, IP4, 6, 4, 2) + mac_bytes(self.mac) + self.ip4
                   + self.guest_mac + socket.inet_aton(GUEST4))

    def _read(self):
        """A frame from the guest: its Segment, for our port; else None."""
        frame = self.socket.recv(65536)
        kind = int.from_bytes(frame[12:14], "big")
        if frame[6:12] != self.guest_mac:
            return None
        if kind == ARP and frame[38:42] == self.ip4:
            self.asked += 1
        if kind != IP4 or frame[23] != 6 or frame[30:34] != self.ip4:
            return None
        ports = struct.unpack("!HH", frame[34:38])
        if ports != self.ports[::-1]:
            return None
        end = 14 + int.from_bytes(frame[16:18], "big")
        start = 34 + (frame[46] >> 4) * 4
        return Segment(frame[:6].hex(":"), frame[47], *struct.unpack("!II", frame[38:46]),
                       frame[start:end])

    def receive(self):
        """The guest's next segment; acknowledged by what is sent from now on."""
        while (segment := self._read()) is None:
            pass
        self.ack = segment.seq + len(segment.data) + bool(segment.flags & (SYN | FIN))
        return segment

    def await_question(self):
        """Until the guest asks by ARP for us; what else it sends is passed over."""
        before = self.asked
        while self.asked == before:
            self._read()

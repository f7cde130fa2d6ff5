# SPDX-License-Identifier: BSD-2-Clause
"""A host on the guest's network, made of frames: where it is, is what they say."""

import socket

from guest import GUEST4, TIMEOUT_S
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Ether

ETH_P_ALL = 0x0003


class Neighbour:
    """Of one TCP connection, from `port` to the guest's port 80. Make it inside the
    guest's network.

    asked   how often the guest has asked by ARP who has our address; only answer()
            answers"""

    def __init__(self, ip4, mac, guest_mac, port=40000):
        self.ip4, self.mac, self.guest_mac, self.port, self.to = ip4, mac, guest_mac, port, 80
        self.seq, self.ack, self.asked = 1000, 0, 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind(("lan0", 0))
        self.socket.settimeout(TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def _send(self, packet):
        self.socket.send(bytes(Ether(src=self.mac, dst=self.guest_mac) / packet))

    def send(self, flags, data=b""):
        """A segment that goes on where the last one ended; flags as in "SA"."""
        tcp = TCP(sport=self.port, dport=self.to, flags=flags, seq=self.seq, ack=self.ack)
        self._send(IP(src=self.ip4, dst=GUEST4) / tcp / data)
        self.seq += len(data) + len(set("SF") & set(flags))

    def answer(self):
        """Tell the guest by ARP where we are."""
        self._send(ARP(op="is-at", hwsrc=self.mac, psrc=self.ip4, hwdst=self.guest_mac, pdst=GUEST4))

    def _read(self):
        """A frame with a segment from the guest to our port; else None."""
        frame = Ether(self.socket.recv(65536))
        if frame.src != self.guest_mac:
            return None
        self.asked += ARP in frame and frame[ARP].pdst == self.ip4
        ours = TCP in frame and (frame[IP].dst, frame[TCP].dport) == (self.ip4, self.port)
        return frame if ours else None

    def receive(self):
        """The guest's next segment, acknowledged by what is sent from now on: the
        hardware address it went to, its flags, its data."""
        while (frame := self._read()) is None:
            pass
        flags = str(frame[TCP].flags)
        data = bytes(frame[TCP].payload)[: frame[IP].len - 20 - frame[TCP].dataofs * 4]
        self.ack = frame[TCP].seq + len(data) + len(set("SF") & set(flags))
        return frame.dst, flags, data

    def await_question(self):
        """Until the guest asks by ARP for us; what else it sends is passed over."""
        before = self.asked
        while self.asked == before:
            self._read()

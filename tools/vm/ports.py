# SPDX-License-Identifier: BSD-2-Clause
"""Ports of loopback for servers that are started by others."""

import random
import socket


def ephemeral():
    """The ports that the kernel gives to outgoing connections: (first, last)."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        first, last = f.read().split()
    return int(first), int(last)


def free():
    """A port nobody listens on, and which no outgoing connection can take before
    it is used."""
    first, last = ephemeral()
    candidates = [port for port in range(10000, 60000) if not first <= port <= last]
    while True:
        port = random.choice(candidates)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue

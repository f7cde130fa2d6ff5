# SPDX-License-Identifier: BSD-2-Clause
"""A tap device that lives as long as somebody holds its descriptor.

It is not persistent, so that nothing remains of it even after SIGKILL."""

import fcntl
import os
import struct
import subprocess

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
IFF_VNET_HDR = 0x4000


class TapError(Exception):
    """No tap here, with the reason in words."""


def ip(*words):
    """Run ip(8); a failure is a TapError with its message."""
    try:
        done = subprocess.run(["ip", *words], capture_output=True, text=True)
    except FileNotFoundError:
        raise TapError("ip is not installed (package iproute2)")
    if done.returncode:
        raise TapError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Tap:
    """A tap device of the current network namespace, up, with `addresses`."""

    def __init__(self, name="thimble%d", addresses=()):
        try:
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        except OSError as e:
            raise TapError(f"/dev/net/tun: {e.strerror}")
        try:
            self.name = self._attach(name)
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                ip("addr", "add", address, "dev", self.name, *nodad)
            ip("link", "set", self.name, "up")
        except BaseException:
            self.close()
            raise

    def _attach(self, name):
        request = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        try:
            answer = fcntl.ioctl(self.fd, TUNSETIFF, request)
        except PermissionError:
            raise TapError("a tap needs root")
        except OSError as e:
            raise TapError(f"cannot make a tap: {e.strerror}")
        return answer[:16].rstrip(b"\0").decode()

    def close(self):
        os.close(self.fd)


def free_subnet():
    """A number n such that 10.73.n.0/24 is in no route of this machine."""
    routes = ip("-4", "route", "show", "table", "all")
    for n in range(80, 256):
        if f"10.73.{n}." not in routes:
            return n
    raise TapError("10.73.80.0 to 10.73.255.0 are all in use")

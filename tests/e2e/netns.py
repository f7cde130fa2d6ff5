# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace without a name: it exists while its descriptor is open.

`with ns:` puts the calling thread, and the processes it starts meanwhile,
inside; sockets made there stay there."""

import ctypes
import os

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _current():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


class Namespace:
    def __init__(self):
        home = _current()
        try:
            _call(_libc.unshare, CLONE_NEWNET)
            try:
                self._fd = _current()
            finally:
                _call(_libc.setns, home, CLONE_NEWNET)
        finally:
            os.close(home)
        self._homes = []

    def __enter__(self):
        self._homes.append(_current())
        _call(_libc.setns, self._fd, CLONE_NEWNET)
        return self

    def __exit__(self, *exc):
        home = self._homes.pop()
        _call(_libc.setns, home, CLONE_NEWNET)
        os.close(home)

    def sysctl(self, name, value):
        """Set net/`name`, e.g. "ipv4/tcp_sack"."""
        with self, open(f"/proc/sys/net/{name}", "w", encoding="ascii") as f:
            f.write(value)

    def close(self):
        os.close(self._fd)


def impossible():
    """Why this machine lets us make no namespace with a tap; "" when it does."""
    if os.geteuid():
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    try:
        Namespace().close()
    except OSError as e:
        return f"no network namespaces: {e.strerror}"
    return ""

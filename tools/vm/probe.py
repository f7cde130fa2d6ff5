# SPDX-License-Identifier: BSD-2-Clause
"""Waits for the first complete HTTP answer of a VM that is booting.

QEMU's user network accepts before the guest listens, and a segment that comes
too early may be repeated only seconds later. So a silent attempt is kept, and
the next one is started beside it; a refused one is repeated at once."""

import selectors
import socket
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
RETRY_S = 0.001  # after a refusal
HEDGE_S = 0.004  # after silence, at first
HEDGE_SHARE = 0.04  # of the time so far: a slow guest is not kept busy with attempts given up
ATTEMPTS_MAX = 64  # in flight; the oldest gives way


def complete(answer):
    """Whether `answer` holds a whole HTTP response, by its Content-Length."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end or not head.startswith(b"HTTP/1."):
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(body) >= int(value)
    return False


class _Attempt:
    def __init__(self, address):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self.sock.connect_ex(address)
        self.sent = False
        self.answer = b""

    def step(self):
        """Go on as far as possible: True with a whole answer, False when dead."""
        try:
            if not self.sent:
                self.sock.send(REQUEST)
                self.sent = True
                return None
            data = self.sock.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            return False
        self.answer += data
        if complete(self.answer):
            return True
        return None if data else False


def first_answer(address, timeout_s, check=lambda: None):
    """Probe `address` (host, port) until it answers.

    check    called between attempts; may raise to give up
    returns  the answer's bytes and the time.monotonic() of its end, or None"""
    deadline = time.monotonic() + timeout_s
    attempts = []
    with selectors.DefaultSelector() as selector:
        try:
            return _probe(address, deadline, check, selector, attempts)
        finally:
            for attempt in attempts:
                attempt.sock.close()


def _drop(selector, attempts, attempt):
    selector.unregister(attempt.sock)
    attempts.remove(attempt)
    attempt.sock.close()


def _probe(address, deadline, check, selector, attempts):
    start_s, next_s = time.monotonic(), 0
    while time.monotonic() < deadline:
        now = time.monotonic()
        if now >= next_s:
            check()
            if len(attempts) >= ATTEMPTS_MAX:
                _drop(selector, attempts, attempts[0])
            attempts.append(_Attempt(address))
            selector.register(attempts[-1].sock, selectors.EVENT_WRITE, attempts[-1])
            next_s = now + max(HEDGE_S, HEDGE_SHARE * (now - start_s))
        for key, _ in selector.select(max(0, next_s - time.monotonic())):
            attempt = key.data
            done = attempt.step()
            if done:
                return attempt.answer, time.monotonic()
            if done is False:
                _drop(selector, attempts, attempt)
                next_s = min(next_s, time.monotonic() + RETRY_S)
            elif attempt.sent:
                selector.modify(attempt.sock, selectors.EVENT_READ, attempt)
    return None

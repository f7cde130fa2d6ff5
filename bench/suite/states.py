# SPDX-License-Identifier: BSD-2-Clause
"""What a contestant costs before and between requests: the time to its first
answer, the memory it needs, and what an idle connection takes."""

import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import time

from suite import out
from suite.contestants import EMPTY, Failed

from guest import GUEST4  # noqa: E402
from vm.machine import VmError  # noqa: E402

FILES = ("/", "/64k.bin", "/1m.bin")
ATTEMPT_S = 15  # for a VM with little memory to serve its site
FIRST_S = 60
IDLE_CHUNK = 50  # connections opened at a time: fewer than a listener's backlog


def median_ms(measure, runs):
    return round(statistics.median(measure() for _ in range(runs)), 1)


def first_answer_ms(contestant, tls):
    """From the start of the VMM's process to the end of its first answer."""
    argv = [out("bin", "first"), "-t", str(FIRST_S)] + (["-s"] if tls else []) + [GUEST4]
    with contestant.server(tls=tls) as server:
        client = server.start(argv)
        try:
            client.stdout.readline()  # it is at work
            server.boot()
            line = client.stdout.readline()
        finally:
            client.kill()
            client.communicate()
        if not line:
            raise Failed(f"{contestant.name}: no first answer")
        return float(line) - server.vm.started_s * 1000


def empty_ms():
    """From the start of the VMM's process to the first byte of a guest that does no more."""
    with EMPTY.start() as server:
        if server.vm.console.wait("", FIRST_S) is None:
            raise Failed("the empty guest: " + server.vm.last_words())
        return (time.monotonic() - server.vm.started_s) * 1000


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS:")).split()[1])


def fetch_site(server, tls):
    """Whether the whole site comes, right."""
    scheme = "https" if tls else "http"
    for path in FILES:
        with open(out("site", path[1:] or "index.html"), "rb") as f:
            wanted = f.read()
        with server.ns:
            done = subprocess.run(["curl", "-sk", "-m", str(ATTEMPT_S), f"{scheme}://{GUEST4}{path}"],
                                  capture_output=True)
        if done.returncode or done.stdout != wanted:
            return False
    return True


def serves_in(contestant, tls, mem_mb):
    """Whether it serves the whole site with that much RAM."""
    with contextlib.suppress(Failed, VmError):
        with contestant.start(tls=tls, mem_mb=mem_mb) as server:
            server.wait(ATTEMPT_S)
            return fetch_site(server, tls)
    return False


def least_ram_mb(contestant, tls, low, high):
    """The least whole MB of RAM in low..high that serve the site; None: not even high."""
    if not serves_in(contestant, tls, high):
        return None
    while low < high:
        middle = (low + high) // 2
        if serves_in(contestant, tls, middle):
            high = middle
        else:
            low = middle + 1
    return high


def guest_used(server):
    """Bytes of RAM that the guest uses, by its own account (Thimble's)."""
    account = json.loads(server.run(["curl", "-s", f"http://{GUEST4}/memory.json"]))
    free = next(owner["bytes"] for owner in account["owners"] if owner["name"] == "free")
    return account["ram_bytes"] - free


def residence(contestant, tls=False, has_account=False):
    """{vmm_kb, guest_kb} when the site has been served; guest_kb where it is told."""
    with contestant.start(tls=tls) as server:
        server.wait()
        if not fetch_site(server, tls):
            raise Failed(f"{contestant.name}: the site does not come")
        used = guest_used(server) // 1024 if has_account else None
        return {"vmm_kb": resident_kb(server.pid), "guest_kb": used}


def empty_resident_kb():
    with EMPTY.start() as server:
        if server.vm.console.wait("", FIRST_S) is None:
            raise Failed("the empty guest: " + server.vm.last_words())
        return resident_kb(server.pid)


def open_idle(server, n):
    """n connections that have had an answer each and wait; a list of sockets."""
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    opened = []
    with server.ns:
        while len(opened) < n:
            fresh = [socket.create_connection((GUEST4, 80), 10) for _ in range(IDLE_CHUNK)]
            opened += fresh
            for s in fresh:
                s.sendall(request)
            for s in fresh:
                if not s.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise Failed(f"connection {len(opened)} was not answered")
    return opened


def idle_connections(contestant, n, has_account=False):
    """Bytes per idle connection: of the VMM, and by the guest's own account."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, n + 1000), hard))
    opened = []
    try:
        with contestant.start() as server:
            server.wait()
            used, resident = guest_used(server) if has_account else 0, resident_kb(server.pid)
            opened = open_idle(server, n)
            used = guest_used(server) - used if has_account else 0
            resident = resident_kb(server.pid) - resident
    finally:
        for s in opened:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {"connections": len(opened), "guest_bytes": round(used / n) if has_account else None,
            "vmm_bytes": round(resident * 1024 / n)}


def image_bytes(*names):
    return sum(os.path.getsize(out(name)) for name in names)

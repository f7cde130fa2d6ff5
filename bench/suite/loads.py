# SPDX-License-Identifier: BSD-2-Clause
"""What clients ask for, as fast as they are answered: rates and latencies.

The contestants take turns (A B A B), so that what else this machine does meets
all of them; the median of the turns counts."""

import dataclasses
import json
import os
import statistics
import time

from suite import ROOT, out, say
from suite.contestants import Failed

from guest import GUEST4  # noqa: E402

WRK = "wrk"
CPU_SHARE_MIN = 0.01  # below it the kernel's count of ticks says nothing
SLOW_TURN = 5  # times the usual
FULL, RESUMED = "-C", "-R"  # arguments of bench/clients/requests.c
FIGURES = ("per_s", "per_cpu_s", "p50_ms", "p99_ms", "p999_ms")


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    title: str
    path: str = "/"
    conns: int = 16
    tls: bool = False
    fresh: bool = False  # a new connection for each request
    handshakes: str = ""  # FULL or RESUMED: with our own client, as wrk resumes none
    quick: bool = False  # part of the quick bench

    def run(self, server, seconds):
        """The figures of a turn, which is longer where handshakes come first, and
        longer still if nothing was answered in it."""
        if self.tls and not self.handshakes:
            seconds *= 2
        found = self._turn(server, seconds)
        if not found["per_s"]:
            found = self._turn(server, SLOW_TURN * seconds)
        if not found["per_s"]:
            raise Failed(f"{self.name}: no request was answered")
        return found

    def _turn(self, server, seconds):
        cpu_s, start_s = server.cpu_s(), time.monotonic()
        found = self._handshakes(server, seconds) if self.handshakes else self._wrk(server, seconds)
        share = (server.cpu_s() - cpu_s) / (time.monotonic() - start_s)
        found["per_cpu_s"] = round(found["per_s"] / max(share, CPU_SHARE_MIN), 1)
        return found

    def _wrk(self, server, seconds):
        url = f"http{'s' if self.tls else ''}://{GUEST4}{self.path}"
        argv = [WRK, "-t1", f"-c{self.conns}", f"-d{seconds}s", "--timeout", "5s",
                "-s", os.path.join(ROOT, "bench/clients/wrk.lua")]
        argv += ["-H", "Connection: close"] if self.fresh else []
        text = server.run(argv + [url])
        line = next((x for x in text.splitlines() if x.startswith("JSON ")), None)
        if line is None:
            raise Failed(f"{self.name}: wrk said: {text.strip()}")
        return json.loads(line[5:])

    def _handshakes(self, server, seconds):
        argv = [out("bin", "requests"), "-s", self.handshakes, "-c", str(self.conns)]
        argv += ["-n", "1000000", "-t", str(seconds), GUEST4]
        found = json.loads(server.run(argv))
        if self.handshakes == RESUMED and found["resumed"] < found["ok"]:
            found["failed"] += found["ok"] - found["resumed"]
        return found


LOADS = (
    Load("keepalive_1", "1 KB, keep-alive, 1 connection", conns=1),
    Load("keepalive_16", "1 KB, keep-alive, 16 connections", quick=True),
    Load("keepalive_64", "1 KB, keep-alive, 64 connections", conns=64, quick=True),
    Load("keepalive_512", "1 KB, keep-alive, 512 connections", conns=512),
    Load("new_1", "1 KB, a new connection each, 1 at a time", conns=1, fresh=True),
    Load("new_16", "1 KB, a new connection each, 16 at a time", fresh=True, quick=True),
    Load("new_64", "1 KB, a new connection each, 64 at a time", conns=64, fresh=True),
    Load("new_512", "1 KB, a new connection each, 512 at a time", conns=512, fresh=True),
    Load("64k_16", "64 KB, 16 connections", "/64k.bin", quick=True),
    Load("1m_4", "1 MB, 4 connections", "/1m.bin", 4, quick=True),
    Load("dynamic_16", "a page made by code, 16 connections", "/hello/bench"),
    Load("tls_keepalive_16", "TLS: 1 KB, keep-alive, 16 connections", tls=True, quick=True),
    Load("tls_full", "TLS: full handshakes with 1 KB each", tls=True, handshakes=FULL, quick=True),
    Load("tls_resumed", "TLS: resumed handshakes with 1 KB each", tls=True, handshakes=RESUMED),
    Load("tls_1m_4", "TLS: 1 MB, 4 connections", "/1m.bin", 4, tls=True),
)
TITLES = {load.name: load.title for load in LOADS}


def median_of(turns):
    """The medians of the turns' figures, and the rates of each turn."""
    found = {f: statistics.median(turn[f] for turn in turns) for f in FIGURES if f in turns[0]}
    found["turns"] = [turn["per_s"] for turn in turns]
    found["failed"] = sum(turn["failed"] for turn in turns)
    return found


def take_turns(load, servers, rounds, seconds):
    """{contestant: figures} of the servers, {contestant: Server}."""
    turns = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            turns[name].append(load.run(server, seconds))
            if turns[name][-1]["failed"]:
                say(f"    {name}: {turns[name][-1]['failed']} failed")
    found = {name: median_of(rows) for name, rows in turns.items()}
    rates = "  ".join(f"{name} {row['per_s']:,.0f}/s" for name, row in found.items())
    say(f"  {load.title:44}{rates}")
    return found


def in_a_row(server, runs, seconds):
    """Rates of the same load again and again, which must not decay."""
    load = next(load for load in LOADS if load.name == "keepalive_16")
    return [load.run(server, seconds)["per_s"] for _ in range(runs)]

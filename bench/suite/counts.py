# SPDX-License-Identifier: BSD-2-Clause
"""Guest instructions per request, and VM exits where the guest counts them.

Instructions do not depend on how fast or how busy this machine is: two runs
differ by how requests happen to gather in batches, which is a few percent."""

import array
import collections
import dataclasses
import json
import mmap
import os
import re
import struct
import tempfile

from suite import out
from suite.contestants import EMPTY, THIMBLE, Failed

from guest import GUEST4  # noqa: E402

EMPTY_S = 60
EXITS = re.compile(r"^\w*vm_exits_caused_total (\d+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    tls: bool = False
    path: str = "/"
    n: int = 1000
    conns: int = 16
    fresh: bool = False  # a new connection for each request

    def argv(self, counters):
        argv = [out("bin", "requests"), "-k", counters, "-u", self.path]
        argv += ["-n", str(self.n), "-c", str(self.conns), "-w", str(max(self.n // 10, self.conns))]
        argv += ["-s"] if self.tls else []
        argv += ["-C"] if self.fresh else []
        return argv + [GUEST4]


ROWS = (
    Row("keepalive_1", "1 KB, keep-alive, 1 connection", n=2000, conns=1),
    Row("keepalive_16", "1 KB, keep-alive, 16 connections", n=4000),
    Row("new", "1 KB, a new connection each", n=500, fresh=True),
    Row("64k", "64 KB, 16 connections", path="/64k.bin", n=400),
    Row("1m", "1 MB, 4 connections", path="/1m.bin", n=60, conns=4),
    Row("tls_keepalive", "TLS: 1 KB, keep-alive, 16 connections", True, n=2000),
    Row("tls_handshake", "TLS: a full handshake and 1 KB each", True, n=60, conns=4, fresh=True),
    Row("tls_1m", "TLS: 1 MB, 4 connections", True, "/1m.bin", n=16, conns=4),
)
BOOT = {False: "boot", True: "tls_boot"}
TITLES = {"boot": "boot to the first answer", "tls_boot": "the same with TLS in the image",
          **{row.name: row.title for row in ROWS}}


def read_counters(path):
    """Instructions, those repeated, blocks translated (bench/clients/icount.c)."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
        return struct.unpack_from("<QQQ", m)


def exits_of(server):
    """VM exits so far by the guest's own count; None if it has none."""
    found = EXITS.search(server.run(["curl", "-s", f"http://{GUEST4}/metrics"]))
    return int(found.group(1)) if found else None


def count_row(server, row, counters):
    """(instructions, VM exits or None) per request."""
    before = exits_of(server)
    answer = json.loads(server.run(row.argv(counters)))
    after = exits_of(server)
    if answer["ok"] < row.n:
        raise Failed(f"{row.name}: {row.n - answer['ok']} of {row.n} requests were not answered")
    all_n = row.n + max(row.n // 10, row.conns)
    exits = None if before is None else round((after - before) / all_n, 2)
    return round(answer["insn"] / answer["ok"]), exits


def count_empty():
    """Instructions before an image's entry: the firmware's, and three of the empty guest."""
    with tempfile.TemporaryDirectory() as folder:
        counters = os.path.join(folder, "icount")
        with EMPTY.start(counters=counters) as server:
            if server.vm.console.wait("", EMPTY_S) is None:
                raise Failed("the empty guest: " + server.vm.last_words())
            return read_counters(counters)[0]


def count(contestant, tls, on_row):
    """{row: {insn, exits}} of one boot, with the blocks translated for the boot itself;
    `on_row(name, insn, exits)` as they come."""
    found = {}

    def note(name, insn, exits):
        found[name] = {"insn": insn, "exits": exits}
        on_row(name, insn, exits)

    with tempfile.TemporaryDirectory() as folder:
        counters = os.path.join(folder, "icount")
        with contestant.start(tls=tls, counters=counters) as server:
            server.wait()
            insn, _, blocks = read_counters(counters)
            note(BOOT[tls], insn, None)
            found[BOOT[tls]]["blocks"] = blocks
            for row in (row for row in ROWS if row.tls == tls):
                note(row.name, *count_row(server, row, counters))
    return found


def where(row, image, symbols):
    """Instructions per request of an image of ours by function as it stands in the sources,
    inlined or not: {(function, file): number}."""

    def executed():
        with open(counters, "rb") as f:
            return array.array("Q", f.read())[3:]

    with tempfile.TemporaryDirectory() as folder:
        counters = os.path.join(folder, "icount")
        with THIMBLE.start(image=image, counters=counters, where=True) as server:
            server.wait()
            count_row(server, row, counters)  # so that all is as in a long run
            before = executed()
            server.run(row.argv(counters))
            after = executed()
    n = {at: b - a for at, (a, b) in enumerate(zip(before, after)) if a != b}
    found = collections.Counter()
    for at, calls in symbols(n.keys()).items():
        function, place = calls[0] if calls else ("?", "?")
        found[function, place.rsplit(":", 1)[0]] += n[at] / (row.n + max(row.n // 10, row.conns))
    return found

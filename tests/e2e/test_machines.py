# SPDX-License-Identifier: BSD-2-Clause
"""Machines with PCI: virtio and e1000 on q35 and pc, behind bridges too, and the
power button.

Under TCG the firmware is SeaBIOS, as without further words. Under KVM it is qboot:
a KVM that emulates real mode takes 20 s for SeaBIOS. It numbers no buses, and so
what lies behind a bridge is tried under TCG alone."""

import contextlib
import random
import re
import time
import zlib

import pytest
from conftest import ACCELS, boot
from test_boot import Monitor
from test_content import CONTENT, differing, read

CARDS = {
    "q35": dict(board="q35"),
    "q35, e1000": dict(board="q35", card="e1000"),
    "q35, e1000e": dict(board="q35", card="e1000e"),
    "pc": dict(board="pc"),
    "pc, modern": dict(board="pc", net_features="disable-legacy=on"),
    "pc, e1000": dict(board="pc", card="e1000"),
}
BEHIND = {
    "q35, behind a switch": dict(
        board="q35",
        net_features="bus=d",
        buses=(
            "pcie-root-port,id=p,chassis=1",
            "x3130-upstream,id=u,bus=p",
            "xio3130-downstream,id=d,bus=u,chassis=2",
        ),
    ),
    "pc, behind a bridge": dict(
        board="pc",
        net_features="bus=b,addr=7",
        buses=("pci-bridge,id=b,chassis_nr=1",),
    ),
}
ROWS = [(accel, name, fields) for accel in ACCELS for name, fields in CARDS.items()]
ROWS += [("tcg", name, fields) for name, fields in BEHIND.items() if "tcg" in ACCELS]
AT_ONCE_N = 64
KEEP = b"GET / HTTP/1.1\r\nHost: thimble\r\n\r\n"
HALF_A_HEAD, THE_OTHER_HALF = b"GET / HTTP/1.1\r\nHost: ", b"thimble\r\n\r\n"


def boot_pc(accel, extra=(), **fields):
    firmware = ("-bios", "qboot.rom") if accel == "kvm" else ()
    return boot(accel, extra=(*firmware, *extra), **fields)


@pytest.fixture(scope="module", params=ROWS, ids=[f"{a}, {name}" for a, name, _ in ROWS])
def machine(request):
    accel, _, fields = request.param
    with boot_pc(accel, **fields) as g:
        yield g.wait_answer()
        g.healthy()


def test_every_file_of_the_site(machine):
    assert differing(machine, CONTENT) == []


def test_all_memory_has_an_owner(machine):
    memory = machine.memory()
    assert sum(o["bytes"] for o in memory["owners"]) == memory["ram_bytes"]
    assert memory["ram_bytes"] > 31 << 20  # the firmware keeps some


def test_connections_at_once(machine):
    """All are open before any asks; they take turns over several answers."""
    index = read(CONTENT, "index.html")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(machine.connect()) for _ in range(AT_ONCE_N)]
        for _ in range(3):
            for s in clients:
                s.sendall(KEEP)
            for s in clients:
                head, _, body = read_answer(s, len(index))
                assert head.startswith(b"HTTP/1.1 200 ") and body == index


def read_answer(s, body_bytes):
    data = b""
    while len(data.partition(b"\r\n\r\n")[2]) < body_bytes:
        part = s.recv(65536)
        assert part, data[:300]
        data += part
    return data.partition(b"\r\n\r\n")


def test_an_upload_arrives_whole(machine):
    """Many turns of the receive ring."""
    body = random.Random(1).randbytes(1 << 20)
    response, text = machine.request("/upload", "POST", body=body)
    assert response.status == 200
    assert text.decode() == f"{len(body)} bytes, CRC-32 {zlib.crc32(body):08x}\n"


def counters(machine):
    text = machine.get("/metrics").decode()
    return {
        name: int(re.search(rf"^thimble_{name} (\d+)$", text, re.M).group(1))
        for name in ("device_interrupts_total", "idle_sleeps_total")
    }


def test_the_card_wakes_the_sleeping_cpu(machine):
    """By an interrupt for each request that finds it asleep, and it does not poll;
    but for an e1000 of which qboot has not said what its line is."""
    before, requests = counters(machine), 5
    for _ in range(requests):
        time.sleep(0.2)  # it falls asleep
        after = counters(machine)
    grown = {name: after[name] - before[name] for name in after}
    if machine.vm.machine.accel == "kvm" and machine.vm.machine.card:
        assert grown["device_interrupts_total"] == 0
        assert grown["idle_sleeps_total"] > 40 * requests
        return
    assert grown["device_interrupts_total"] >= requests
    assert grown["idle_sleeps_total"] < 40 * requests  # a poll per millisecond were 200


@pytest.mark.parametrize("board", ["q35", "pc"])
def test_power_button(accel, board):
    """What is under way is finished, nobody new gets in, and the VM is off."""
    monitor = Monitor()
    fields = {"extra": monitor.extra, "extra_fds": (monitor.theirs.fileno(),)}
    with boot_pc(accel, board=board, **fields) as g:
        g.wait_answer()
        monitor.command("qmp_capabilities")
        with g.connect() as asking, g.connect() as waiting:
            asking.sendall(HALF_A_HEAD)
            waiting.sendall(KEEP)
            read_answer(waiting, len(read(CONTENT, "index.html")))
            monitor.command("system_powerdown")
            g.await_match("asked to end")
            assert waiting.recv(1) == b""
            with pytest.raises(ConnectionRefusedError):
                g.connect()
            asking.sendall(THE_OTHER_HALF)
            head, _, body = read_answer(asking, len(read(CONTENT, "index.html")))
            assert body == read(CONTENT, "index.html")
        assert g.vm.wait_exit(20) == 0

# SPDX-License-Identifier: BSD-2-Clause
"""/memory as people get it: complete without a script, live with one, light."""

import json
import re
import time

import pytest
from conftest import ACCELS
from test_browser import browser  # noqa: F401

TRANSFER_MAX = 30 * 1000  # bytes, heads and the first events included

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)


def answer(guest, path):
    """All bytes of one answer, as a browser asks for it."""
    head = "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: close\r\n\r\n"
    return guest.exchange((head % path).encode())


def figures(svg):
    """Width and height in per cent of each tile of a treemap."""
    tile = r'<svg x=[\d.]+% y=[\d.]+% width=([\d.]+)% height=([\d.]+)%'
    return [(float(w), float(h)) for w, h in re.findall(tile, svg)]


def test_it_is_complete_without_a_script(guest):
    for _ in range(30):
        guest.get("/healthz")
    deadline = time.monotonic() + 10
    while "V0" not in (page := guest.get("/memory").decode()):  # the interval has to end
        assert time.monotonic() < deadline, "no chart has a sample"
        time.sleep(0.2)
    charts = re.findall(r'<path d="(M\d+ 100[HV\d]*H120V100Z)"/>', page)
    assert len(charts) == 4 and "V0" in charts[0] and "V0" in charts[2]
    trees = re.findall(r'<svg class="tree".*?</svg>\n</svg>', page, re.S)
    assert len(trees) == 2
    for tree in trees:
        areas = [w * h / 100 for w, h in figures(tree)]
        assert len(areas) > 8 and areas[0] == max(areas)
        assert sum(areas) == pytest.approx(100, abs=2)
    owners = {o["label"]: o["bytes"] for o in guest.memory()["owners"]}
    largest = re.search(r"<title>(.*?), ", trees[0])[1]
    assert owners[largest] == max(n for label, n in owners.items() if label != "free")
    said = float(re.search(r"Its HTML of ([\d.]+) KiB", page)[1])
    assert said == pytest.approx(len(page) / 1024, abs=0.7)  # what follows is not counted
    for phase in ("In ring 3", "Drivers", "Listening", "Has an address", "First answer"):
        assert re.search(rf"<tr><th>{phase}<td>[\d.]+ ms", page), phase


def test_it_is_light(guest):
    page = answer(guest, "/memory")
    linked = re.findall(rb'(?:href|src)="(/-/[^"]+)"', page)
    parts = {path.decode(): len(answer(guest, path.decode())) for path in set(linked)}
    parts["/memory"] = len(page)
    with guest.connect() as s:
        s.sendall(b"GET /memory/events HTTP/1.1\r\nHost: x\r\n\r\n")
        events = b""
        while b"event: vm" not in events or not events.endswith(b"\n\n\r\n"):
            events += s.recv(65536)
    parts["/memory/events"] = len(events)
    assert len(parts) == 5 and sum(parts.values()) < TRANSFER_MAX, parts


def test_its_charts_are_live(browser, guest):  # noqa: F811
    """What is asked of the machine shows as requests a second, without a reload."""
    browser.open("/memory")
    browser.wait("document.getElementById('state').textContent === 'Updated live.'")
    drawn = "document.querySelectorAll('.charts path')[2].getAttribute('d')"
    before = browser.script(drawn)
    for _ in range(200):
        guest.get("/healthz")
    browser.wait("parseFloat(document.querySelector('[data-v=rate]').textContent.replace(',', '')) > 10")
    browser.wait(f"{drawn} !== {json.dumps(before)}")
    used = browser.script("document.querySelector('[data-v=used_kib]').textContent")
    memory = guest.memory()
    free = memory["owners"][-1]["bytes"]
    assert int(used.split()[0].replace(",", "")) == pytest.approx(
        (memory["ram_bytes"] - free) / 1024, rel=0.1
    )
    assert browser.complaints() == []

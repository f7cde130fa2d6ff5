# SPDX-License-Identifier: BSD-2-Clause
"""The results for people: Markdown tables, and a word on each goal."""

import os
import re
import shutil

from suite import ROOT, counts, loads, out
from suite.contestants import ALL

NAMES = {contestant.name: contestant.title for contestant in ALL}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


BUSY_LOAD = 1.5  # from here on something else ran beside the bench when it began
BUSY_TEXT = """
The machine was busy with other work: rates and times are too low and their ratios
rough; instructions, bytes and megabytes hold.
"""


def machine_text(machine):
    busy = BUSY_TEXT if float(machine["load"]) > BUSY_LOAD else ""
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['ram_mb']:,} MB; "
            f"Linux {machine['kernel']}; QEMU {machine['qemu']}; wrk {machine['wrk']}; "
            f"load when it began {machine['load']}; {machine['when']}.\n") + busy


def contestants_of(rows):
    return [name for name in NAMES if any(name in row for row in rows.values())]


def rates(found, figure, title):
    names = contestants_of(found)
    rows = []
    for load, row in found.items():
        cells = [number(row[name][figure]) if name in row else "-" for name in names]
        by = [f"{row['thimble'][figure] / row['linux'][figure]:.2f}"
              if "linux" in row and "thimble" in row else "-"]
        rows.append([loads.TITLES[load]] + cells + by)
    return table([title] + [NAMES[n] for n in names] + ["Thimble by Linux"], rows)


def latencies(found):
    names = contestants_of(found)
    rows = []
    for load, row in found.items():
        cells = []
        for name in names:
            parts = [row.get(name, {}).get(f) for f in ("p50_ms", "p99_ms", "p999_ms")]
            cells.append(" / ".join(number(p, 2) for p in parts if p is not None) or "-")
        rows.append([loads.TITLES[load]] + cells)
    return table(["p50 / p99 / p99.9 in ms"] + [NAMES[n] for n in names], rows)


def instructions(found):
    rows = []
    for name, title in counts.TITLES.items():
        ours, linux = (found.get(c, {}).get(name, {}) for c in ("thimble", "linux"))
        if ours:
            rows.append([title, number(ours["insn"]), number(linux.get("insn")),
                         number(ours["exits"], 2), number(ours.get("blocks"))])
    return table(["per request", "Thimble", "Linux + nginx", "Thimble's VM exits",
                  "blocks that TCG translates"], rows)


def states(results):
    rows = []
    boot, memory, image = results["boot"], results["memory"], results["image"]

    def row(title, ours, linux, empty="-", kvm="-"):
        rows.append([title, ours, linux, empty, kvm])

    def both(values, digits=0):
        return " / ".join(number(values.get(s), digits) for s in ("http", "https"))

    row("first answer, HTTP / HTTPS, ms", both(boot["thimble"], 1), both(boot["linux"], 1),
        number(boot["empty"], 1), both(boot.get("thimble_kvm", {}), 1))
    row("image with this site, bytes", both(image["thimble"]), both(image["linux"]))
    row("image with the sample site, bytes", both(image["sample"]), "-")
    row("least RAM, MB", both(memory["least_mb"]["thimble"]), both(memory["least_mb"].get("linux", {})))
    resident = memory["resident"]
    row("the VMM's resident size, KB", *(number(resident[c]["vmm_kb"]) if c in resident else "-"
                                         for c in ("thimble", "linux", "empty")))
    row("of it used by the guest, KB", number(resident["thimble"]["guest_kb"]), "-")
    idle = results["idle"]
    row("bytes per idle connection, guest's account", number(idle["thimble"]["guest_bytes"]), "-")
    row("bytes per idle connection, VMM's growth",
        *(number(idle[c]["vmm_bytes"]) if c in idle else "-" for c in ("thimble", "linux")))
    return table(["", "Thimble, TCG", "Linux + nginx, TCG", "empty guest, TCG", "Thimble, KVM"], rows)


def goals(ratios):
    rows = []
    for name, r in ratios.items():
        measured = f"{number(r['measured'], 1 if r['unit'] == 'ms' else 0)} {r['unit']}" if "unit" in r \
            else f"{r['ratio']:.2f}"
        limit = f"at most {number(r['limit'])} {r['unit']}" if "unit" in r else f"at least {r['goal']}"
        rows.append([name, measured, limit, "yes" if r["met"] else "**no**"])
    return table(["", "measured", "goal", "met"], rows)


def in_a_row(found):
    rows = [[NAMES[name]] + [number(rate) for rate in rates_] for name, rates_ in found.items()]
    runs = max(len(rates_) for rates_ in found.values())
    return table(["1 KB, keep-alive, 16 connections, again and again"]
                 + [str(i + 1) for i in range(runs)], rows)


def markdown(results):
    parts = [machine_text(results["machine"]), "### Goals\n", goals(results["ratios"]),
             "### Rates\n", rates(results["loads"], "per_s", "answers per second"),
             rates(results["loads"], "per_cpu_s", "answers per second of the server's CPU"),
             latencies(results["loads"]),
             in_a_row(results["in_a_row"]), "### Instructions\n", instructions(results["insn"]),
             "### Start and memory\n", states(results)]
    return "\n".join(parts)


def put_into_documents(results):
    """Replace the results of docs/PERFORMANCE.md, and its plots, by these."""
    path = os.path.join(ROOT, "docs", "PERFORMANCE.md")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    plots = "![Answers per second](rates.svg)\n\n![Instructions per request](insn.svg)\n"
    section = "## Results\n\n" + markdown(results) + "\n" + plots + "\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub(r"^## Results\n.*?(?=^## |\Z)", lambda _: section, text,
                       flags=re.DOTALL | re.MULTILINE).rstrip("\n") + "\n")
    for name in ("rates.svg", "insn.svg"):
        shutil.copy(out(name), os.path.join(ROOT, "docs", name))

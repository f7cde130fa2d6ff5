# SPDX-License-Identifier: BSD-2-Clause
"""The goals, each as one ratio that is met when it is no less than its goal.

Where the goal is a limit (instructions, milliseconds, bytes), the ratio is the
limit by what was measured, and the goal 1."""

import math

UNIKRAFT = {"keepalive_16": 5790, "keepalive_64": 4599}  # req/s of Unikraft 0.16 + nginx, measured before
RATES = (  # name, load, contestant beside, ours, goal
    ("keep-alive, 16 connections, by Linux's", "keepalive_16", "linux", "thimble", 6),
    ("keep-alive, 64 connections, by Linux's", "keepalive_64", "linux", "thimble", 6),
    ("new connection each, by Linux's", "new_16", "linux", "thimble", 6),
    ("64 KB, by Linux's", "64k_16", "linux", "thimble", 2),
    ("1 MB, by Linux's", "1m_4", "linux", "thimble", 2),
    ("TLS full handshakes, by Linux's", "tls_full", "linux", "thimble", 1.3),
    ("TLS keep-alive, by Linux's", "tls_keepalive_16", "linux", "thimble", 4),
    ("KVM by nginx on the host over taps, 64 connections", "keepalive_64", "host_tap", "thimble_kvm", 1),
)
INSTRUCTIONS = (  # name, row of counts, limit
    ("instructions, keep-alive, 16 connections", "keepalive_16", 5000),
    ("instructions, new connection", "new", 14000),
    ("instructions, 64 KB", "64k", 20000),
    ("instructions, 1 MB", "1m", 250000),
)
BOOT_INSTRUCTIONS = 1_000_000
FIRST_MS = {"http": 15, "https": 40}  # above the empty guest's
LEAST_MB = {"http": 3, "https": 5}
RESIDENT_KB = 2048  # above the empty guest's and what the guest uses
IDLE_BYTES = 700
IMAGE_BYTES = {"http": 200 * 1024, "https": 420 * 1024}


def _ratio(value, goal):
    value = math.floor(value * 1000) / 1000  # never up to a goal that was missed
    return {"ratio": value, "goal": goal, "met": value >= goal}


def _limit(measured, limit, unit):
    """A measured value that is to be at most `limit`; None: it could not be had."""
    value = 0.0 if measured is None else limit / measured if measured > 0 else float(limit)
    return {**_ratio(value, 1), "measured": measured, "limit": limit, "unit": unit}


def _of_rates(loads):
    found = {}
    for name, load, beside, ours, goal in RATES:
        row = loads.get(load, {})
        if beside in row and ours in row:
            found[name] = _ratio(row[ours]["per_s"] / row[beside]["per_s"], goal)
    for load, figure in UNIKRAFT.items():
        if "thimble" in loads.get(load, {}):
            conns = load.rsplit("_", 1)[1]
            found[f"keep-alive, {conns} connections, by Unikraft's {figure}/s"] = _ratio(
                loads[load]["thimble"]["per_s"] / figure, 3)
    return found


def _of_instructions(insn):
    ours, linux = insn.get("thimble", {}), insn.get("linux", {})
    found = {name: _limit(ours[row]["insn"], limit, "instructions")
             for name, row, limit in INSTRUCTIONS if row in ours}
    if "keepalive_16" in ours and "keepalive_16" in linux:
        found["instructions, keep-alive: Linux's by ours"] = _ratio(
            linux["keepalive_16"]["insn"] / ours["keepalive_16"]["insn"], 5)
    if "boot" in ours:
        firmware = insn.get("empty", {}).get("boot", {}).get("insn", 0)
        found["instructions from entry to the first answer"] = _limit(
            ours["boot"]["insn"] - firmware, BOOT_INSTRUCTIONS, "instructions")
    return found


def _of_states(results):
    found = {}
    boot, memory, image = results.get("boot", {}), results.get("memory", {}), results.get("image", {})
    for scheme in ("http", "https"):
        if scheme in boot.get("thimble", {}):
            found[f"first answer over {scheme.upper()}, above the empty guest"] = _limit(
                round(boot["thimble"][scheme] - boot["empty"], 1), FIRST_MS[scheme], "ms")
        if scheme in memory.get("least_mb", {}).get("thimble", {}):
            found[f"least RAM over {scheme.upper()}"] = _limit(
                memory["least_mb"]["thimble"][scheme], LEAST_MB[scheme], "MB")
        if scheme in image.get("sample", {}):
            found[f"image, {scheme.upper()}"] = _limit(
                image["sample"][scheme], IMAGE_BYTES[scheme], "bytes")
    if "resident" in memory:
        ours = memory["resident"]["thimble"]
        above = ours["vmm_kb"] - memory["resident"]["empty"]["vmm_kb"] - ours["guest_kb"]
        found["VMM's resident size above empty and used"] = _limit(above, RESIDENT_KB, "KB")
    if "thimble" in results.get("idle", {}):
        found["idle keep-alive connection"] = _limit(
            results["idle"]["thimble"]["guest_bytes"], IDLE_BYTES, "bytes")
    return found


def ratios(results):
    """{name: {ratio, goal, met, ...}} of whatever was measured."""
    return {**_of_rates(results.get("loads", {})), **_of_instructions(results.get("insn", {})),
            **_of_states(results)}

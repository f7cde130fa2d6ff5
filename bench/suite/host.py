# SPDX-License-Identifier: BSD-2-Clause
"""The machine that the bench runs on, in words."""

import datetime
import os
import re
import subprocess


def _first(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else "unknown"


def _read(path):
    with open(path, encoding="ascii", errors="replace") as f:
        return f.read()


def _output(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout


def description():
    return {
        "cpu": _first(r"^model name\s*: (.*)$", _read("/proc/cpuinfo")),
        "cores": os.cpu_count(),
        "ram_mb": int(_first(r"^MemTotal:\s*(\d+)", _read("/proc/meminfo"))) // 1024,
        "kernel": os.uname().release,
        "qemu": _first(r"version (\S+)", _output("qemu-system-x86_64", "--version")),
        "wrk": _first(r"wrk (?:debian/)?(\S+)", _output("wrk", "--version")),
        "load": _read("/proc/loadavg").split()[0],
        "when": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }

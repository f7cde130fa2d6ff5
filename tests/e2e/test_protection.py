# SPDX-License-Identifier: BSD-2-Clause
"""The server's own code cannot do what it must not: each fault provoked by the
boot option `selftest=` is caught and reported."""

import re
import subprocess

import pytest
from conftest import ROOT, boot

# What is tried, and the reason that the report must give.
FAULTS = [
    ("text", "page fault: writing protected memory"),
    ("rodata", "page fault: writing protected memory"),
    ("site", "page fault: writing protected memory"),
    ("tables", "page fault: writing protected memory"),  # page tables
    ("idt", "page fault: writing protected memory"),
    ("null", "page fault: reading unmapped memory"),
    ("data", "page fault: executing memory that is not code"),
    ("msr", "page fault: executing memory that is not code"),  # after trying to allow it
    ("ring0", "page fault"),  # jump into the gates
    ("stack", "stack overflow"),
    ("canary", "stack smashed"),
    ("port", "general protection fault"),
    ("cli", "general protection fault"),
    ("assert", "assertion failed: one == 2 at "),
]


def panicked(accel, name):
    """The report of a VM that does `name`, until it has halted."""
    with boot(accel, options=("onpanic=halt", f"selftest={name}")) as g:
        at = g.await_match("PANIC|selftest:")
        g.await_match("^halted$", at)
        return g.console.lines[at:]


@pytest.mark.parametrize("name, reason", FAULTS)
def test_fault_is_caught(accel, name, reason):
    report = panicked(accel, name)
    assert report[0].startswith("PANIC: " + reason), report
    assert any(line.startswith("  at 0x") for line in report), report


def test_panic_reboots_by_default(accel):
    """It panics, boots again, and panics again: onpanic=reboot."""
    with boot(accel, options=("selftest=assert",)) as g:
        first = g.await_match("^PANIC")
        g.await_match("^rebooting$", first)
        g.await_match("^PANIC", first + 1)


def test_backtrace_names_functions(accel):
    """`make symbolize` turns the report's addresses into names."""
    report = "\n".join(panicked(accel, "assert"))
    done = subprocess.run(
        ["make", "-s", "-C", ROOT, "symbolize"], input=report, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "app_main" in done.stdout and "kernel_selftest" in done.stdout, done.stdout


def test_no_code_addresses_by_a_segment():
    """FS and GS have no base here, and GCC looks for a canary there in functions that
    differ from the rest by __attribute__((target))."""
    argv = ["objdump", "-d", "--no-show-raw-insn", f"{ROOT}/build/thimble.sym.elf"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "<app_main>:" in listed
    assert [line for line in listed.splitlines() if re.search("%[fg]s:", line)] == []

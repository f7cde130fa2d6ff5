# SPDX-License-Identifier: BSD-2-Clause
"""The server's own code cannot do what it must not: each fault provoked by the
boot option `selftest=` is caught and reported."""

import os
import re
import subprocess

import pytest
from conftest import ROOT, boot
from guest import IMAGE, STATIC4, user_guest

# What is tried, and what the report must say of it.
FAULTS = [
    ("text", r"page fault.*writ"),  # write to code
    ("rodata", r"page fault.*writ"),  # write to constants
    ("data", r"page fault.*(execut|fetch)"),  # execute data
    ("null", r"page fault"),  # touch page zero
    ("stack", r"(stack|page fault|double fault)"),  # run over the guard page
    ("tables", r"page fault.*writ"),  # change a page table
    ("assert", r"assert"),
]


def panicked(accel, name, *options):
    """The console lines of a VM that does `name`, until it has halted."""
    with boot(accel, options=(STATIC4, f"selftest={name}", "onpanic=halt", *options)) as g:
        at = g.console.wait(r"(?i)panic", 20)
        assert at is not None, g.vm.last_words()
        g.console.wait(r"(?i)halt", 10, at)
        return g.console.lines[at:]


@pytest.mark.parametrize("name, reason", FAULTS)
def test_fault_is_caught(accel, name, reason):
    report = "\n".join(panicked(accel, name))
    assert re.search("(?i)" + reason, report), report
    assert re.search(r"(?i)\brip\b", report), report


def test_panic_reboots_by_default(accel):
    """It panics, boots again, and panics again: onpanic=reboot."""
    with boot(accel, options=(STATIC4, "selftest=assert")) as g:
        first = g.console.wait(r"(?i)panic", 20)
        assert first is not None, g.vm.last_words()
        assert g.console.wait(r"(?i)panic", 20, first + 8) is not None, g.vm.last_words()


def test_backtrace_names_functions(accel):
    """`make symbolize` turns the report's addresses into names."""
    report = "\n".join(panicked(accel, "assert"))
    done = subprocess.run(
        ["make", "-s", "-C", ROOT, "symbolize"], input=report, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "app_main" in done.stdout and "kernel_selftest" in done.stdout, done.stdout

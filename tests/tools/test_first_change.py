# SPDX-License-Identifier: BSD-2-Clause
"""docs/FIRST_CHANGE.md, followed to the letter in a copy of the tree: files are
created and lines added as it says, its commands are run, and what it shows is
what comes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))

from vm import ports  # noqa: E402

BLOCK = re.compile(r"(?P<before>(?:^(?!```)[^\n]*\n)*)^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
CREATE = re.compile(r"Create `([^`]+)`:\s*$")
INSERT = re.compile(r"In `([^`]+)`, below `([^`]+)`:\s*$")
BUILT = ("build/headers", "build/guest", "build/hosted-san", "build/cache", "build/thimble-pack")
TIMEOUT_S = 300


def blocks():
    """(text before, kind, text) of each fenced block."""
    with open(os.path.join(TOP, "docs", "FIRST_CHANGE.md"), encoding="utf-8") as f:
        return [(m["before"], m["kind"], m["text"]) for m in BLOCK.finditer(f.read())]


@pytest.fixture
def copy(tmp_path):
    """The tree with what is built so far, to save time; sources are not fetched again."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=TOP, text=True).splitlines():
        source = os.path.join(TOP, name)
        if os.path.isfile(source):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, tmp_path / name)
    (tmp_path / "build").mkdir(exist_ok=True)
    for name in BUILT:
        subprocess.run(["cp", "-a", os.path.join(TOP, name), tmp_path / "build"], check=True)
    (tmp_path / "build" / "src").symlink_to(os.path.join(TOP, "build", "src"))
    shutil.copy2(os.path.join(TOP, "build", "fetched"), tmp_path / "build")
    return tmp_path


def insert(path, anchor, text):
    lines = path.read_text().splitlines(keepends=True)
    at = [i for i, line in enumerate(lines) if line.strip() == anchor]
    assert len(at) == 1, f"{path}: {len(at)} lines are {anchor!r}"
    lines.insert(at[0] + 1, text)
    path.write_text("".join(lines))


class Follower:
    def __init__(self, tree):
        self.tree = tree
        self.port = ports.free()
        self.server = None
        self.shown = ""

    def edit(self, before, text):
        create, add = CREATE.search(before), INSERT.search(before)
        assert create or add, f"what to do with this? {before}"
        if create:
            (self.tree / create[1]).write_text(text)
        else:
            insert(self.tree / add[1], add[2], text)

    def command(self, line):
        """`make run` stays in the background; the port is one that is free."""
        line = line.replace("localhost:8080", f"127.0.0.1:{self.port}")
        if line == "make run":
            self.serve()
            return
        done = subprocess.run(
            line, shell=True, cwd=self.tree, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.shown = done.stdout

    def serve(self):
        log = self.tree / "build" / "run.log"
        with open(log, "wb") as out:
            self.server = subprocess.Popen(
                ["make", "run", f"PORT={self.port}"],
                cwd=self.tree,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + TIMEOUT_S
        while "Ctrl-C ends it" not in log.read_text():
            assert self.server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    def stop(self):
        if self.server:
            os.killpg(self.server.pid, signal.SIGINT)
            self.server.wait(TIMEOUT_S)


def test_first_change(copy):
    follower = Follower(copy)
    shown = 0
    try:
        for before, kind, text in blocks():
            if kind == "c":
                follower.edit(before, text)
            elif kind == "sh":
                for line in text.splitlines():
                    follower.command(line)
            else:
                assert follower.shown == text
                shown += 1
    finally:
        follower.stop()
    assert shown == 1
    created = ["site/page_sum.c", "site/routes.c", "site/pages.h", "tests/unit/test_page_sum.c"]
    subprocess.run(["clang-format", "--dry-run", "-Werror", *created], cwd=copy, check=True)

# SPDX-License-Identifier: BSD-2-Clause
"""The hosted build, with sanitizers, in a network namespace of its own.

It has what the tests ask of a guest: host, port, inside(), request()."""

import os
import subprocess

from guest import BOOT_TIMEOUT_S, GUEST4, HOST4, ROOT, STATIC4, Guest
from netns import Namespace
from vm import probe, tap
from vm.console import Console

PROGRAM = os.path.join(ROOT, "build", "hosted-san", "thimble")
PACKER = os.path.join(ROOT, "build", "thimble-pack")


def pack(site, out):
    """Compile the folder `site` (below the project) to the file `out`."""
    done = subprocess.run(
        [PACKER, "-o", out, os.path.join(ROOT, site)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


class Process:
    """The running program, with as much of Vm's face as Guest looks at."""

    def __init__(self, argv):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.console = Console(self.process.stdout)
        self.errors = Console(self.process.stderr)

    def check(self):
        assert self.process.poll() is None, self.last_words()

    def last_words(self, lines=40):
        return "\n  ".join(["its last lines:", *self.console.lines[-lines:], *self.errors.lines[:lines]])

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.console.drain()
        self.errors.drain()


class Hosted(Guest):
    """A running hosted build that serves `pack_file`."""

    def __init__(self, pack_file, options=(), ram_mb=32):
        self.host, self.port = GUEST4, 80
        self.ns = Namespace()
        try:
            with self.ns:
                tap.ip("link", "set", "lo", "up")
                tap.ip("tuntap", "add", "dev", "lan0", "mode", "tap")
                tap.ip("addr", "add", HOST4 + "/24", "dev", "lan0")
                tap.ip("link", "set", "lan0", "up")
                argv = [PROGRAM, "--tap", "lan0", "--ram", str(ram_mb), "--pack", pack_file]
                self.vm = Process([*argv, STATIC4, *options])
        except BaseException:
            self.ns.close()
            raise

    def inside(self):
        return self.ns

    def wait_answer(self, host=None, timeout_s=BOOT_TIMEOUT_S):
        with self.ns:
            found = probe.first_answer((self.host, self.port), timeout_s, self.vm.check)
        assert found, f"no answer in {timeout_s} s: " + self.vm.last_words()
        return self

    def healthy(self):
        """It is alive, and no sanitizer has said a word."""
        self.vm.check()
        said = [line for line in self.vm.errors.lines if "Sanitizer" in line or "runtime error" in line]
        assert said == [], self.vm.last_words()

    def close(self):
        self.vm.stop()
        self.ns.close()

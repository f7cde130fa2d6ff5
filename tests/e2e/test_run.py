# SPDX-License-Identifier: BSD-2-Clause
"""tools/run, as `make run` starts it: the banner, the end, what is left."""

import os
import re
import select
import signal
import socket
import subprocess
import urllib.request

import pytest
from conftest import ROOT
from guest import IMAGE
from test_content import CONTENT, read
from vm import accel as accel_choice
from vm import machine, ports
from vm.console import Console

RUN = os.path.join(ROOT, "tools", "run")


class Runner:
    def __init__(self, *arguments):
        self.port = ports.free()
        argv = [RUN, "--image", IMAGE, "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.out = Console(self.process.stdout)

    def wait_banner(self):
        assert self.out.wait("Ctrl-C", 60) is not None, self.out.text()
        return self

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as f:
            return [int(pid) for pid in f.read().split()]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.out.drain()


def gone(pid, timeout_s=30):
    """Wait for the end of a process that is not our child."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], timeout_s)[0])
    finally:
        os.close(fd)


def test_banner(accel):
    with Runner("--accel", accel, "--mem", "16") as r:
        text = "\n".join(r.wait_banner().out.lines)
        assert f"http://localhost:{r.port}/" in text
        assert f"{os.path.getsize(IMAGE) / 1024:.0f} KB" in text
        assert "16 MB" in text
        assert accel.upper() in text
        assert int(re.search(r"(\d+) ms after the start of the VM", text)[1]) > 0
        with urllib.request.urlopen(f"http://localhost:{r.port}/", timeout=20) as answer:
            assert answer.read() == read(CONTENT, "index.html")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ends_on_a_signal(number):
    with Runner() as r:
        vms = r.wait_banner().children()
        r.process.send_signal(number)
        assert r.process.wait(30) == 0
        assert vms and all(gone(pid) for pid in vms)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", r.port), 5)


def test_ends_early_on_a_signal():
    """Before it serves, too."""
    with Runner("--accel", "tcg") as r:
        assert r.out.wait(".") is not None, "nothing on the console"
        r.process.send_signal(signal.SIGTERM)
        assert r.process.wait(30) == 0


def test_leaves_nothing_even_when_killed():
    with Runner() as r:
        vms = r.wait_banner().children()
        r.process.kill()
        assert vms and all(gone(pid) for pid in vms)


def test_port_in_use():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = str(s.getsockname()[1])
        argv = [RUN, "--image", IMAGE, "--port", port]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert port in done.stderr and "in use" in done.stderr
        assert done.stdout == "", "the VM was started"


def test_vm_that_ends_by_itself(tmp_path):
    """The runner says so, with what the VM said, and fails."""
    with Runner() as r:
        vms = r.wait_banner().children()
        os.kill(vms[0], signal.SIGKILL)
        assert r.process.wait(30) == 1
        r.out.drain()
        assert "the VM ended" in r.out.text()


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--port", "0"], "PORT=0"),
        (["--mem", "much"], "MEM=much"),
        (["--accel", "xen"], "ACCEL=xen"),
        (["--net", "wifi"], "NET=wifi"),
        (["--image", "/nonexistent"], "make image"),
    ],
)
def test_wrong_arguments(arguments, word):
    argv = [RUN, "--image", IMAGE, *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert word in done.stderr and "Traceback" not in done.stderr


def test_tap(lan):
    """Serves on the tap and through localhost, and takes the tap away."""
    with Runner("--net", "tap") as r:
        text = "\n".join(r.wait_banner().out.lines)
        direct = re.search(r"http://10\.73\.\d+\.2/", text)[0]
        for url in (direct, f"http://localhost:{r.port}/"):
            with urllib.request.urlopen(url, timeout=20) as answer:
                assert answer.read() == read(CONTENT, "index.html")
        tap = re.search(r"10\.73\.\d+\.", direct)[0]
        r.process.send_signal(signal.SIGINT)
        assert r.process.wait(30) == 0
    assert tap not in subprocess.run(["ip", "addr"], capture_output=True, text=True).stdout


def test_tap_without_root(lan):
    nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--"]
    if subprocess.run([*nobody, "test", "-r", RUN]).returncode:
        pytest.skip("the checkout is not readable without root")
    argv = [*nobody, RUN, "--image", IMAGE, "--net", "tap"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "root" in done.stderr and "Traceback" not in done.stderr


def test_an_accelerator_is_one_that_runs_a_guest(monkeypatch):
    """A /dev/kvm that is there and starts nothing is not chosen."""
    assert accel_choice.runs("tcg")
    monkeypatch.setitem(machine.CPU, "kvm", "host,+no-such-feature")
    assert accel_choice.choose() == "tcg"
    assert accel_choice.available() == ["tcg"]

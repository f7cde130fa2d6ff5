# SPDX-License-Identifier: BSD-2-Clause
"""Several VMs behind haproxy, as deploy/haproxy has it: restarted one after the
other under load, and one killed. Under the first accelerator only."""

import contextlib
import csv
import http.client
import os
import re
import select
import socket
import subprocess
import threading
import time

import pytest
from conftest import ACCELS
from guest import IMAGE, ROOT, read_all
from netns import Namespace
from test_content import CONTENT, read
from vm import probe, tap
from vm.machine import Machine, TapNet, Vm

FOLDER = os.path.join(ROOT, "deploy", "haproxy")
CONFIG = os.path.join(FOLDER, "haproxy.cfg")
CLIENTS = 4
PAUSE_S = 0.005  # of each client between requests


def servers():
    """{name: address} of the configuration."""
    return dict(re.findall(r"^  server (\w+) ([\d.]+):80$", read(CONFIG).decode(), re.M))


class Farm:
    """The VMs on a bridge in a namespace, haproxy in front of them."""

    def __init__(self, folder, stack):
        self.socket, self.errors = str(folder / "admin.sock"), folder / "errors"
        self.stack = stack  # what ends it
        self.vms, self.taps = {}, {}
        self.ns = Namespace()
        self.stack.callback(self.ns.close)
        with self.ns:
            tap.ip("link", "set", "lo", "up")
            tap.ip("link", "add", "br0", "type", "bridge")
            tap.ip("addr", "add", "10.73.80.1/24", "dev", "br0")
            tap.ip("link", "set", "br0", "up")
            for name in servers():
                self.taps[name] = tap.Tap(name)
                self.stack.callback(self.taps[name].close)
                tap.ip("link", "set", name, "master", "br0")
        self.stack.callback(self.stop_all)
        for name in servers():
            self.start(name)
        for address in servers().values():
            with self.ns:
                assert probe.first_answer((address, 80), 30), address
        self.start_haproxy()

    def start(self, name):
        address = servers()[name]
        self.vms[name] = Vm(
            Machine(
                image=IMAGE,
                accel=ACCELS[0],
                net=TapNet(self.taps[name].fd),
                mem_mb=16,
                mac=f"52:54:00:73:80:{int(address.split('.')[-1]):02x}",
                options=(f"ip={address}/24,gw=10.73.80.1",),
            )
        )

    def start_haproxy(self):
        argv = ["setpriv", "--pdeathsig", "TERM", "--", "haproxy", "-db", "-f", CONFIG]
        with self.ns, open(self.errors, "wb") as errors:
            env = {**os.environ, "SOCKET": self.socket}
            process = subprocess.Popen(argv, env=env, stderr=errors)
            self.stack.callback(process.wait)
            self.stack.callback(process.terminate)
            assert probe.first_answer(("127.0.0.1", 80), 10), self.errors.read_text()

    def stop_all(self):
        for vm in self.vms.values():
            vm.stop()

    def restart(self, name):
        self.vms[name].stop()
        self.start(name)

    def await_state(self, name, state):
        """Wait until haproxy says "DOWN", or "UP", of a server."""
        deadline = time.monotonic() + 60
        while self.state(name) != state:
            assert time.monotonic() < deadline, f"{name} is {self.state(name)}, not {state}"
            time.sleep(0.05)

    def state(self, name):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.socket)
            s.sendall(b"show stat\n")
            rows = csv.DictReader(read_all(s).decode().removeprefix("# ").splitlines())
        return next(row["status"] for row in rows if row["svname"] == name)

    def connection(self):
        with self.ns:
            c = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
            c.connect()
        return c


class Load:
    """Clients that ask all the time: half of them on one connection, half on a new
    one for each request."""

    def __init__(self, farm):
        self.farm = farm
        self.wanted = read(CONTENT, "index.html")
        self.answers_n = 0
        self.failures = []  # (when the request began, what came of it)
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(i % 2,)) for i in range(CLIENTS)]

    def ask(self, keep):
        c = None
        while not self.ended.wait(PAUSE_S):
            began_s = time.monotonic()
            try:
                c = c or self.farm.connection()
                c.request("GET", "/")
                answer = c.getresponse()
                body = answer.read()
                if (answer.status, body) != (200, self.wanted):
                    self.failures.append((began_s, f"{answer.status}, {len(body)} bytes"))
                self.answers_n += 1
            except (OSError, http.client.HTTPException) as e:
                self.failures.append((began_s, repr(e)))
                keep_now = False
            else:
                keep_now = keep
            if not keep_now and c:
                c.close()
                c = None

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def more(self, n=50):
        """Wait for answers to `n` more requests."""
        deadline, wanted = time.monotonic() + 60, self.answers_n + n
        while self.answers_n < wanted:
            assert time.monotonic() < deadline, self.failures[-3:]
            time.sleep(0.02)


@pytest.fixture(scope="module")
def farm(lan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("haproxy")
    with contextlib.ExitStack() as stack:
        yield Farm(folder, stack)


class Restarts:
    """The command that `rolling` runs: it asks through one pipe and waits at the
    other. Both ends of both are ours, so that nobody waits for the other to open."""

    def __init__(self, folder):
        paths = [str(folder / name) for name in ("asked", "done")]
        for path in paths:
            os.mkfifo(path)
        self.command = ["sh", "-c", "echo {} >%s; read x <%s" % tuple(paths)]
        self.asked, self.done = [os.open(path, os.O_RDWR) for path in paths]

    def next(self):
        """The server that is to be restarted."""
        assert select.select([self.asked], [], [], 60)[0], "nobody asks for a restart"
        return os.read(self.asked, 100).decode().strip()

    def close(self):
        os.close(self.asked)
        os.close(self.done)


def rolling_restart(farm, restarts):
    """All of it; from this thread, for a VM ends with the thread that started it."""
    argv = [os.path.join(FOLDER, "rolling"), "--socket", farm.socket, "--timeout", "30", "site"]
    with subprocess.Popen(argv + restarts.command, stdout=subprocess.PIPE, text=True) as rolling:
        for name in servers():
            assert restarts.next() == name
            farm.restart(name)
            os.write(restarts.done, b"\n")
        said = rolling.communicate(timeout=60)[0]
    assert rolling.returncode == 0
    assert said == "".join(f"{name} is new\n" for name in servers())


def test_a_rolling_restart_loses_no_request(farm, tmp_path):
    with contextlib.closing(Restarts(tmp_path)) as restarts, Load(farm) as load:
        load.more()
        rolling_restart(farm, restarts)
        load.more()
    assert load.failures == []


def test_a_dead_vm_is_left_out(farm):
    """Requests that were under way there may fail, when their time is up; none of
    those that follow once haproxy has noticed."""
    with Load(farm) as load:
        load.more()
        farm.vms["vm2"].stop()
        farm.await_state("vm2", "DOWN")
        noticed_s = time.monotonic()
        load.more(200)
        farm.start("vm2")
        farm.await_state("vm2", "UP")
        load.more()
    assert [what for began_s, what in load.failures if began_s > noticed_s] == []
    assert len(load.failures) <= CLIENTS, load.failures

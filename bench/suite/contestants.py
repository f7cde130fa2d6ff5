# SPDX-License-Identifier: BSD-2-Clause
"""What is measured, and how it is started.

Each runs in a network namespace of its own, at the same address, with a tap or
(on the host) a veth pair between it and the clients; nothing is reachable from
outside, and all of it ends with the process that started it. The server has
one core and the clients have another, if there are two."""

import contextlib
import dataclasses
import os
import subprocess

from suite import ROOT, out

from guest import GUEST4, HOST4, STATIC4, STATIC6, Lan  # noqa: E402
from netns import Namespace  # noqa: E402
from vm import probe, tap  # noqa: E402
from vm.accel import probe_image  # noqa: E402
from vm.machine import TICKS_PER_S, Machine, TapNet, Vm  # noqa: E402

MAC = "52:54:00:12:34:56"
MEM_MB = 128
BOOT_TIMEOUT_S = 60
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, CLIENT_CPU = CPUS[0], CPUS[-1]
LINUX_BOARD = "microvm,rtc=on,pic=on,pit=on,acpi=off"
SERIAL_BYTE = b"\x66\xba\xf8\x03\xb0\x0a\xee\xf4"  # mov $0x3f8,%dx; mov $10,%al; out; hlt


class Failed(Exception):
    """Something could not be started or measured; the text says what."""


@contextlib.contextmanager
def pinned(cpu):
    """What is started inside runs on that core."""
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CPUS)


class Server:
    """A started contestant: clients run in its namespace `ns`."""

    ns = None
    pid = 0

    def run(self, argv, timeout_s=120):
        """Output of a client on the clients' core."""
        with self.ns, pinned(CLIENT_CPU):
            done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s)
        if done.returncode:
            raise Failed(f"{' '.join(argv)}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def start(self, argv):
        """A client that goes on beside us."""
        with self.ns, pinned(CLIENT_CPU):
            return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def pids(self):
        """The processes that it is."""
        return (self.pid,)

    def cpu_s(self):
        """Seconds of CPU that they have used, in the kernel for them, too."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_PER_S

    def check(self):
        """Raise if the server has ended."""

    def wait(self, timeout_s=BOOT_TIMEOUT_S):
        """Until it answers over HTTP."""
        with self.ns:
            if not probe.first_answer((GUEST4, 80), timeout_s, self.check):
                raise Failed("no answer")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


class VmServer(Server):
    """A VM on a tap. The permanent neighbour entry keeps ARP out of its boot."""

    vm = None

    def __init__(self, machine):
        self.machine = machine
        self.lan = Lan()
        self.ns = self.lan.ns
        with self.ns:
            tap.ip("neigh", "replace", GUEST4, "lladdr", MAC, "nud", "permanent",
                   "dev", self.lan.tap.name)
        machine.net = TapNet(self.lan.tap.fd)

    def boot(self):
        with self.ns, pinned(SERVER_CPU):
            self.vm = Vm(self.machine)
        self.pid = self.vm.process.pid

    def check(self):
        self.vm.check()

    def stop(self):
        if self.vm:
            self.vm.stop()
        self.lan.close()


class HostServer(Server):
    """nginx as a process of the host, behind a veth pair."""

    process = None

    def __init__(self):
        self.ns, self.inner = Namespace(), Namespace()
        self.connect()

    def connect(self):
        """Put a link between the two namespaces, with an address at either end."""
        with self.inner, open("/proc/thread-self/ns/net", "rb") as inner, self.ns:
            tap.ip("link", "add", "lan0", "type", "veth", "peer", "name", "lan1",
                   "netns", f"/proc/{os.getpid()}/fd/{inner.fileno()}")
            tap.ip("addr", "add", HOST4 + "/24", "dev", "lan0")
            tap.ip("link", "set", "lan0", "up")
        with self.inner:
            tap.ip("addr", "add", GUEST4 + "/24", "dev", "lan1")
            tap.ip("link", "set", "lan1", "up")

    def boot(self):
        argv = ["setpriv", "--pdeathsig", "KILL", "--", out("peers", "nginx-tls"), "-e", "stderr"]
        with self.inner, pinned(SERVER_CPU):
            self.process = subprocess.Popen(argv + ["-c", host_configuration()],
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def check(self):
        if self.process.poll() is not None:
            raise Failed("nginx has ended")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.ns.close()
        self.inner.close()


class TapHostServer(HostServer):
    """The same behind a tap, as a VM is, and a process that passes the frames on."""

    relay = None

    def connect(self):
        with self.ns:
            outer = tap.Tap("lan0", [HOST4 + "/24"])
        with self.inner:
            inner = tap.Tap("lan1", [GUEST4 + "/24"])
        fds = (outer.fd, inner.fd)
        with pinned(SERVER_CPU):
            self.relay = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", out("bin", "relay"), *map(str, fds)],
                stdin=subprocess.DEVNULL, pass_fds=fds, start_new_session=True)
        outer.close()
        inner.close()

    def pids(self):
        return (self.pid, self.relay.pid)

    def check(self):
        super().check()
        if self.relay.poll() is not None:
            raise Failed("the relay has ended")

    def stop(self):
        self.relay.kill()
        self.relay.wait()
        super().stop()


def host_configuration():
    """nginx's configuration for the host, written below build/bench; its path."""
    scratch = out("host")
    os.makedirs(scratch, exist_ok=True)
    path = os.path.join(scratch, "nginx.conf")
    argv = [os.path.join(ROOT, "bench/peers/configure"), "nginx-tls", scratch, out("site"),
            out("tls")]
    with open(path, "w", encoding="ascii") as f:
        subprocess.run(argv, stdout=f, check=True)
    return path


def more(counters, where=False):
    """QEMU's further arguments: end with the guest; count its instructions in that file,
    by address, too."""
    plugin = ("-plugin", f"{out('bin', 'icount.so')},out={counters}{',where=on' * where}")
    return ("-no-reboot",) + (plugin if counters else ())


def thimble(accel, tls=False, mem_mb=MEM_MB, counters="", image="", where=False):
    image = image or out("thimble-tls.elf" if tls else "thimble.elf")
    return Machine(image, accel, mem_mb=mem_mb, options=(STATIC4, STATIC6), mac=MAC,
                   extra=more(counters, where))


def linux(accel, tls=False, mem_mb=MEM_MB, counters=""):
    khz = int(subprocess.run([out("bin", "tsc")], capture_output=True, check=True).stdout)
    options = ("console=ttyS0", "quiet", "reboot=t", "panic=-1", "random.trust_cpu=on",
               "tsc=reliable", f"tsc_early_khz={khz}", f"lpj={khz * 10}")
    return Machine(out("peers", "vmlinux"), accel, mem_mb=mem_mb, options=options, mac=MAC,
                   rng=False, board=LINUX_BOARD,
                   module=out("peers", "initrd-tls.cpio" if tls else "initrd.cpio"),
                   extra=more(counters))


def empty(accel, tls=False, mem_mb=MEM_MB, counters=""):
    """A guest that writes one byte to its serial port and halts."""
    path = out("empty.elf")
    with open(path, "wb") as f:
        f.write(probe_image(SERIAL_BYTE))
    return Machine(path, accel, mem_mb=mem_mb, mac=MAC, extra=more(counters))


@dataclasses.dataclass(frozen=True)
class Contestant:
    """`server` makes its Server of start()'s options: tls, mem_mb, counters."""

    name: str
    title: str
    server: object

    def start(self, **options):
        """A Server that starts; wait() for it."""
        server = self.server(**options)
        try:
            server.boot()
        except BaseException:
            server.stop()
            raise
        return server


def vm(machine, accel):
    return lambda **options: VmServer(machine(accel, **options))


def process(kind):
    return lambda tls=False: kind()  # one nginx serves both


THIMBLE = Contestant("thimble", "Thimble, TCG", vm(thimble, "tcg"))
LINUX = Contestant("linux", "Linux + nginx, TCG", vm(linux, "tcg"))
THIMBLE_KVM = Contestant("thimble_kvm", "Thimble, KVM", vm(thimble, "kvm"))
HOST_TAP = Contestant("host_tap", "nginx on the host, tap", process(TapHostServer))
HOST = Contestant("host", "nginx on the host, veth", process(HostServer))
EMPTY = Contestant("empty", "empty guest, TCG", vm(empty, "tcg"))
ALL = (THIMBLE, LINUX, THIMBLE_KVM, HOST_TAP, HOST)

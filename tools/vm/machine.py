# SPDX-License-Identifier: BSD-2-Clause
"""The virtual machine as a description (Machine) and as a QEMU process (Vm).

A Vm dies with the thread that started it, even if that is killed: QEMU gets
SIGKILL from the kernel (prctl(2), PR_SET_PDEATHSIG), so start it from a thread
that lasts. Nothing it needs has a name in the file system."""

import dataclasses
import os
import subprocess
import time

from vm.console import Console

QEMU = "qemu-system-x86_64"

# arch-capabilities: KVM without hardware support refuses a CPU model that has it.
CPU = {"kvm": "host,-arch-capabilities", "tcg": "max"}
ACCEL = {"kvm": "kvm", "tcg": "tcg,thread=single"}

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class VmError(Exception):
    """The VM could not be started, ended by itself, or did not answer."""


@dataclasses.dataclass
class UserNet:
    """QEMU's user-mode network: needs no privileges; DHCP gives 10.0.2.15."""

    port: int  # on 127.0.0.1, forwarded to guest_port
    guest_port: int = 80
    tls_port: int = 0  # forwarded to the same port; 0: none

    def argument(self):
        pairs = [(self.port, self.guest_port)]
        if self.tls_port:
            pairs.append((self.tls_port, self.tls_port))
        forwards = [f"hostfwd=tcp:127.0.0.1:{here}-:{there}" for here, there in pairs]
        return ",".join(["user", "id=n0"] + forwards)

    def fds(self):
        return ()


@dataclasses.dataclass
class TapNet:
    """A tap device, given by its open file descriptor."""

    fd: int
    vhost: bool = False

    def argument(self):
        return f"tap,id=n0,fd={self.fd},vhost={'on' if self.vhost else 'off'}"

    def fds(self):
        return (self.fd,)


@dataclasses.dataclass
class Machine:
    """A machine of QEMU with the devices that the image drives."""

    image: str  # ELF with a PVH note; "": boot from `disk`, which has its own options
    accel: str  # "kvm" or "tcg"
    net: object = None  # UserNet, TapNet or None
    mem_mb: int = 32
    options: tuple = ()  # boot options, e.g. "log=debug"
    module: str = ""  # boot module (-initrd), "" for none
    disk: str = ""  # a raw disk, left as it is
    cpu: str = ""  # "" for the accelerator's usual
    mac: str = "52:54:00:12:34:56"
    card: str = ""  # the network card, "" for virtio-net
    net_features: str = ""  # more properties of the card, e.g. "csum=off"
    buses: tuple = ()  # bridges (-device) that `net_features` names
    rng: bool = True  # give it a virtio-rng
    board: str = "microvm,x-option-roms=off,pit=off,pic=off,rtc=on,acpi=off"  # or q35, pc
    extra: tuple = ()  # more arguments for QEMU
    extra_fds: tuple = ()  # descriptors that `extra` names

    def argv(self):
        argv = [QEMU, "-machine", self.board]
        virtio = "device" if self.board.startswith("microvm") else "pci"
        argv += ["-accel", ACCEL[self.accel], "-cpu", self.cpu or CPU[self.accel]]
        argv += ["-m", str(self.mem_mb), "-smp", "1", "-nodefaults", "-no-user-config"]
        argv += ["-display", "none", "-serial", "stdio"]
        argv += ["-global", "virtio-mmio.force-legacy=off"]
        if self.net:
            device = f"{self.card or 'virtio-net-' + virtio},netdev=n0,mac={self.mac}"
            device += "," + self.net_features if self.net_features else ""
            argv += [word for bus in self.buses for word in ("-device", bus)]
            argv += ["-netdev", self.net.argument(), "-device", device]
        if self.rng:
            argv += ["-object", "rng-random,id=r0,filename=/dev/urandom"]
            argv += ["-device", f"virtio-rng-{virtio},rng=r0"]
        argv += ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        if self.disk:
            argv += ["-drive", f"file={self.disk},format=raw,if=virtio,snapshot=on"]
        if self.image:
            argv += ["-kernel", self.image, "-append", " ".join(self.options)]
        if self.module:
            argv += ["-initrd", self.module]
        return argv + list(self.extra)

    def fds(self):
        return tuple(self.net.fds() if self.net else ()) + tuple(self.extra_fds)


class Vm:
    """A running machine. Use it as a context manager, or call stop()."""

    def __init__(self, machine, on_line=None):
        self.machine = machine
        self.started_s = time.monotonic()
        try:
            self.process = subprocess.Popen(
                # A session of its own: Ctrl-C at the terminal is the runner's alone.
                ["setpriv", "--pdeathsig", "KILL", "--"] + machine.argv(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=machine.fds(),
                start_new_session=True,
            )
        except FileNotFoundError as e:
            raise VmError(f"not installed: {e.filename} (packages qemu-system-x86, util-linux)")
        self.console = Console(self.process.stdout, on_line)
        self.errors = Console(self.process.stderr)

    def alive(self):
        return self.process.poll() is None

    def check(self):
        """Raise VmError with QEMU's own words if the VM has ended."""
        if not self.alive():
            raise VmError(self.last_words())

    def last_words(self, lines=12):
        """What QEMU and the guest's console said last; whether it has ended, and how."""
        status = self.process.poll()
        if status is not None:
            self.console.drain()
            self.errors.drain()
        said = [f"qemu: {line}" for line in self.errors.lines[-lines:]]
        said += [f"console: {line}" for line in self.console.lines[-lines:]]
        head = "the VM is running" if status is None else f"the VM ended with status {status}"
        return "\n  ".join([head + ", its last lines:"] + (said or ["(none)"]))

    def cpu_s(self):
        """Seconds of host CPU that QEMU has used."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def wait_exit(self, timeout_s):
        """The exit status, or VmError when it is still running by then."""
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise VmError(f"still running after {timeout_s} s: " + self.last_words())
        self.console.drain()
        return status

    def stop(self):
        """End the VM; returns when QEMU is gone."""
        if self.alive():
            self.process.kill()
        self.process.wait()
        self.console.drain()
        self.errors.drain()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

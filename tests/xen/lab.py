# SPDX-License-Identifier: BSD-2-Clause
"""Xen and a small dom0 in QEMU's emulation, and guests in it.

    with Lab({"thimble": path}) as lab:
        lab.create("web", "thimble", memory=8, extra="ip=10.0.2.16/24")
        lab.console("web"), lab.run("xl list")

dom0 is 10.0.2.100, this host 10.0.2.2; `forward` leads ports of loopback to
guests. build-lab says where the parts come from."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

from vm import ports

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PARTS = os.path.join(ROOT, "build", "xen")

# QEMU 7.2 has no right idea of a ring-3 IRET under SMAP, nor of an intercepted
# RDTSCP. With XSAVE, xl was seen to crash while guests ran.
CPU = "max,-smap,-rdtscp,-xsave"
BOOT_S, COMMAND_S = 400, 120
DOM0_MB, HYPERVISOR_MB = 320, 192
REASONS = {"0": "poweroff", "1": "reboot", "3": "crash"}  # SHUTDOWN_ of xen/sched.h


class LabError(Exception):
    pass


def pack(folder, archive):
    names = subprocess.run(["find", "."], cwd=folder, capture_output=True, check=True).stdout
    with open(archive, "ab") as out:
        subprocess.run([os.path.join(PARTS, "busybox"), "cpio", "-o", "-H", "newc"], cwd=folder,
                       input=names, stdout=out, stderr=subprocess.DEVNULL, check=True)


class Lab:
    def __init__(self, kernels, forward=(), guests_mb=256):
        """kernels: {name: path of an ELF file}; forward: (address, port) of guests;
        guests_mb: what all of them together may have."""
        subprocess.run([os.path.join(HERE, "build-lab"), PARTS], check=True)
        self.work = tempfile.mkdtemp(prefix="thimble-xen-")
        self.ports = {to: ports.free() for to in forward}
        self.qemu = self.shell = None
        try:
            self.start(self.initrd(kernels), guests_mb)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def initrd(self, kernels):
        folder, archive = (os.path.join(self.work, n) for n in ("files", "initrd"))
        os.makedirs(os.path.join(folder, "guest"))
        for name, path in kernels.items():
            shutil.copy(path, os.path.join(folder, "guest", name))
        shutil.copy(os.path.join(PARTS, "dom0.cpio"), archive)
        pack(folder, archive)
        return archive

    def start(self, initrd, guests_mb):
        xen = (f"dom0_mem={DOM0_MB}M,max:{DOM0_MB}M dom0_max_vcpus=1 console=com1 com1=115200,8n1 "
               "loglvl=warning guest_loglvl=all spec-ctrl=no")
        dom0 = "console=hvc0 loglevel=4 mitigations=off nokaslr panic=1 rdinit=/init"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.work, "shell"))
        listener.listen(1)
        listener.settimeout(20)
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{at}-{to[0]}:{to[1]}"
                           for to, at in self.ports.items())
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "pc",
             "-accel", "tcg", "-cpu", CPU, "-m", str(DOM0_MB + HYPERVISOR_MB + guests_mb),
             "-kernel", os.path.join(PARTS, "xen.elf32"), "-append", xen,
             "-initrd", f"{PARTS}/vmlinux {dom0},{initrd}",
             "-netdev", "user,id=n0" + forwards, "-device", "virtio-net-pci,netdev=n0,romfile=",
             "-display", "none", "-monitor", "none", "-no-reboot",
             "-serial", f"file:{self.work}/log", "-serial", f"unix:{self.work}/shell"],
            stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            stdout=open(os.path.join(self.work, "qemu.log"), "wb"))
        self.shell = listener.accept()[0]
        listener.close()
        self.answer(BOOT_S)

    def log(self):
        with open(os.path.join(self.work, "log"), errors="replace") as f:
            return f.read()

    def answer(self, timeout_s):
        """Output of the last command, and its status; None when dom0 has come up."""
        deadline, seen = time.monotonic() + timeout_s, b""
        while not (end := re.search(rb"(?m)^=== (\w+)\r?\n", seen)):
            self.shell.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                data = self.shell.recv(65536)
            except socket.timeout:
                data = b""
            if not data:
                raise LabError(f"dom0 is silent: {seen[-300:]!r}\n" + self.log()[-3000:])
            seen += data
        return seen[: end.start()].decode(errors="replace").replace("\r\n", "\n"), end[1]

    def run(self, command, timeout_s=COMMAND_S, check=True):
        """Output of a shell command in dom0."""
        self.shell.sendall(command.encode() + b"\n")
        output, status = self.answer(timeout_s)
        if check and status != b"0":
            raise LabError(f"{command}: {status.decode()}\n{output}")
        return output

    def create(self, name, kernel, memory, extra="", mac=1):
        """Start a domain. Nobody watches it (-e): when it ends it stays, with its reason."""
        lines = [f'name="{name}"', 'type="pvh"', f'kernel="/guest/{kernel}"', f"memory={memory}",
                 "vcpus=1", f'extra="{extra}"', f'vif=["mac=00:16:3e:00:00:{mac:02x}"]',
                 'tsc_mode="native"']
        echo = " ".join("'" + line + "'" for line in lines)
        self.run(f"printf '%s\\n' {echo} >/guest/{name}.cfg && xl create -e /guest/{name}.cfg")

    def console(self, name):
        return self.run(f"cat /var/log/xen/console/guest-{name}.log", check=False)

    def wait_console(self, name, pattern, timeout_s=60):
        deadline = time.monotonic() + timeout_s
        while not (found := re.search(pattern, text := self.console(name))):
            if time.monotonic() > deadline:
                raise LabError(f"{name} does not say {pattern!r}:\n{text}")
            time.sleep(0.2)
        return found

    def domains(self):
        """{name: why it has ended, or "-"} of the guests that are there."""
        rows = [line.split() for line in self.run("xl list -v").splitlines()[1:]]
        return {row[0]: row[7] for row in rows if row[0] != "Domain-0"}

    def wait_end(self, name, timeout_s=60):
        """Why a domain has ended, when it has."""
        deadline = time.monotonic() + timeout_s
        while (reason := self.domains()[name]) == "-":
            if time.monotonic() > deadline:
                raise LabError(f"{name} does not end:\n{self.console(name)}")
            time.sleep(0.2)
        return REASONS[reason]

    def close(self):
        if self.shell:
            self.shell.close()
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
        shutil.rmtree(self.work, ignore_errors=True)

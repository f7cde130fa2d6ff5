# SPDX-License-Identifier: BSD-2-Clause
"""A libvirtd of the test's own. A PID namespace sees to it that its machines end
with it, and what it keeps in /etc, /run and /var is in memory, seen
by nobody else. Its network is the bridge br0 of a namespace."""

import os
import signal
import subprocess
import time

from guest import HOST4
from netns import Namespace
from vm import tap

READY_S = 30
PRIVATE = r"""
set -e
for folder in /run /var /etc/libvirt; do mount -t tmpfs none $folder; done
mkdir /var/lib /var/log /var/cache /var/tmp
ln -s /run /var/run
for file in passwd group; do
  cp /etc/$file /run/$file
  echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >>/run/$file  # a name it wants to exist
  mount --bind /run/$file /etc/$file
done
cat >/etc/libvirt/qemu.conf <<END
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
dynamic_ownership = 0
END
echo 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf
libvirtd
exit
"""


class Libvirt:
    def __init__(self):
        self.ns = Namespace()
        with self.ns:
            tap.ip("link", "set", "lo", "up")
            tap.ip("link", "add", "br0", "type", "bridge")
            tap.ip("address", "add", HOST4 + "/24", "dev", "br0")
            tap.ip("link", "set", "br0", "up")
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--"]
                + ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
                + ["sh", "-c", PRIVATE],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.first = 0  # process 1 of its PID namespace
        try:
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    def _wait_ready(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with open(children, encoding="ascii") as f:
                self.first = int(f.read() or 0)
            if os.path.exists(self.socket()) and self.virsh("uri", check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("libvirtd does not answer")

    def socket(self):
        return f"/proc/{self.first}/root/run/libvirt/libvirt-sock"

    def virsh(self, *words, check=True):
        uri = "qemu:///system?socket=" + self.socket()
        done = subprocess.run(
            ["virsh", "--connect", uri, *words], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 or not check, f"virsh {words}: {done.stderr}"
        return done

    def wait_state(self, domain, state, timeout_s=20):
        """Wait for what `virsh domstate --reason` says."""
        deadline = time.monotonic() + timeout_s
        while (now := self.virsh("domstate", domain, "--reason").stdout.strip()) != state:
            assert time.monotonic() < deadline, f"{domain} is {now}, not {state}"
            time.sleep(0.05)

    def close(self):
        if self.first:
            os.kill(self.first, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        self.ns.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

# SPDX-License-Identifier: BSD-2-Clause
"""deploy/libvirt/thimble.xml in a real libvirtd: define, start, serve, reboot,
shut down, start again, destroy."""

import contextlib
import http.client
import os
import time
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from guest import BOOT_TIMEOUT_S, GUEST4, IMAGE, STATIC4, Guest
from libvirt import Libvirt
from test_content import CONTENT, differing
from vm import probe

DOMAIN = os.path.join(ROOT, "deploy", "libvirt", "thimble.xml")


class Served(Guest):
    """What runs in the domain, as a guest that is not ours to stop."""

    def __init__(self, ns):
        self.host, self.port, self.ns = GUEST4, 80, ns

    def inside(self):
        return self.ns

    def wait_answer(self):
        with self.ns:
            assert probe.first_answer((self.host, self.port), BOOT_TIMEOUT_S), "no answer"
        return self


def description(folder):
    """The file as it is, but for what the user is told to set, and emulated."""
    tree = ElementTree.parse(DOMAIN)
    domain = tree.getroot()
    domain.set("type", "qemu")
    domain.find("cpu").set("mode", "maximum")
    domain.find("os/kernel").text = os.path.abspath(IMAGE)
    domain.find("os/cmdline").text = STATIC4
    interface = domain.find("devices/interface")
    interface.set("type", "bridge")
    interface.find("source").attrib = {"bridge": "br0"}
    path = os.path.join(folder, "thimble.xml")
    tree.write(path)
    return path


@pytest.fixture(scope="module")
def libvirt(lan, tmp_path_factory):
    with Libvirt() as daemon:
        daemon.virsh("define", "--validate", description(tmp_path_factory.mktemp("libvirt")))
        yield daemon


def test_start_serve_reboot_and_shut_down(libvirt):
    libvirt.virsh("start", "thimble")
    served = Served(libvirt.ns).wait_answer()
    assert differing(served, CONTENT) == []
    reboot(libvirt, served)
    libvirt.virsh("shutdown", "thimble")
    libvirt.wait_state("thimble", "shut off (shutdown)")


def booted_s(served):
    """When, by this machine's clock; 0 while it cannot be asked."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return time.monotonic() - served.memory()["vm"]["uptime_ms"] / 1000
    return 0


def reboot(libvirt, served):
    """The server comes back, from a boot after this."""
    before = time.monotonic()
    libvirt.virsh("reboot", "thimble")
    deadline = before + BOOT_TIMEOUT_S
    while booted_s(served) <= before:
        assert time.monotonic() < deadline, "not rebooted"
        time.sleep(0.05)


def test_start_again_and_destroy(libvirt):
    libvirt.virsh("start", "thimble")
    Served(libvirt.ns).wait_answer()
    libvirt.virsh("destroy", "thimble")
    libvirt.wait_state("thimble", "shut off (destroyed)")
    libvirt.virsh("undefine", "thimble")

# SPDX-License-Identifier: BSD-2-Clause
"""tools/fetch.sh and tools/packages.sh, with the system's programs replaced by
short stand-ins that record how they are called: no network, nothing installed."""
import os
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LANDMARKS = {"lwip": "src/core/tcp.c", "musl": "src/string/memcpy.c",
             "mbedtls": "library/ssl_tls.c"}


class Box:
    """A copy of tools/ in a folder of its own, and a PATH that begins with stand-ins."""

    def __init__(self, top):
        self.top = top
        self.bin = top / "bin"
        self.log = top / "calls"
        self.bin.mkdir()
        (top / "tools").mkdir()
        for name in ("fetch.sh", "packages.sh"):
            shutil.copy(os.path.join(TOP, "tools", name), top / "tools")
        packages = top / "tools" / "packages.sh"
        packages.write_text(packages.read_text().replace("/usr/sbin/policy-rc.d",
                                                         str(top / "policy-rc.d")))

    def stand_in(self, name, script):
        path = self.bin / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>"{self.log}"\n{script}\n')
        path.chmod(0o755)

    def run(self, script, *args, only_stand_ins=False, **env):
        path = str(self.bin) if only_stand_ins else f"{self.bin}:{os.environ['PATH']}"
        return subprocess.run(["/bin/sh", str(self.top / "tools" / script), *args],
                              capture_output=True, text=True, cwd=self.top,
                              env={**os.environ, "PATH": path, **env})

    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


# --- fetch.sh ----------------------------------------------------------------

TARGETS = """case "$*" in
*indextargets*) printf '%s\\n' "http://third.example/node nodistro" \\
  "http://mirror.example/debian/ bookworm" "http://mirror.example/debian/ bookworm-updates" \\
  "http://sec.example/debian-security/ bookworm-security" ;;
"""
APT = TARGETS + """*" source "*) for n; do :; done; echo "Version: 1.0-1" >"${n}_1.0-1.dsc" ;;
esac"""
UNPACK = """for last; do :; done
for n in lwip/src/core/tcp.c musl/src/string/memcpy.c mbedtls/library/ssl_tls.c; do
  case $last in */"${n%%/*}".part) mkdir -p "$last/$(dirname "${n#*/}")"; : >"$last/${n#*/}" ;;
  esac
done"""


def test_fetch_takes_the_systems_mirror(box):
    box.stand_in("apt-get", APT)
    box.stand_in("dpkg-source", UNPACK)
    result = box.run("fetch.sh", "lwip", "musl")
    assert result.returncode == 0, result.stderr
    lines = (box.top / "build/apt/sources.list").read_text().splitlines()
    assert [line.split("] ")[1] for line in lines] == [
        "http://mirror.example/debian/ trixie main",
        "http://sec.example/debian-security/ trixie-security main"]
    assert all(line.startswith("deb-src [signed-by=/usr/share/keyrings/") for line in lines)
    for name in ("lwip", "musl"):
        assert (box.top / "build/src" / name / LANDMARKS[name]).exists()
        assert (box.top / f"build/src/{name}.stamp").read_text() == "1.0-1\n"


def test_fetch_twice_runs_nothing(box):
    box.stand_in("apt-get", APT)
    box.stand_in("dpkg-source", UNPACK)
    assert box.run("fetch.sh", "lwip").returncode == 0
    before = box.calls()
    again = box.run("fetch.sh", "lwip")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert box.calls() == before
    assert box.run("fetch.sh", "lwip", "musl").returncode == 0
    assert sum("source" in c and "lwip" in c for c in box.calls() if c.startswith("apt")) == 1


def test_fetch_begins_again_after_an_interruption(box):
    box.stand_in("apt-get", APT)
    box.stand_in("dpkg-source", "exit 1")
    assert box.run("fetch.sh", "lwip").returncode == 1
    assert not (box.top / "build/src/lwip").exists()
    box.stand_in("dpkg-source", UNPACK)
    assert box.run("fetch.sh", "lwip").returncode == 0


def test_fetch_uses_a_given_tree(box):
    tree = box.top / "mine"
    (tree / "src/core").mkdir(parents=True)
    assert "no src/core/tcp.c in" in box.run("fetch.sh", "lwip", LWIP_DIR=str(tree)).stderr
    (tree / "src/core/tcp.c").touch()
    result = box.run("fetch.sh", "lwip", LWIP_DIR=str(tree))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not (box.top / "build").exists()


def test_fetch_says_so_when_the_network_fails(box):
    box.stand_in("apt-get", TARGETS + '*update*) echo "E: no route" >&2; exit 100 ;;\nesac')
    result = box.run("fetch.sh", "lwip")
    assert result.returncode == 1
    assert "apt: E: no route" in result.stderr and "LWIP_DIR=" in result.stderr


def test_fetch_needs_a_debian_mirror(box):
    box.stand_in("apt-get", 'echo "http://third.example/x noble"')
    result = box.run("fetch.sh", "lwip")
    assert result.returncode == 1 and "found no Debian mirror" in result.stderr


@pytest.mark.parametrize("args", [[], ["lwip", "nonsense"]])
def test_fetch_refuses_what_it_does_not_know(box, args):
    result = box.run("fetch.sh", *args)
    assert result.returncode == 1 and not (box.top / "build").exists()


# --- packages.sh -------------------------------------------------------------

ALL_BUT_GCC = """sed -n "/^build='/,/'/p; /^run='/,/'/p; /^test='/,/'/p" tools/packages.sh |
  tr -d "'" | sed 's/^[a-z]*=//' | tr ' ' '\\n' | grep . | grep -vx gcc | sed 's/^/installed /'"""


def test_packages_says_nothing_when_all_is_there(box):
    box.stand_in("dpkg-query", ALL_BUT_GCC + "; echo installed gcc")
    box.stand_in("apt-get", "exit 1")
    result = box.run("packages.sh", "build", "run", "test")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not any(c.startswith("apt-get") for c in box.calls())


def test_packages_installs_what_is_missing(box):
    box.stand_in("dpkg-query", ALL_BUT_GCC)
    box.stand_in("apt-get", "exit 0")
    box.stand_in("id", "echo 0")
    result = box.run("packages.sh", "build")
    assert result.returncode == 0 and result.stdout == "packages: installing gcc\n"
    assert [c for c in box.calls() if c.startswith("apt-get")] == [
        "apt-get -q update", "apt-get -q install -y --no-install-recommends gcc"]


def test_packages_asks_sudo_when_not_root(box):
    box.stand_in("dpkg-query", ALL_BUT_GCC)
    box.stand_in("apt-get", "exit 0")
    box.stand_in("sudo", 'exec "$@"')
    box.stand_in("id", "echo 1000")
    assert box.run("packages.sh", "build").returncode == 0
    assert sum(c.startswith("sudo env") for c in box.calls()) == 2


def test_packages_names_what_is_missing_when_refused(box):
    box.stand_in("dpkg-query", ALL_BUT_GCC)
    box.stand_in("apt-get", "echo 'E: not today' >&2; exit 100")
    box.stand_in("sudo", "exit 1")
    for uid in 0, 1000:
        box.stand_in("id", f"echo {uid}")
        result = box.run("packages.sh", "build")
        assert result.returncode == 1
        assert "\n  gcc\n" in result.stderr and "--no-install-recommends gcc\n" in result.stderr


def test_packages_on_another_system(box):
    """Without dpkg and apt-get everything counts as missing."""
    for name in ("dirname", "grep", "sed", "sort", "cat", "id"):
        os.symlink(shutil.which(name), box.bin / name)
    result = box.run("packages.sh", "run", only_stand_ins=True)
    assert result.returncode == 1
    assert "no apt-get" in result.stderr and "\n  qemu-system-x86\n" in result.stderr


def test_packages_refuses_a_purpose_it_does_not_know(box):
    assert "no such purpose: fun" in box.run("packages.sh", "fun").stderr

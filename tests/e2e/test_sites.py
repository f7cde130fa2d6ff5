# SPDX-License-Identifier: BSD-2-Clause
"""Sites other than the sample: a tree of odd names and sizes, and a manual of
Debian's, packed by `make image SITE=` and mirrored by wget."""

import contextlib
import json
import os
import random
import subprocess

import pytest
from conftest import ACCELS, boot
from images import BUILD, build
from test_browser import Browser
from test_content import differing, files_below, read

ODD_NAMES = [
    *("a name with spaces.txt", "grüße.html", "日本.txt", "100%.txt", "%41.txt", "a+b.txt"),
    *("what?.txt", "#1.txt", "semi;colon.txt", "amp&ersand.txt", "quote'\".txt", "tilde~.txt"),
    *("almost..txt", "a...txt", "back\\slash.txt", "a:b.txt", "no-extension", "UPPER.HTML"),
    *("very-" + "long-" * 40 + "name.txt", "deep/er/and/deeper/still/index.html"),
    *("folder.with.dots/x.y.z", "empty.txt", "nested/empty.css"),
]
MANY_N = 1000
BIG_BYTES = 8 << 20

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A folder of odd files, and the image that holds it."""
    folder = str(tmp_path_factory.mktemp("odd"))
    chance = random.Random(1)
    for name in ODD_NAMES:
        data = b"" if "empty" in name else f"<p>{name}\n".encode() * chance.randrange(1, 500)
        write(os.path.join(folder, name), data)
    for n in range(MANY_N):
        write(os.path.join(folder, f"many/{n}.txt"), b"file %d\n" % n)
    write(os.path.join(folder, "big.bin"), chance.randbytes(BIG_BYTES))
    return folder, build(folder, "odd")


def test_odd_names_and_sizes(accel, odd):
    folder, image = odd
    with boot(accel, image=image) as g:
        g.wait_answer()
        assert len(list(files_below(folder))) == len(ODD_NAMES) + MANY_N + 1
        assert differing(g, folder) == []
        index = read(folder, "deep/er/and/deeper/still/index.html")
        assert g.get("/deep/er/and/deeper/still/") == index


def test_the_memory_page_is_whole_on_any_site(accel, odd, tmp_path):
    """Its style and script load, its figures move, its links lead somewhere."""
    with boot(accel, image=odd[1]) as g:
        g.wait_answer()
        with contextlib.closing(Browser(g, tmp_path)) as b:
            b.open("/memory")
            b.wait("document.readyState === 'complete'")
            assert b.script("document.styleSheets[0].cssRules.length") > 10
            assert b.script("[...document.images].every(i => i.naturalWidth > 0)")
            shown = "document.querySelector('[data-v=requests]').textContent"
            before = b.script(shown)
            g.get("/memory.json")
            b.wait(f"{shown} !== {json.dumps(before)}")
            links = b.script("[...document.links].map(a => a.getAttribute('href'))")
            assert set(links) == {"#main", "/", "/memory.json", "/metrics"}
            b.screenshot("memory-elsewhere")
            assert b.complaints() == []


def test_the_samples_stay_on_the_sample_site(accel, odd):
    with boot(accel, image=odd[1]) as g:
        g.wait_answer()
        for method, path in (("GET", "/hello/x"), ("POST", "/form"), ("GET", "/guestbook")):
            assert g.request(path, method)[0].status == 404
        assert g.request("/clock/events")[0].status == 404
        assert g.get("/healthz") == b"ok\n"


def download(folder, package):
    """A package of Debian's, from where apt takes them, which may have no lists yet."""
    for words in (["download", package], ["update"], ["download", package]):
        done = subprocess.run(["apt-get", "-q", *words], cwd=folder, capture_output=True, text=True)
        if words[0] == "download" and done.returncode == 0:
            return
    pytest.fail(f"apt cannot download {package}: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def manual():
    """The HTML of the package debian-faq, unpacked but not installed."""
    folder = os.path.join(BUILD, "debian-faq")
    os.makedirs(folder, exist_ok=True)
    if not any(name.endswith(".deb") for name in os.listdir(folder)):
        download(folder, "debian-faq")
    (package,) = (name for name in os.listdir(folder) if name.endswith(".deb"))
    subprocess.run(["dpkg-deb", "-x", package, "tree"], cwd=folder, check=True)
    return os.path.join(folder, "tree/usr/share/doc/debian/FAQ")


def test_a_manual_of_debian_is_mirrored(accel, manual, tmp_path):
    """wget --mirror follows its links; what it got is what is in the package."""
    with boot(accel, image=build(manual, "faq")) as g:
        g.wait_answer()
        argv = ["wget", "-q", "--mirror", "--no-host-directories", f"http://{g.host}:{g.port}/"]
        done = g.run(argv, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        got = sorted(files_below(tmp_path))
        assert [p for p in got if read(tmp_path, p) != read(manual, p)] == []
        chapters = {p for p in files_below(manual) if p.endswith(".en.html")}
        assert len(chapters) > 10 and chapters <= set(got)
        assert differing(g, manual) == []

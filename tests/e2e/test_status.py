# SPDX-License-Identifier: BSD-2-Clause
"""The setting `status` of site.conf: /memory, /metrics and their like on a port of
their own, behind a password, or away. Packs given at boot, the same image."""

import contextlib
import json
import subprocess

import pytest
from conftest import ACCELS, ROOT, boot
from test_browser import Browser

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)

PATHS = ("/memory", "/memory.json", "/memory/events", "/metrics")
HASH = "$5$F2cSwQtyOoTyNrQa$Os1X9C7G2eW2oYvEgELnD/FcI1M4nntjv9ry9KXBWz5"  # geheim
BASIC = {"Authorization": "Basic YWRhOmdlaGVpbQ=="}  # ada:geheim
USERS = f"  realm: Machine room\n  users: {{ada: {HASH}}}\n"


@contextlib.contextmanager
def site(accel, tmp_path, conf):
    """A VM that serves one page, with this site.conf."""
    folder, pack = tmp_path / "site", tmp_path / "site.pack"
    folder.mkdir()
    (folder / "index.html").write_text("<p>the site\n")
    (folder / "site.conf").write_text(conf)
    argv = [f"{ROOT}/build/thimble-pack", "--shared", f"{ROOT}/build/assets:/-"]
    subprocess.run([*argv, "-o", pack, folder], check=True)
    with boot(accel, module=str(pack)) as g:
        yield g.wait_answer()


def statuses(guest, **headers):
    """Status of each path; of the endless one just the head is read."""
    found = []
    for path in PATHS:
        with contextlib.closing(guest.http()) as c:
            c.request("GET", path, headers=headers)
            found.append(c.getresponse().status)
    return found


def test_off_is_404(accel, tmp_path):
    with site(accel, tmp_path, "status: off\n") as g:
        assert statuses(g) == [404] * 4
        assert g.get("/healthz") == b"ok\n" and b"the site" in g.get("/")


def test_on_another_port_alone(accel, lan, tmp_path):
    with site(accel, tmp_path, "status: {port: 9100}\n") as g:
        assert statuses(g) == [404] * 4
        g.port = 9100
        assert statuses(g) == [200] * 4
        assert b"the site" in g.get("/")
        assert sum(o["bytes"] for o in g.memory()["owners"]) == 32 << 20


def test_behind_a_password(accel, tmp_path):
    with site(accel, tmp_path, "status:\n" + USERS) as g:
        assert statuses(g) == [401] * 4
        assert statuses(g, **BASIC) == [200] * 4
        wrong = {"Authorization": "Basic YWRhOmZhbHNjaA=="}
        assert g.request("/metrics", headers=wrong)[0].status == 401
        assert g.request("/metrics")[0].getheader("WWW-Authenticate") == (
            'Basic realm="Machine room", charset="UTF-8"'
        )
        assert b"the site" in g.get("/") and g.get("/healthz") == b"ok\n"


def test_the_page_is_live_behind_a_password(accel, lan, tmp_path):
    """On its own port, in a browser: script, style and events get through."""
    with site(accel, tmp_path, "status:\n  port: 9100\n" + USERS) as g:
        assert g.request("/memory", headers=BASIC)[0].status == 404  # not on the site's port
        g.port = 9100
        with contextlib.closing(Browser(g, tmp_path)) as b:
            here, g.host = g.host, "ada:geheim@" + g.host
            b.open("/memory")
            g.host = here
            b.wait("document.getElementById('state').textContent === 'Updated live.'")
            assert b.script("document.styleSheets[0].cssRules.length") > 10
            shown = "document.querySelector('[data-v=requests]').textContent"
            before = b.script(shown)
            g.get("/healthz")
            b.wait(f"{shown} !== {json.dumps(before)}")
            assert b.complaints() == []

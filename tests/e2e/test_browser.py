# SPDX-License-Identifier: BSD-2-Clause
"""The sample site in a real browser: headless Chromium, driven by chromedriver
over its HTTP interface (W3C WebDriver). A console error is a failure."""

import base64
import filecmp
import http.client
import json
import os
import shutil
import subprocess
import time

import pytest
from conftest import ACCELS, HERE, ROOT
from vm.console import Console

SCREENSHOTS = os.path.join(ROOT, "build", "screenshots")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
ARGUMENTS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-default-apps"),
]

pytestmark = pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)


class Browser:
    """One WebDriver session; `guest`'s network is its network."""

    def __init__(self, guest, folder, *arguments):
        self.guest = guest
        with guest.inside():
            self.driver = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", "chromedriver", "--port=0"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "HOME": str(folder)},
            )
        self.log = Console(self.driver.stdout)
        at = self.log.wait(r"started successfully on port \d+", 60)
        assert at is not None, self.log.text()
        self.port = int(self.log.lines[at].rstrip(".").rsplit(" ", 1)[1])
        options = {
            "args": [*ARGUMENTS, *arguments, f"--user-data-dir={folder}/profile"],
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = "/session/" + made["sessionId"]

    def call(self, method, path, body=None):
        with self.guest.inside():
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            c.request(method, path, None if body is None else json.dumps(body))
        value = json.loads(c.getresponse().read())["value"]
        c.close()
        assert not (isinstance(value, dict) and "error" in value), value
        return value

    def open(self, path):
        url = f"http://{self.guest.host}:{self.guest.port}{path}"
        self.call("POST", self.session + "/url", {"url": url})

    def script(self, text):
        return self.call(
            "POST", self.session + "/execute/sync", {"script": "return " + text, "args": []}
        )

    def script_async(self, text):
        """Run statements that call arguments[0] with the result."""
        body = {"script": text, "args": []}
        return self.call("POST", self.session + "/execute/async", body)

    def colours(self, scheme):
        """Prefer "light" or "dark" from now on."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [feature]}}
        self.call("POST", self.session + "/goog/cdp/execute", command)

    def wait(self, text, timeout_s=20):
        """Wait until the expression `text` is true in the page."""
        deadline = time.monotonic() + timeout_s
        while not self.script(text):
            assert time.monotonic() < deadline, f"never true: {text}"
            time.sleep(0.05)

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        command = {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}
        self.call("POST", self.session + "/goog/cdp/execute", command)

    def screenshot(self, name):
        os.makedirs(SCREENSHOTS, exist_ok=True)
        data = base64.b64decode(self.call("GET", self.session + "/screenshot"))
        with open(os.path.join(SCREENSHOTS, name + ".png"), "wb") as f:
            f.write(data)

    def complaints(self):
        """Errors and warnings on the console since the last call."""
        log = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [line["message"] for line in log if line["level"] in ("SEVERE", "WARNING")]

    def close(self):
        try:
            self.call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()


@pytest.fixture(scope="module")
def browser(booted, tmp_path_factory):
    b = Browser(booted, tmp_path_factory.mktemp("browser"))
    yield b
    b.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/memory", "/how", "/samples"])
def test_page(browser, guest, path, size):
    """It opens without a complaint and does not scroll sideways."""
    browser.size(*SIZES[size])
    browser.open(path)
    browser.wait("document.readyState === 'complete'")
    assert browser.script("document.title.includes('Thimble')"), browser.script("document.title")
    assert browser.script("document.documentElement.scrollWidth <= window.innerWidth")
    browser.screenshot((path.strip("/") or "index") + "-" + size)
    assert browser.complaints() == []


def test_memory_page_is_live(browser, guest):
    """The number of requests on it grows while it is open, without a reload."""
    browser.open("/memory")
    shown = "document.querySelector('[data-v=requests]').textContent"
    before = browser.script(shown)
    for _ in range(5):
        guest.get("/")
    browser.wait(f"{shown} !== {json.dumps(before)}")
    assert browser.complaints() == []


def test_links_of_the_site_lead_somewhere(browser, guest):
    """Every link on every page reached from the first one."""
    links = "[...document.querySelectorAll('a[href], link[href], script[src], img[src]')]"
    urls = f"{links}.map(e => e.getAttribute('href') || e.getAttribute('src'))"
    seen, left = set(), ["/"]
    while left:
        path = left.pop()
        seen.add(path)
        response, _ = guest.request(path)
        assert response.status == 200, f"{path}: {response.status}"
        if not response.getheader("Content-Type").startswith("text/html"):
            continue
        browser.open(path)
        found = {u.split("#")[0] for u in browser.script(urls) if u.startswith("/")}
        left += [u for u in found - seen - set(left) if u]
    assert len(seen) > 5
    assert browser.complaints() == []


AXE = os.path.join(ROOT, "build", "e2e", "axe")
COLOURS = ("light", "dark")


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core, in the version that tests/e2e/axe names."""
    library = os.path.join(AXE, "node_modules", "axe-core", "axe.min.js")
    lock = os.path.join(HERE, "axe", "package-lock.json")
    kept = os.path.join(AXE, "package-lock.json")
    if not os.path.exists(library) or not filecmp.cmp(lock, kept, shallow=False):
        shutil.copytree(os.path.join(HERE, "axe"), AXE, dirs_exist_ok=True)
        argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(argv, cwd=AXE, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    with open(library, encoding="utf-8") as f:
        return f.read()


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("path", ["/", "/memory", "/form"])
def test_axe_finds_nothing_serious(browser, guest, axe, path, colours):
    browser.colours(colours)
    browser.size(*SIZES["desktop"])
    browser.open(path)
    browser.wait("document.readyState === 'complete'")
    run = "\nconst done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done, done);"
    found = browser.script_async(axe + run)
    assert len(found["passes"]) > 10, "axe looked at nothing"
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in grave] == []

# SPDX-License-Identifier: BSD-2-Clause
"""What the VM tells about itself: metrics, logs, the last panic, a loop that hangs."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import xml.dom.minidom

import jsonschema
import pytest
from conftest import ROOT, boot
from guest import GUEST4, HOST4, HOST6, IMAGE, STATIC4, STATIC6, Guest, Lan, read_all
from vm import ports
from vm.machine import Machine, TapNet

SCRAPES_N = 1000
SAMPLE = re.compile(r"([a-z_]+)(\{[^{}]*\})? (\S+)\Z")
COMBINED = re.compile(
    r"(?P<peer>\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "
    r'"(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"\Z'
)


def parse(text):
    """Samples by (name, labels), and the type of each family; strict."""
    samples, types, helped = {}, {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split(" ", 3)[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in helped and name not in types, line
            types[name] = kind
        else:
            m = SAMPLE.match(line)
            assert m, repr(line)
            family = re.sub(r"_(bucket|sum|count)\Z", "", m[1]) if m[1] not in types else m[1]
            assert family in types, line
            assert (m[1], m[2]) not in samples, f"twice: {line}"
            samples[m[1], m[2]] = float(m[3])
    return samples, types


def scrape(guest):
    return parse(guest.get("/metrics").decode())


def family(samples, name, containing=""):
    return {k[1]: v for k, v in samples.items() if k[0] == name and containing in (k[1] or "")}


@pytest.fixture(scope="module")
def audited(accel):
    """A VM that checks its account of memory before each report."""
    with boot(accel, options=("log=debug",)) as g:
        yield g.wait_answer().wait_addresses()


def test_promtool_has_no_complaint(audited):
    assert shutil.which("promtool"), "promtool is not installed (package prometheus)"
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=audited.get("/metrics"), capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_build_info(audited):
    ((labels, value),) = family(scrape(audited)[0], "thimble_build_info").items()
    assert value == 1
    assert re.fullmatch(r'\{version="\d+\.\d+\.\d+",compiler="gcc [\d.]+",tls="none"\}', labels)


def grown(before, after):
    return {k: after[k] - v for k, v in before.items() if after[k] != v}


def owners(guest):
    memory = guest.memory()
    found = {o["name"]: o["bytes"] for o in memory["owners"]}
    assert sum(found.values()) == memory["ram_bytes"] == 32 << 20
    return found


def checked(memory):
    """The report, if it is as docs/memory.schema.json has it and leaves no byte out."""
    with open(f"{ROOT}/docs/memory.schema.json", encoding="ascii") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(memory)
    assert sum(o["bytes"] for o in memory["owners"]) == memory["ram_bytes"]
    return memory


def test_memory_json_is_as_its_schema_has_it(audited):
    memory = checked(audited.memory())
    names = [o["name"] for o in memory["owners"]]
    assert len(set(names)) == len(names) and names[-1] == "free"
    assert {p["owner"] for p in memory["pools"]} <= set(names)
    vm = memory["vm"]
    phases = [vm[f"boot_{p}_ns"] for p in ("ring3", "devices", "listening", "answer")]
    assert 0 < phases[0] and phases == sorted(phases)
    assert vm["boot_devices_ns"] < vm["boot_address_ns"] <= vm["boot_answer_ns"]
    assert 0 < vm["asleep_ms"] <= vm["uptime_ms"]


def pages(n):
    return (n + 4095) // 4096 * 4096


def test_the_image_lies_with_its_owners(audited):
    """What is fixed at boot, by the sections of the image and the RAM."""
    argv = ["readelf", "-SW", f"{ROOT}/build/thimble.sym.elf"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    row = r"\] (\.\S+) +\w+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) "
    size = {name: int(n, 16) for name, n in re.findall(row, listed)}
    found = owners(audited)
    assert found["text"] == pages(size[".ring0"]) + pages(size[".text"])
    assert found["rodata"] == pages(size[".rodata"])
    assert found["site"] == pages(size[".site"])
    assert found["stack"] == (4 + 32 + 4 + 8) << 10  # two, each above its guard page
    assert found["page_map"] == pages((32 << 20) // 4096)
    assert found["log"] == 4096  # no ring without a syslog server, but the last panic's page
    assert found["net_rx"] >= 32 * 2048 and found["virtq"] > 0  # LIMIT_NET_RX_FIRST, but for some
    assert found["data"] > pages(size[".data"]) and found["page_tables"] > 4 * 4096


def test_image_parts_are_those_of_make_size(audited):
    """The figures linked in are those of the finished image, and leave nothing out."""
    argv = [f"{ROOT}/tools/size", f"{ROOT}/build/thimble.sym.elf"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    table = dict(re.findall(r"^(\S[\w ]*?) +([\d,]+) ", done.stdout, re.M))
    measured = {name: int(n.replace(",", "")) for name, n in table.items()}
    image = audited.memory()["image"]
    apart = {name: abs(n - measured[name]) for name, n in image.items()}
    padding = apart.pop("constants")  # between tables, which lie in another order
    assert padding < 64 and set(apart.values()) == {0}, apart
    assert sum(image.values()) == pytest.approx(measured["sum"], abs=64)
    assert os.path.getsize(IMAGE) * 0.98 < sum(image.values()) < os.path.getsize(IMAGE)
    with open(f"{ROOT}/build/size.svg", encoding="utf-8") as f:
        titles = re.findall("<title>(.*?): [\\d,]+ bytes", f.read())
    assert len(titles) > 50 and not [t for t in titles if re.search(r":\d", t)]  # files, not lines


def test_each_subsystem_is_charged(audited):
    """Connections, a request's body and event streams grow just their owners."""
    start = owners(audited)
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(audited.connect())
        connected = grown(start, owners(audited))
        assert connected["conn"] >= 100 * 160 and connected["tcp"] >= 100 * 100, connected
        assert set(connected) <= {"conn", "tcp", "net", "net_rx", "http", "free"}, connected
        before = owners(audited)
        for _ in range(8):
            s = stack.enter_context(audited.connect())
            s.sendall(b"POST /guestbook HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\nname=")
        for _ in range(4):
            s = stack.enter_context(audited.connect())
            s.sendall(b"GET /memory/events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert s.recv(15) == b"HTTP/1.1 200 OK"
        requested = grown(before, owners(audited))
        assert requested["http"] >= 4 * 2048, requested
        with_streams, _ = scrape(audited)
        assert with_streams["thimble_http_event_streams", None] == 4


def monotonic(types, before, after):
    for key, value in before.items():
        name = re.sub(r"_(bucket|sum|count)\Z", "", key[0])
        if types.get(key[0]) == "counter" or types.get(name) == "histogram":
            assert after[key] >= value, f"{key} went from {value} to {after[key]}"


def test_scrapes_under_load(audited):
    """Each parses, counters only grow, memory adds up, requests are exact."""
    wrk = ["wrk", "-t1", "-c8", "-d600", f"http://{audited.host}:{audited.port}/"]
    with audited.inside():
        load = subprocess.Popen(wrk, stdout=subprocess.DEVNULL)
    try:
        first, types = scrape(audited)
        before = first
        with contextlib.closing(audited.http()) as c:
            for _ in range(SCRAPES_N):
                c.request("GET", "/metrics")
                now, _ = parse(c.getresponse().read().decode())
                monotonic(types, before, now)
                assert sum(family(now, "thimble_memory_bytes").values()) == 32 << 20
                before = now
        assert load.poll() is None, "the load ended before the scrapes did"
    finally:
        load.terminate()
        load.wait()
    mine = '{route="/metrics",method="GET",code="2xx"}'
    name = "thimble_http_requests_total"
    assert before[name, mine] - first[name, mine] == SCRAPES_N
    files = '{route="files",method="GET",code="2xx"}'
    assert before[name, files] > first[name, files]


def test_requests_are_counted_by_route_and_status(audited):
    def requests():
        return family(scrape(audited)[0], "thimble_http_requests_total")

    before = requests()
    for target, n in (("/", 3), ("/nowhere", 2), ("/healthz", 5)):
        for _ in range(n):
            audited.request(target)
    assert grown(before, requests()) == {
        '{route="files",method="GET",code="2xx"}': 3,
        '{route="files",method="GET",code="4xx"}': 2,
        '{route="/healthz",method="GET",code="2xx"}': 5,
        '{route="/metrics",method="GET",code="2xx"}': 1,
    }


def test_durations_count_each_request_once(audited):
    before, _ = scrape(audited)
    for _ in range(7):
        audited.get("/healthz")
    after, _ = scrape(audited)
    name = "thimble_http_request_duration_seconds"
    # The scrape itself is sent after it is written: the first counts in the second.
    assert after[name + "_count", None] - before[name + "_count", None] == 8
    buckets = [after[name + "_bucket", k] for k in family(after, name + "_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == after[name + "_count", None]


def test_retransmissions_are_counted(accel, lan):
    """The cable is pulled for longer than the timeout while an answer goes out."""
    with boot(accel) as g:
        g.wait_answer()
        with g.connect() as s:
            s.sendall(b"GET /stream/8000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert s.recv(1) == b"H"
            g.run(["ip", "link", "set", "lan0", "down"], check=True)
            time.sleep(2.5)  # nobody can tell us meanwhile
            g.run(["ip", "link", "set", "lan0", "up"], check=True)
            assert len(read_all(s)) > 8000000
        samples, _ = scrape(g)
        assert samples["thimble_tcp_retransmits_total", None] > 0


def test_access_log_on_the_console(accel):
    with boot(accel, options=("accesslog=combined",)) as g:
        g.wait_answer()
        at = len(g.console.lines)
        g.request("/how?a=%22b", headers={"Referer": "http://x/\"", "User-Agent": "t\xe9st \\"})
        g.await_line("GET /how", at)
        line = next(n for n in g.console.lines[at:] if "GET /how" in n)
        m = COMBINED.match(line)
        assert m, line
        assert m["request"] == "GET /how?a=%22b HTTP/1.1" and m["status"] == "200"
        assert m["referer"] == r"http://x/\x22" and m["agent"] == r"t\xe9st \x5c"
        assert int(m["bytes"]) > 0


RSYSLOG = """
module(load="imudp")
input(type="imudp" port="514")
template(name="all" type="list") {
  property(name="pri") constant(value=" ")
  property(name="protocol-version") constant(value=" ")
  property(name="timereported" dateFormat="rfc3339") constant(value=" ")
  property(name="hostname") constant(value=" ")
  property(name="app-name") constant(value=" ")
  property(name="msgid") constant(value=" ")
  property(name="msg" controlcharacters="escape") constant(value="\\n")
}
action(type="omfile" file="%s" template="all" flushInterval="1" asyncWriting="off")
"""


@contextlib.contextmanager
def rsyslogd(ns, folder):
    assert shutil.which("rsyslogd"), "rsyslogd is not installed (package rsyslog)"
    log, conf, pid = folder / "log", folder / "rsyslog.conf", folder / "pid"
    conf.write_text(RSYSLOG % log)
    with ns:
        process = subprocess.Popen(["rsyslogd", "-n", "-f", str(conf), "-i", str(pid)])
    try:
        while not pid.exists():  # written when its inputs are open
            assert process.poll() is None, "rsyslogd ended"
            time.sleep(0.05)
        yield log
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def logging_guest(accel, folder, options):
    """A VM whose syslog server is there before it; (guest, the server's log)."""
    lan = Lan()
    machine = Machine(IMAGE, accel, TapNet(lan.tap.fd), options=(STATIC4, STATIC6, *options))
    with rsyslogd(lan.ns, folder) as log:
        with contextlib.closing(Guest(machine, GUEST4, 80, lan)) as g:
            yield g.wait_answer(), log


def wait_lines(log, wanted, n, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    found = []
    while len(found) < n and time.monotonic() < deadline:
        text = log.read_text(errors="replace") if log.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # of the last one only a part may be written
        found = [line for line in whole.splitlines() if re.search(wanted, line)]
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("server", [HOST4, HOST6])
def test_rsyslogd_takes_it_all(accel, lan, tmp_path, server):
    """Every line of the boot and of the requests arrives, once, well-formed."""
    options = (f"log=syslog:{server}", "accesslog=json")
    with logging_guest(accel, tmp_path, options) as (g, log):
        listening = wait_lines(log, "listening on port 80", 1)
        agents = [f'"agent\\ {n}' for n in range(50)]
        for n, agent in enumerate(agents):
            g.request(f"/?n={n}", headers={"User-Agent": agent})
        lines = wait_lines(log, r" access .*/\?n=", 50)
        access = [json.loads(line.split(" ", 6)[6]) for line in lines]
        assert [a["target"] for a in access] == [f"/?n={n}" for n in range(50)]
        assert [a["user_agent"] for a in access] == agents
        assert all(a["method"] == "GET" and a["status"] == 200 for a in access)
        assert len(listening) == 1, log.read_text()
        assert re.match(rf"134 1 20\d\d-\S+ {GUEST4} thimble event ", listening[0]), listening


def test_syslog_names_the_machine(accel, lan, tmp_path):
    """By its owner's word; and after a panic what that left comes first."""
    options = (f"log=syslog:{HOST4}", "hostname=web.example.org", "selftest=once-assert")
    with logging_guest(accel, tmp_path, options) as (_, log):
        assert len(wait_lines(log, "listening on port 80", 1)) == 1, log.read_text()
        lines = log.read_text().splitlines()
        assert {line.split(" ")[3] for line in lines} == {"web.example.org"}, lines
        assert "last boot: PANIC: assertion failed" in lines[0], lines


def test_lines_are_dropped_and_counted_not_the_traffic(accel, lan):
    """The server's address does not answer: the ring fills, requests go on."""
    with boot(accel, options=("log=syslog:10.73.80.99", "accesslog=json")) as g:
        g.wait_answer()
        for _ in range(400):
            with contextlib.closing(g.http()) as c:
                c.request("GET", "/healthz")
                assert c.getresponse().read() == b"ok\n"
        samples, _ = scrape(g)
        assert samples["thimble_log_lines_total", None] == 0  # none went into the void
        assert samples["thimble_log_drops_total", None] > 300
        assert next(o for o in g.memory()["owners"] if o["name"] == "log")["bytes"] >= 16384


def test_panic_survives_the_reboot(accel):
    with boot(accel, options=("selftest=once-assert",)) as g:
        g.await_match("^PANIC")
        g.wait_answer()
        crash = checked(g.memory())["last_crash"]
        assert crash["panics"] == 1
        assert abs(crash["wall_unix"] - time.time()) < 600
        report = crash["text"].splitlines()
        assert report[0].startswith("PANIC: assertion failed: one == 2 at ")
        g.await_line("last boot: PANIC")
        page = g.get("/memory").decode()
        assert "Last crash" in page and "assertion failed: one == 2" in page
        samples, _ = scrape(g)
        assert samples["thimble_panics_total", None] == 1
        argv = [f"{ROOT}/tools/symbolize", f"{ROOT}/build/thimble.sym.elf"]
        named = subprocess.run(argv, input=crash["text"], capture_output=True, text=True, check=True)
        assert "fail_assertion" in named.stdout and "app_main" in named.stdout


def test_profile_names_functions(accel):
    """Samples under load name functions of each layer, from the entry on."""
    done = subprocess.run(
        [f"{ROOT}/tools/profile", "3"],
        env={**os.environ, "ACCEL": accel},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with open(f"{ROOT}/build/profile.folded", encoding="ascii") as f:
        folded = dict(line.rsplit(" ", 1) for line in f)
    rooted = sum(int(n) for stack, n in folded.items() if "app_main;loop" in stack)
    assert rooted > 0.8 * sum(int(n) for n in folded.values()), folded
    if accel == "tcg":  # KVM stops the VM only where it leaves the guest
        assert any("http_" in stack for stack in folded), folded
    xml.dom.minidom.parse(f"{ROOT}/build/profile.svg")


def test_gdb_stops_where_it_is_told():
    assert shutil.which("gdb"), "gdb is not installed"
    argv = [f"{ROOT}/tools/debug", "-batch", "-ex", "break app_main", "-ex", "continue"]
    argv += ["-ex", "bt", "-ex", "kill"]
    environment = {**os.environ, "PORT": str(ports.free())}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
    assert re.search(r"Breakpoint 1, app_main \(\) at app/main.c", done.stdout), done.stdout
    assert re.search(r"#1 .*boot_start .*kernel/boot/start.c", done.stdout), done.stdout


def test_no_crash_is_said_to_be_none(audited):
    assert audited.memory()["last_crash"] is None
    assert b"Last crash" not in audited.get("/memory")


def test_watchdog_names_the_place(accel):
    with boot(accel, options=("watchdog=1", "onpanic=halt", "selftest=hang")) as g:
        at = g.await_match("^PANIC: watchdog")
        g.await_match("^halted$", at)
        argv = [f"{ROOT}/tools/symbolize", f"{ROOT}/build/thimble.sym.elf"]
        report = "\n".join(g.console.lines[at:])
        named = subprocess.run(argv, input=report, capture_output=True, text=True, check=True)
        assert "hang (" in named.stdout, named.stdout


def test_watchdog_lets_an_idle_machine_sleep(accel):
    """Longer asleep than the watchdog's time, and nothing happens."""
    with boot(accel, options=("watchdog=1",)) as g:
        g.wait_answer()
        time.sleep(4)  # nothing to wait for: the thing tested is that nothing comes
        g.healthy()
        g.get("/")

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ask nginx and Thimble the same things about tests/data/www, and print both
answers as the table of docs/NGINX.md: tests/compare_nginx.py [--write].

The requests, and why answers differ, are in tests/data/nginx. Status 1 when a
difference has no explanation, or an explanation no difference."""

import contextlib
import gzip
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tools"), str(HERE), str(HERE / "e2e")]

import guest as guests  # noqa: E402
import wire  # noqa: E402
from vm import accel as accels  # noqa: E402
from vm import ports  # noqa: E402

DATA = HERE / "data" / "nginx"
WWW = HERE / "data" / "www"
DOCUMENT = ROOT / "docs" / "NGINX.md"
BEGIN, END = "<!-- answers -->\n", "<!-- end of answers -->\n"
SHOWN = ["content-range", "content-encoding", "location", "allow", "vary", "www-authenticate"]
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


class Case:
    def __init__(self, block):
        self.name, *lines = block
        self.why = " ".join(line[5:] for line in lines if line.startswith("why: "))
        lines = [line for line in lines if not line.startswith("why: ")]
        self.body = ""
        if lines[-1].startswith("body: "):
            self.body = lines.pop()[6:]
        self.is_head = lines[0].startswith("HEAD ")
        self.raw = "".join(line + "\\r\\n" for line in lines) + "\\r\\n" + self.body
        if lines[-1].endswith("\\n"):
            self.raw = "".join(lines)


def cases():
    """The blocks of requests.txt behind its first one, which is a comment."""
    blocks = (DATA / "requests.txt").read_text().strip("\n").split("\n\n")[1:]
    return [Case(block.split("\n")) for block in blocks]


def goes_on(client):
    """Whether another request on the connection is answered."""
    client.send(b"GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", False)
    try:
        return client.answer(False).status == 200
    except wire.Failure:
        return False


def told(answer, is_head):
    """An answer in a few words."""
    words = [str(answer.status)]
    for name in SHOWN:
        if answer.field(name) is not None:
            words.append(f"{name.title()}: {answer.field(name)}")
    if answer.status == 200 and not is_head:
        words.append(f"{len(answer.body)} bytes")
    if answer.status == 206 and answer.field("content-range") is None:
        parts = answer.body.count(b"Content-Range: ")
        words.append(f"{parts} parts")
    return words


def ask(server, case):
    """What `server` says to a case, in words."""
    with contextlib.closing(wire.Client(server.address).socket):
        pass
    client = wire.Client(server.address)
    try:
        client.send(server.unescape(case.raw), False)
        words = told(client.answer(case.is_head), case.is_head)
        return ", ".join(words + ([] if goes_on(client) else ["closes"]))
    except wire.Failure:
        return "closes without an answer"
    finally:
        client.socket.close()


def lay_out(folder):
    """The files of nginx: those of tests/data/www, with .gz beside what gains."""
    shutil.copytree(WWW, folder / "www", ignore=shutil.ignore_patterns("other", "site.conf"))
    shutil.copytree(WWW / "other", folder / "other")
    big = folder / "www" / "big.txt"
    big.with_name("big.txt.gz").write_bytes(gzip.compress(big.read_bytes(), 9, mtime=0))
    stat = big.stat()
    os.utime(big.with_name("big.txt.gz"), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    line = next(li for li in (WWW / "site.conf").read_text().splitlines() if "alice:" in li)
    (folder / "users").write_text("alice:" + line.split('"')[1] + "\n")


def wait_listening(port, process):
    deadline = time.monotonic() + 10
    while True:
        with contextlib.suppress(OSError):
            wire.Client(("127.0.0.1", port)).socket.close()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("nginx does not listen: " + process.stderr.read().decode())
        time.sleep(0.02)


@contextlib.contextmanager
def nginx():
    """nginx on a free port of loopback, with the port's number."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port = pathlib.Path(name), ports.free()
        lay_out(folder)
        conf = (DATA / "nginx.conf").read_text()
        conf = conf.replace("@DIR@", name).replace("@PORT@", str(port))
        (folder / "nginx.conf").write_text(conf)
        process = subprocess.Popen(
            [NGINX, "-p", name, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
            stderr=subprocess.PIPE,
        )
        try:
            wait_listening(port, process)
            yield port
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def thimble():
    """The image in a VM, with tests/data/www as its boot module; the port's number."""
    with tempfile.TemporaryDirectory(prefix="pack-") as name:
        pack = name + "/www.pack"
        subprocess.run([ROOT / "build" / "thimble-pack", "-o", pack, WWW], check=True)
        accel = os.environ.get("ACCEL") or accels.available()[0]
        with guests.user_guest(accel, module=pack) as g:
            g.wait_answer()
            yield g.port


def compare():
    """(case, nginx's words, ours) of each request."""
    with nginx() as theirs, thimble() as ours:
        servers = [wire.Server("127.0.0.1", port) for port in (theirs, ours)]
        return [(case, *(ask(server, case) for server in servers)) for case in cases()]


def unexplained(rows):
    """Names of the rows that have a difference or an explanation, but not both."""
    return [case.name for case, theirs, ours in rows if (theirs != ours) != bool(case.why)]


def table(rows):
    def cell(text):
        return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")

    lines = ["| Request | nginx | Thimble | Why |", "| --- | --- | --- | --- |"]
    for case, theirs, ours in rows:
        ours = "the same" if ours == theirs else ours
        lines.append("| " + " | ".join(map(cell, (case.name, theirs, ours, case.why))) + " |")
    return "\n".join(lines) + "\n"


def document_with(text):
    """docs/NGINX.md with its table replaced."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    return before + BEGIN + "\n" + text + "\n" + END + rest.partition(END)[2]


def main():
    if not NGINX:
        sys.exit("nginx is not installed (package nginx-light)")
    rows = compare()
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(document_with(table(rows)))
    else:
        print(table(rows), end="")
    wrong = unexplained(rows)
    for name in wrong:
        print(f"explained or different, but not both: {name}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

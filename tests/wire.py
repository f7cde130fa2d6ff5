#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the wire cases of tests/data/http against a server that serves
tests/data/www: tests/wire.py [--byte|--whole] HOST PORT [FILE...]. The format
is told in tests/data/http/README.md. Exit status 1 when a case fails."""

import argparse
import pathlib
import re
import socket
import sys
import time

CASES = pathlib.Path(__file__).parent / "data" / "http"
TIMEOUT_S = 15
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)|\$\{([^}]*)\}")


class Failure(Exception):
    pass


class Busy(Exception):
    """429 where something else was wanted: password checks are rationed."""


class Answer:
    def __init__(self, status, fields):
        self.status, self.fields, self.body = status, fields, b""

    def field(self, name):
        return next((v for k, v in self.fields if k == name.lower()), None)


class Client:
    """A strict reader of answers over one connection."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen, self.ended = b"", False

    def send(self, data, byte_by_byte):
        pieces = [data[i : i + 1] for i in range(len(data))] if byte_by_byte else [data]
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # an answer came before the end of what was sent

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        except socket.timeout:
            raise Failure(f"no more bytes in {TIMEOUT_S} s behind {self.seen[-200:]!r}")
        self.ended = not data
        self.seen += data
        return bool(data)

    def take(self, n):
        while len(self.seen) < n:
            if not self.more():
                raise Failure(f"the connection ended in an answer: {self.seen[:200]!r}")
        taken, self.seen = self.seen[:n], self.seen[n:]
        return taken

    def line(self):
        while b"\r\n" not in self.seen:
            if not self.more():
                raise Failure(f"the connection ended in a head: {self.seen[:200]!r}")
        return self.take(self.seen.index(b"\r\n") + 2)[:-2]

    def chunks(self):
        body = b""
        while True:
            size = int(self.line().split(b";")[0], 16)
            body += self.take(size)
            if self.take(2) != b"\r\n":
                raise Failure("a chunk does not end in CR LF")
            if size == 0:
                return body

    def rest(self):
        while self.more():
            pass
        return self.take(len(self.seen))

    def answer(self, head_only):
        line = self.line()
        if not re.fullmatch(rb"HTTP/1\.1 \d{3} .*", line):
            raise Failure(f"no status line: {line[:100]!r}")
        answer = Answer(int(line[9:12]), [])
        while line := self.line():
            name, _, value = line.decode("latin-1").partition(":")
            answer.fields.append((name.lower(), value.strip()))
        if head_only or answer.status in (204, 304) or answer.status < 200:
            pass
        elif answer.field("transfer-encoding"):
            answer.body = self.chunks()
        elif answer.field("content-length") is not None:
            answer.body = self.take(int(answer.field("content-length")))
        else:
            answer.body = self.rest()
        return answer

    def closed(self):
        return not self.seen and (self.ended or not self.more())


class Server:
    def __init__(self, host, port):
        self.address = (host, port)
        self.known = {}

    def get(self, path, coding):
        if (path, coding) not in self.known:
            client = Client(self.address)
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {coding}\r\n\r\n"
            client.send(request.encode(), False)
            self.known[path, coding] = client.answer(False)
            client.socket.close()
        return self.known[path, coding]

    def expand(self, text):
        kind, first, *rest = text.split(":", 2)
        rest = rest[0] if rest else ""
        if kind == "repeat":
            return int(first) * self.unescape(rest)
        name = {"etag": "etag", "modified": "last-modified"}[kind]
        return self.get(first, rest).field(name).encode("latin-1")

    def unescape(self, text):
        out, at = b"", 0
        for m in ESCAPE.finditer(text):
            out += text[at : m.start()].encode()
            at = m.end()
            if m[2] is not None:
                out += self.expand(m[2])
            elif m[1][0] == "x" and len(m[1]) == 3:
                out += bytes([int(m[1][1:], 16)])
            else:
                out += {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}[m[1]]
        return out + text[at:].encode()


def demand(ok, what, have):
    if not ok:
        raise Failure(f"{what}; got {have!r}")


def check_field(answer, key, value):
    name, _, want = value.decode("latin-1").partition(":")
    have, want = answer.field(name), want.strip()
    if key == "absent":
        demand(have is None, f"{name} must be absent", answer.fields)
    elif key == "field":
        demand(have == want, f"{name} is not {want}", answer.fields)
    else:
        demand(have is not None and want in have, f"{name} lacks {want}", answer.fields)


def check_body(answer, key, want):
    body = answer.body
    if key == "body":
        demand(body == want, f"the body is not {want!r}", body[:800])
    elif key == "starts":
        demand(body.startswith(want), f"the body does not begin with {want!r}", body[:800])
    elif key == "has":
        demand(want in body, f"the body lacks {want!r}", body[:2000])
    else:
        demand(len(body) == int(want), f"the body has not {int(want)} bytes", len(body))


def check_end(client, want):
    if want == "close":
        demand(client.closed(), "the connection stays open", client.seen)
        return
    demand(not client.seen, "more than was wanted", client.seen)
    if want == "keep":
        client.send(b"GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", False)
        demand(client.answer(False).status == 200, "the connection does not go on", client.seen)


def parse(path):
    wanted, raw = [], ""
    for line in path.read_text().splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            wanted.append((key, value))
        else:
            raw += line
    return wanted, raw


def check_status(client, head_only, status):
    answer = client.answer(head_only)
    if answer.status == 429 and status != 429:
        raise Busy()
    demand(answer.status == status, f"status is not {status}", (answer.status, answer.fields))
    return answer


def converse(server, client, wanted, raw, byte_by_byte):
    client.send(server.unescape(raw), byte_by_byte)
    answer, head_only = None, False
    for key, value in wanted:
        if key in ("name", "source"):
            continue
        if key == "head":
            head_only = value == "yes"
        elif key == "status":
            answer = check_status(client, head_only, int(value))
        elif key == "connection":
            check_end(client, value)
        elif key in ("field", "field-has", "absent"):
            check_field(answer, key, server.unescape(value))
        elif key in ("body", "starts", "has", "size"):
            check_body(answer, key, server.unescape(value))
        else:
            raise Failure(f"unknown key {key}")


def run(server, path, byte_by_byte):
    """None, or what is wrong with this case."""
    wanted, raw = parse(path)
    for _ in range(5):
        client = Client(server.address)
        try:
            converse(server, client, wanted, raw, byte_by_byte)
            return None
        except Busy:
            time.sleep(1.1)
        except Failure as failure:
            return str(failure)
        finally:
            client.socket.close()
    return "429 five times"


def run_all(host, port, ways=(False, True), files=None):
    """Run cases; gives a list of (file, way, what is wrong) of those that failed."""
    server, failed = Server(host, port), []
    for path in files or sorted(CASES.glob("*.req")):
        for way in ways:
            wrong = run(server, path, way)
            if wrong:
                failed.append((path.name, "byte by byte" if way else "whole", wrong))
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="only whole")
    parser.add_argument("--byte", action="store_true", help="only byte by byte")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    ways = [False] * (not args.byte) + [True] * (not args.whole)
    files = args.files or sorted(CASES.glob("*.req"))
    failed = run_all(args.host, args.port, ways, files)
    for name, way, wrong in failed:
        print(f"{name}, {way}: {wrong}")
    print(f"{len(files)} cases, {len(files) * len(ways)} runs, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSD-2-Clause
"""Takes a stream of HTTP/1.1 responses apart, strictly: anything that is not
exactly framed is a test's failure, not something to be lenient about."""

import dataclasses
import re

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) ([\x20-\x7e]*)\Z")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?\Z")


@dataclasses.dataclass
class Answer:
    status: int
    head: bytes  # as it came, with the empty line
    fields: dict  # by lower-case name
    body: bytes

    def undated_head(self):
        """The head without its Date, for comparing two answers."""
        return re.sub(rb"(?i)\r\ndate: [^\r]*", b"", self.head)


def _head(data):
    head, end, _ = data.partition(b"\r\n\r\n")
    assert end, f"no end of a head in {data[:400]!r}"
    first, *lines = head.split(b"\r\n")
    status = STATUS_LINE.match(first)
    assert status, f"bad status line {first!r}"
    fields = {}
    for line in lines:
        field = FIELD.match(line)
        assert field, f"bad field line {line!r}"
        name = field[1].decode().lower()
        assert name not in fields or name == "set-cookie", f"{name} comes twice"
        fields[name] = (field[2] or b"").decode()
    return int(status[1]), data[: len(head) + 4], fields


def _chunks(data):
    """The body of a chunked message at the front of `data`, and what follows."""
    body = b""
    while True:
        size, end, data = data.partition(b"\r\n")
        assert end, "a chunk's size is cut off"
        n = int(size, 16)
        if n == 0:
            assert data.startswith(b"\r\n"), f"bad end of chunks {data[:40]!r}"
            return body, data[2:]
        assert data[n : n + 2] == b"\r\n", "a chunk is not as long as it says"
        body, data = body + data[:n], data[n + 2 :]


def take(data, method="GET"):
    """The first answer in `data`, to a request of `method`, and what follows it."""
    status, head, fields = _head(data)
    data = data[len(head) :]
    if method == "HEAD" or status in (204, 304) or status < 200:
        return Answer(status, head, fields, b""), data
    if fields.get("transfer-encoding") == "chunked":
        body, data = _chunks(data)
        return Answer(status, head, fields, body), data
    assert "content-length" in fields, f"no length in {head!r}"
    n = int(fields["content-length"])
    assert len(data) >= n, f"{len(data)} bytes of a body of {n}"
    return Answer(status, head, fields, data[:n]), data[n:]


def split(data, methods):
    """The answers to requests of these methods, with nothing left over."""
    found = []
    for method in methods:
        answer, data = take(data, method)
        found.append(answer)
    assert data == b"", f"more than was asked for: {data[:400]!r}"
    return found


def one(data, method="GET"):
    return split(data, [method])[0]

# SPDX-License-Identifier: BSD-2-Clause
"""Reads a site pack (lib/include/lib/pack.h) for the tests.

Written from the format's description, apart from http/pack.c, so that the two
check each other. Everything that the description promises is asserted."""
import struct

NONE = 0xFFFFFFFF
TABLES = ("hosts", "paths", "prefixes", "errors", "realms", "users", "media", "resources",
          "variants", "settings")
CODINGS = ("identity", "gzip", "br")


def _rotl(x, n):
    return (x << n | x >> (64 - n)) & 0xFFFFFFFFFFFFFFFF


def siphash(data, k0=0, k1=0):
    """SipHash-2-4, slow: for packs of a few KB."""
    mask = 0xFFFFFFFFFFFFFFFF
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D,
         k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & mask
            v[1] = _rotl(v[1], 13) ^ v[0]
            v[0] = _rotl(v[0], 32)
            v[2] = (v[2] + v[3]) & mask
            v[3] = _rotl(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = _rotl(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = _rotl(v[1], 17) ^ v[2]
            v[2] = _rotl(v[2], 32)

    whole = len(data) // 8 * 8
    tail = data[whole:] + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for at in range(0, whole, 8):
        word = int.from_bytes(data[at:at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    word = int.from_bytes(tail, "little")
    v[3] ^= word
    rounds(2)
    v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


class Variant:
    def __init__(self, pack, at):
        tag, off, n, coding, pad = struct.unpack_from("<Q4I", pack.data, at)
        self.coding = CODINGS[coding]
        self.body = pack.ref((off, n))
        assert n == 0 or off % 8 == 0, "a body is not aligned"
        assert pad == 0
        self.etag = f'"{tag:016x}"'


class Resource:
    def __init__(self, pack, at):
        (self.modified, self.kind, self.status, media, first, count, *location) = \
            struct.unpack_from("<q2H5I", pack.data, at)
        assert self.kind in (1, 2)
        self.is_file = self.kind == 1
        self.location = pack.text(location)
        self.variants = pack.variants[first:first + count]
        if self.is_file:
            self.type, self.lines = pack.media[media]
            assert self.variants[0].coding == "identity" and len(self.variants) == count
        else:
            assert media == NONE and count == 0

    @property
    def body(self):
        return self.variants[0].body

    def fields(self):
        """What the pack says of the header; the server makes the rest."""
        lines = self.lines.split("\r\n")
        assert lines.pop() == ""
        return {"Content-Type": self.type, **dict(line.split(": ", 1) for line in lines)}


class Host:
    def __init__(self, pack, at):
        row = struct.unpack_from("<11I", pack.data, at)
        self.name = pack.text(row[0:2])
        paths = pack.paths[row[2]:row[2] + row[3]]
        ordered = sorted({p for p, _ in paths}, key=lambda p: (len(p), p))
        assert [p for p, _ in paths] == ordered, "paths are not in order"
        self.paths = {p.decode(): pack.resources[r] for p, r in paths}
        self.prefixes = pack.prefixes[row[4]:row[4] + row[5]]
        self.errors = {s: pack.resources[r] for s, r in pack.errors[row[6]:row[6] + row[7]]}
        self.realms = pack.realms[row[8]:row[8] + row[9]]
        self.fallback = None if row[10] == NONE else pack.resources[row[10]]

    def files(self):
        return {p: r for p, r in self.paths.items() if r.is_file}

    def redirects(self):
        return {p: (r.status, r.location) for p, r in self.paths.items() if not r.is_file}


class Pack:
    def __init__(self, data):
        self.data = data
        magic, version, size, self.checksum, self.built = struct.unpack_from("<8sIIQQ", data)
        assert (magic, version, size) == (b"THIMPACK", 3, len(data))
        self.tables = {}
        for i, name in enumerate(TABLES):
            off, count = struct.unpack_from("<2I", data, 32 + 8 * i)
            assert off % 8 == 0
            self.tables[name] = (off, count)
        self.media = self.rows("media", 16, lambda _, at: self.medium(at))
        assert len(set(self.media)) == len(self.media), "equal media are kept twice"
        self.variants = self.rows("variants", 24, Variant)
        self.resources = self.rows("resources", 32, Resource)
        self.users = self.rows("users", 16, lambda _, at: self.user(at))
        self.realms = self.rows("realms", 24, lambda _, at: self.realm(at))
        self.paths = self.rows("paths", 12, lambda _, at: self.path(at))
        self.prefixes = self.rows("prefixes", 20, lambda _, at: self.prefix(at))
        self.errors = self.rows("errors", 8, lambda _, at: struct.unpack_from("<2I", data, at))
        self.settings = dict(self.rows("settings", 16, lambda _, at: self.setting(at)))
        hosts = self.rows("hosts", 44, Host)
        assert [h.name for h in hosts] == sorted({h.name for h in hosts})
        self.default = hosts[0]
        self.hosts = {h.name: h for h in hosts}

    def rows(self, name, size, make):
        off, count = self.tables[name]
        return [make(self, off + size * i) for i in range(count)]

    def ref(self, pair):
        off, n = pair
        assert off + n <= len(self.data), "a reference leads out of the pack"
        return self.data[off:off + n]

    def text(self, pair):
        return self.ref(pair).decode()

    def medium(self, at):
        row = struct.unpack_from("<4I", self.data, at)
        return self.text(row[0:2]), self.text(row[2:4])

    def path(self, at):
        off, n, resource = struct.unpack_from("<3I", self.data, at)
        return self.ref((off, n)), resource

    def prefix(self, at):
        row = struct.unpack_from("<4I2H", self.data, at)
        return self.text(row[0:2]), self.text(row[2:4]), row[4], bool(row[5])

    def realm(self, at):
        row = struct.unpack_from("<6I", self.data, at)
        return self.text(row[0:2]), self.text(row[2:4]), dict(self.users[row[4]:row[4] + row[5]])

    def user(self, at):
        row = struct.unpack_from("<4I", self.data, at)
        assert self.data[row[2] + row[3]] == 0, "no NUL behind a hash"
        return self.text(row[0:2]), self.text(row[2:4])

    def setting(self, at):
        row = struct.unpack_from("<4I", self.data, at)
        return self.text(row[0:2]), self.ref(row[2:4])

    def checksum_ok(self):
        return siphash(self.data[24:]) == self.checksum


def load(path):
    with open(path, "rb") as f:
        return Pack(f.read())

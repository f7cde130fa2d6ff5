# SPDX-License-Identifier: BSD-2-Clause
"""The image with TLS, certificates for it, and a client."""

import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from guest import GUEST4, ROOT, TIMEOUT_S, read_all
from images import make_image

BUILD = os.path.join(ROOT, "build", "e2e", "tls")
BIG_BYTES = 3 << 20
SETTLE_S = 60  # longer than any time limit of a connection
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def self_signed(name, kind, folder=BUILD):
    """A certificate for `name`: paths of (certificate, key)."""
    cert, key = (os.path.join(folder, f"{name}-{kind[0]}.{part}") for part in ("pem", "key"))
    openssl("req", "-x509", "-nodes", "-newkey", *kind, "-keyout", key, "-out", cert, "-days",
            "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:{GUEST4}")
    return cert, key


def issued(name, folder, pad=0):
    """A certificate for `name` from an authority below another, with `pad` bytes
    more: paths of (chain, key), and that of the authority to trust."""
    def at(part):
        return os.path.join(folder, part)

    def sign(subject, issuer, extensions):
        with open(at("extensions"), "w") as f:
            f.write(extensions)
        openssl("req", "-new", "-nodes", "-newkey", *EC256, "-keyout", at(subject + ".key"),
                "-out", at("request"), "-subj", f"/CN={subject}")
        by = ["-signkey", at(subject + ".key")]
        if issuer:
            by = ["-CA", at(issuer + ".pem"), "-CAkey", at(issuer + ".key"), "-CAcreateserial"]
        openssl("x509", "-req", "-in", at("request"), *by, "-days", "30", "-extfile",
                at("extensions"), "-out", at(subject + ".pem"))

    sign("root", None, "basicConstraints=critical,CA:TRUE")
    sign("between", "root", "basicConstraints=critical,CA:TRUE")
    padding = f"\n1.2.3.4=DER:{pad * '00'}" if pad else ""
    sign(name, "between", f"subjectAltName=DNS:{name}" + padding)
    with open(at("chain.pem"), "w") as f:
        f.write(open(at(name + ".pem")).read() + open(at("between.pem")).read())
    return (at("chain.pem"), at(name + ".key")), at("root.pem")


def of_year(name, folder, year):
    """Likewise, valid in that year."""
    return between(name, folder, f"{year}-01-01", f"{year + 1}-01-01")


def between(name, folder, begins, ends):
    """Likewise, valid between these dates, as certtool reads them."""
    cert, key, template = (os.path.join(folder, f"{begins}.{part}") for part in ("pem", "key", "t"))
    openssl("genpkey", "-algorithm", "ec", *EC256[1:], "-out", key)
    with open(template, "w") as f:
        f.write(f"cn = {name}\ndns_name = {name}\nactivation_date = {begins}\n"
                f"expiration_date = {ends}\n")
    subprocess.run(["certtool", "--generate-self-signed", "--load-privkey", key, "--template",
                    template, "--outfile", cert], check=True, capture_output=True)
    return cert, key


def to_der(pair, folder):
    """The pair as tools/certs leaves one, unchecked: paths of (chain, key)."""
    out = [os.path.join(folder, f"0.{part}") for part in ("chain", "key")]
    openssl("x509", "-in", pair[0], "-outform", "DER", "-out", out[0])
    openssl("pkey", "-in", pair[1], "-outform", "DER", "-out", out[1])
    return out


def pack(site, out, tls=None):
    """A site pack, with the certificates in the folder `tls`."""
    argv = [os.path.join(ROOT, "build/thimble-pack"), "-o", str(out), str(site)]
    subprocess.run(argv + (["--tls", str(tls)] if tls else []), check=True, capture_output=True)
    return str(out)


PAST, FUTURE = 2019, 2090  # years

EC256 = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
EC384 = ("ec", "-pkeyopt", "ec_paramgen_curve:secp384r1")
RSA = ("rsa:2048",)


@pytest.fixture(scope="session")
def tls_pairs():
    os.makedirs(BUILD, exist_ok=True)
    return [self_signed("one.test", EC256), self_signed("one.test", RSA),
            self_signed("two.test", EC384)]


@pytest.fixture(scope="session")
def tls_image(tls_pairs):
    """An image with TLS and a large file: its path, the digest of the file."""
    site = os.path.join(BUILD, "site")
    shutil.copytree(os.path.join(ROOT, "site/content"), site, dirs_exist_ok=True)
    with open(os.path.join(site, "big.bin"), "wb") as f:
        f.write(os.urandom(BIG_BYTES))
    certs, keys = (" ".join(p[i] for p in tls_pairs) for i in (0, 1))
    out = make_image("tls", "TLS=1", f"SITE={site}", f"TLS_CERT={certs}", f"TLS_KEY={keys}")
    return out, hashlib.sha256(open(os.path.join(site, "big.bin"), "rb").read()).hexdigest()


def context(pairs, *versions):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for cert, _ in pairs:
        c.load_verify_locations(cert)
    c.set_alpn_protocols(["h2", "http/1.1"])
    if versions:
        c.minimum_version, c.maximum_version = versions[0], versions[-1]
    return c


def tcp(g, port=443):
    with g.inside():
        s = socket.create_connection((g.host, port), TIMEOUT_S)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def connect(g, c, name="one.test", session=None, port=443):
    return c.wrap_socket(tcp(g, port), server_hostname=name, session=session)


REQUEST = b"GET %s HTTP/1.1\r\nHost: one.test\r\nConnection: %s\r\n\r\n"


def fetch(s, path=b"/how", end=b"close"):
    s.sendall(REQUEST % (path, end))
    return read_all(s).partition(b"\r\n\r\n")[2]


def read_answer(s):
    """One answer with a Content-Length, the connection kept."""
    def more():
        part = s.recv(65536)
        assert part, "closed in the middle of an answer"
        return part

    data = more()
    while b"\r\n\r\n" not in data:
        data += more()
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += more()
    return body


def held(g):
    """Objects that TLS holds, by size, once no connection is left but the one that
    asks. (Of pages it may hold one more: who came when decides.)"""
    until = time.monotonic() + SETTLE_S
    while (memory := g.memory())["vm"]["conns_now"] > 1:
        assert time.monotonic() < until, f"connections that do not end: {memory['vm']}"
        time.sleep(0.1)
    return {p["object_bytes"]: p["used"] for p in memory["pools"] if p["owner"] == "tls"}


def expiry_of(cert):
    """Unix time when a PEM file's certificate expires, as OpenSSL has it."""
    text = subprocess.check_output(["openssl", "x509", "-in", cert, "-noout", "-enddate"], text=True)
    return ssl.cert_time_to_seconds(text.strip().partition("=")[2])


def certs(*args):
    return subprocess.run([os.path.join(ROOT, "tools/certs"), os.path.join(BUILD, "out"), *args],
                          capture_output=True, text=True)

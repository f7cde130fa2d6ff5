# SPDX-License-Identifier: BSD-2-Clause
"""The clients that people have, over TLS: large downloads and uploads arrive as
they were sent, in both versions; a browser finds nothing to complain about."""

import base64
import hashlib
import os
import ssl
import subprocess
import zlib

import pytest
from conftest import ACCELS, NO_LAN, boot
from guest import TIMEOUT_S
from test_browser import Browser
from tls import BIG_BYTES, REQUEST, VERSIONS, connect, context, fetch

UPLOAD_BYTES = 5 << 20
PUT = b"PUT /upload HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"

pytestmark = [
    pytest.mark.parametrize("accel", ACCELS[:1], indirect=True),
    pytest.mark.skipif(bool(NO_LAN), reason=str(NO_LAN)),
]


@pytest.fixture(scope="module")
def secure(accel, tls_image):
    with boot(accel, image=tls_image[0]) as g:
        yield g.wait_answer()
        g.healthy()


@pytest.fixture(scope="module")
def upload(tmp_path_factory):
    """A file to send, and what the server is to say of it."""
    path, data = tmp_path_factory.mktemp("upload") / "file", os.urandom(UPLOAD_BYTES)
    path.write_bytes(data)
    return path, f"{len(data)} bytes, CRC-32 {zlib.crc32(data):08x}\n".encode()


def run(g, argv, given=b""):
    with g.inside():
        done = subprocess.run(argv, input=given, capture_output=True, timeout=3 * TIMEOUT_S)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


def body(answer):
    return answer.partition(b"\r\n\r\n")[2]


def curl(g, path, version, *args):
    number = {VERSIONS[0]: "1.2", VERSIONS[1]: "1.3"}[version]
    return run(g, ["curl", "-sk", "--tlsv" + number, "--tls-max", number, *args,
                   f"https://{g.host}{path}"])


def wget(g, path, version, *args):
    name = {VERSIONS[0]: "TLSv1_2", VERSIONS[1]: "TLSv1_3"}[version]
    return run(g, ["wget", "-qO-", "--no-check-certificate", f"--secure-protocol={name}", *args,
                   f"https://{g.host}{path}"])


def s_client(g, version, request):
    option = {VERSIONS[0]: "-tls1_2", VERSIONS[1]: "-tls1_3"}[version]
    return body(run(g, ["openssl", "s_client", "-connect", f"{g.host}:443", option, "-quiet"],
                    request))


def gnutls(g, version, path, wanted):
    """The first bytes of a file. It is a slow writer, and it ends when its input
    does, so that stays open until they are there."""
    request = REQUEST % (path, b"close\r\nRange: bytes=0-%d" % (wanted - 1))
    name = {VERSIONS[0]: "1.2", VERSIONS[1]: "1.3"}[version]
    argv = ["gnutls-cli", "--insecure", "-p", "443", "--priority",
            f"NORMAL:-VERS-ALL:+VERS-TLS{name}", g.host]
    with g.inside():
        client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
    with client:
        client.stdin.write(request)
        client.stdin.flush()
        shown = b""
        while len(body(shown)) < wanted and (part := os.read(client.stdout.fileno(), 65536)):
            shown += part
    return body(shown)[:wanted]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_large_download_by_each_client(secure, tls_image, tls_pairs, version):
    request = REQUEST % (b"/big.bin", b"close")
    with connect(secure, context(tls_pairs, version)) as s:
        got = {"Python": fetch(s, b"/big.bin")}
    got["curl"] = curl(secure, "/big.bin", version)
    got["wget"] = wget(secure, "/big.bin", version)
    got["openssl"] = s_client(secure, version, request)
    part = gnutls(secure, version, b"/big.bin", BIG_BYTES // 10)
    assert part == got["curl"][:BIG_BYTES // 10]
    assert {k: hashlib.sha256(v).hexdigest() for k, v in got.items()} == {
        k: tls_image[1] for k in got}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_large_upload_by_each_client(secure, tls_pairs, upload, version):
    path, told = upload
    with connect(secure, context(tls_pairs, version)) as s:
        s.sendall(PUT % UPLOAD_BYTES)
        s.sendall(path.read_bytes())  # in records of 16 KB
        answer = b""
        while part := s.recv(4096):
            answer += part
    assert body(answer) == told
    assert curl(secure, "/upload", version, "-T", str(path)) == told
    chunked = ["-H", "Transfer-Encoding: chunked", "-T", str(path)]
    assert curl(secure, "/upload", version, *chunked) == told
    assert wget(secure, "/upload", version, f"--post-file={path}") == told
    assert s_client(secure, version, PUT % UPLOAD_BYTES + path.read_bytes()) == told


def test_an_upload_over_the_limit_is_refused_at_once(secure):
    """Before a byte of it was sent: the length is enough to say so."""
    argv = ["-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-X", "PUT", "-H",
            "Content-Length: 1000000001", "-H", "Expect: 100-continue", "-d", ""]
    assert curl(secure, "/upload", VERSIONS[1], *argv) == b"413 0"


def spki_digest(cert):
    """How Chromium names a certificate to be trusted."""
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"],
                         capture_output=True, check=True).stdout
    der = ssl.PEM_cert_to_DER_cert(key.decode().replace("PUBLIC KEY", "CERTIFICATE"))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_a_browser_has_no_complaint(secure, tls_pairs, tmp_path):
    browser = Browser(secure, tmp_path, "--ignore-certificate-errors-spki-list="
                      + spki_digest(tls_pairs[0][0]))
    try:
        for path in ("/", "/memory", "/clock"):
            url = {"url": f"https://{secure.host}{path}"}
            browser.call("POST", browser.session + "/url", url)
            browser.wait("document.readyState === 'complete'")
            assert browser.script("isSecureContext && location.protocol") == "https:"
            assert browser.script("document.title.includes('Thimble')")
        entry = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert browser.script(entry) == "http/1.1"
        assert browser.complaints() == []
    finally:
        browser.close()

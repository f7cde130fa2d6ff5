#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Test vectors of others as lines for test_tls_vectors.c: vectors.py OUT

They come from two Debian packages, fetched by apt (which checks them) and not
installed: librust-ring-dev, which has the vectors of NIST and of BoringSSL, and
golang-github-cloudflare-circl-dev, which has those of Wycheproof for X25519.

    gcm|chacha  KEY NONCE AD PLAIN CIPHER TAG
    ecdh        CURVE PRIVATE PEER SHARED     SHARED "!": the peer must be refused
    point       CURVE POINT                   must be refused

Values are in hexadecimal, "-" is empty."""

import glob
import json
import os
import subprocess
import sys
import tempfile

PACKAGES = ["librust-ring-dev", "golang-github-cloudflare-circl-dev"]


def unpack(folder):
    """Fetch the packages and unpack them into `folder`."""
    apt = ["apt-get", "-q", "-o", f"APT::Sandbox::User={os.environ.get('USER', 'root')}"]
    subprocess.run([*apt, "download", *PACKAGES], cwd=folder, check=True, capture_output=True)
    for package in glob.glob(os.path.join(folder, "*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def blocks(path):
    """The blocks of "NAME = value" lines of a file, as dictionaries."""
    block = {}
    with open(path, encoding="ascii") as f:
        for line in [*f, ""]:
            name, equals, value = (x.strip() for x in line.partition("="))
            if equals and not name.startswith("#"):
                block[name] = value
            elif not name and block:
                yield block
                block = {}


def hexes(value):
    """Hexadecimal or a quoted text, as hexadecimal."""
    return (value.strip('"').encode().hex() if value.startswith('"') else value.lower()) or "-"


def aead(kind, path):
    for b in blocks(path):
        if "FAILS" not in b:  # those have nonces of lengths that TLS does not use
            fields = [b[name] for name in ("KEY", "NONCE", "AD", "IN", "CT", "TAG")]
            yield " ".join([kind, *map(hexes, fields)])


def agreement(path):
    for b in blocks(path):
        if "Curve" not in b:
            continue
        if "Error" in b:
            yield f"point {b['Curve']} {hexes(b['PeerQ'])}"
        else:
            yield f"ecdh {b['Curve']} {hexes(b['D'])} {hexes(b['PeerQ'])} {hexes(b['Output'])}"


def points(path):
    for b in blocks(path):
        if b.get("Result", "").startswith("F"):
            yield f"point {b['Curve']} {hexes(b['Q'])}"


def wycheproof(path):
    with open(path, encoding="ascii") as f:
        for t in json.load(f):
            shared = t["shared"] if int(t["shared"], 16) else "!"  # RFC 8446 7.4.2
            yield f"ecdh X25519 {t['private']} {t['public']} {shared}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        unpack(folder)

        def found(name):
            return glob.glob(os.path.join(folder, "usr/share/**", name), recursive=True)[0]

        lines = [*aead("gcm", found("aead_aes_128_gcm_tests.txt")),
                 *aead("gcm", found("aead_aes_256_gcm_tests.txt")),
                 *aead("chacha", found("aead_chacha20_poly1305_tests.txt")),
                 *agreement(found("agreement_tests.txt")),
                 *points(found("suite_b_public_key_tests.txt")),
                 *wycheproof(found("x25519/testdata/wycheproof_kat.json"))]
    with open(sys.argv[1], "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

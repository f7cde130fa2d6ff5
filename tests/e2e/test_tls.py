# SPDX-License-Identifier: BSD-2-Clause
"""HTTPS: the image with TLS, two hosts with certificates of their own, and the
clients that people have."""

import concurrent.futures
import contextlib
import hashlib
import os
import re
import socket
import ssl
import struct
import subprocess
import time

import pytest
from conftest import ACCELS, NO_LAN, ROOT, boot
from guest import TIMEOUT_S, read_all
from test_load import owners, settled
from test_observability import family, scrape
from tls import (FUTURE, PAST, REQUEST, VERSIONS, certs, connect, context, expiry_of, fetch,
                 held, of_year, pack, read_answer, self_signed, tcp, to_der)

pytestmark = [
    pytest.mark.parametrize("accel", ACCELS[:1], indirect=True),
    pytest.mark.skipif(bool(NO_LAN), reason=str(NO_LAN)),
]


@pytest.fixture(scope="session")
def pairs(tls_pairs):
    return tls_pairs


@pytest.fixture(scope="session")
def image(tls_image):
    return tls_image


@pytest.fixture(scope="module")
def secure(accel, image):
    with boot(accel, image=image[0]) as g:
        yield g.wait_answer().wait_addresses()
        g.healthy()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_is_the_same_over_tls(secure, pairs, version):
    with connect(secure, context(pairs, version)) as s:
        assert s.version() == {VERSIONS[0]: "TLSv1.2", VERSIONS[1]: "TLSv1.3"}[version]
        assert s.selected_alpn_protocol() == "http/1.1"
        assert fetch(s) == secure.get("/how")


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
                                    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
                                    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"])
def test_each_suite_of_tls12_carries_a_large_file(secure, pairs, image, cipher):
    c = context(pairs, VERSIONS[0])
    c.set_ciphers(cipher)
    with connect(secure, c) as s:
        assert s.cipher()[0] == cipher
        assert hashlib.sha256(fetch(s, b"/big.bin")).hexdigest() == image[1]


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                   "TLS_CHACHA20_POLY1305_SHA256"])
@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384"])
def test_each_suite_and_group_of_tls13(secure, suite, group):
    done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", "-tls1_3", "-quiet",
                       "-ign_eof", "-servername", "one.test", "-ciphersuites", suite, "-groups",
                       group], input="GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert done.stdout.endswith("\n\nok\n"), done.stderr


@pytest.mark.parametrize("version, offered, chosen", [
    # One without AES instructions puts ChaCha20 first and gets it.
    ("-tls1_3", "CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256"),
    ("-tls1_2", "CHACHA20-POLY1305 AES128-GCM-SHA256", "CHACHA20-POLY1305"),
    # Else our order counts: AES-128, AES-256, ChaCha20.
    ("-tls1_3", "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256",
     "AES_128_GCM_SHA256"),
    ("-tls1_3", "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256", "AES_256_GCM_SHA384"),
    ("-tls1_2", "AES256-GCM-SHA384 CHACHA20-POLY1305 AES128-GCM-SHA256", "AES128-GCM-SHA256"),
    ("-tls1_2", "AES256-GCM-SHA384 CHACHA20-POLY1305", "AES256-GCM-SHA384"),
])
def test_the_suite_is_ours_unless_chacha_is_the_clients_first(secure, version, offered, chosen):
    option, prefix = {"-tls1_3": ("-ciphersuites", "TLS_"),
                      "-tls1_2": ("-cipher", "ECDHE-ECDSA-")}[version]
    names = ":".join(prefix + suite for suite in offered.split())
    done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", version, option,
                       names], input="")
    assert f"Cipher is {prefix}{chosen}\n" in done.stdout, done.stdout + done.stderr


def test_a_session_is_resumed_with_its_own_suite(secure, pairs, tmp_path):
    """Also when the client has learnt of a suite that we would rather take."""
    def cipher(suites, *options):
        done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", "-tls1_3",
                           "-ciphersuites", suites, *options],
                          input="GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return re.search(r"(New|Reused), TLSv1.3, Cipher is (\S+)", done.stdout).groups()

    ticket = str(tmp_path / "ticket")
    assert cipher("TLS_AES_256_GCM_SHA384", "-ign_eof", "-sess_out", ticket) == (
        "New", "TLS_AES_256_GCM_SHA384")
    both = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
    assert cipher(both, "-sess_in", ticket) == ("Reused", "TLS_AES_256_GCM_SHA384")


def test_nothing_older_and_nothing_weaker(secure):
    for options in (["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "AES128-SHA:ECDHE-RSA-AES128-SHA"],
                    ["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"]):
        done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", *options,
                           "-cipher" if "-cipher" not in options else "-quiet",
                           "ALL:@SECLEVEL=0" if "-cipher" not in options else "-quiet"], input="")
        assert done.returncode != 0, options


def test_a_client_made_to_fall_back_is_told(secure):
    """RFC 7507: TLS_FALLBACK_SCSV says that the client could do better than 1.2."""
    for options, works in ((["-tls1_2"], True), (["-tls1_2", "-fallback_scsv"], False),
                           (["-tls1_3", "-fallback_scsv"], True)):
        done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", *options],
                          input="")
        assert (done.returncode == 0) == works, (options, done.stdout)
    assert "inappropriate fallback" in secure.run(
        ["openssl", "s_client", "-connect", f"{secure.host}:443", "-tls1_2", "-fallback_scsv"],
        input="").stderr


def test_sslscan_finds_what_is_meant_to_be_there(secure):
    text = secure.run(["sslscan", "--no-colour", "--sni-name=one.test",
                       f"{secure.host}:443"]).stdout
    protocols = dict(re.findall(r"^(SSLv[23]|TLSv1\.[0-3]) +(enabled|disabled)$", text, re.M))
    assert [p for p in protocols if protocols[p] == "enabled"] == ["TLSv1.2", "TLSv1.3"]
    assert len(protocols) == 6
    suites = re.findall(r"^(?:Accepted|Preferred) +(TLSv1\.\d) +\d+ bits +(\S+)", text, re.M)
    wanted = {("TLSv1.3", "TLS_" + s) for s in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384",
                                                "CHACHA20_POLY1305_SHA256")}
    wanted |= {("TLSv1.2", f"ECDHE-{key}-{s}") for key in ("ECDSA", "RSA")
               for s in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
    assert set(suites) == wanted
    assert "Server supports TLS Fallback SCSV" in text
    assert "Session renegotiation not supported" in text
    assert len(re.findall(r"not vulnerable to heartbleed", text)) == 2


def test_the_name_and_the_key_choose_the_certificate(secure, pairs):
    def subject_and_key(name, cipher):
        done = secure.run(["openssl", "s_client", "-connect", f"{secure.host}:443", "-tls1_2",
                           "-servername", name, "-cipher", cipher], input="")
        return (re.search(r"subject=CN = (\S+)", done.stdout).group(1),
                re.search(r"Server public key is (\d+)", done.stdout).group(1))

    assert subject_and_key("one.test", "ECDHE-ECDSA-AES128-GCM-SHA256") == ("one.test", "256")
    assert subject_and_key("one.test", "ECDHE-RSA-AES128-GCM-SHA256") == ("one.test", "2048")
    assert subject_and_key("two.test", "ECDHE-ECDSA-AES128-GCM-SHA256") == ("two.test", "384")
    assert subject_and_key("nobody.test", "ECDHE-ECDSA-AES128-GCM-SHA256") == ("one.test", "256")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_resumed(secure, pairs, version):
    c = context(pairs, version)
    with connect(secure, c) as s:
        assert fetch(s) and not s.session_reused
        session = s.session
    with connect(secure, c, session=session) as s:
        assert s.session_reused
        assert fetch(s) == secure.get("/how")


def test_a_client_that_checks_is_satisfied(secure, pairs):
    done = secure.run(["curl", "-s", "--cacert", pairs[2][0], "--resolve",
                       f"two.test:443:{secure.host}", "https://two.test/how"])
    assert done.stdout == secure.get("/how").decode(), done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_requests_in_crumbs_and_many_at_once(secure, pairs, version):
    with connect(secure, context(pairs, version)) as s:
        for byte in REQUEST % (b"/healthz", b"keep-alive"):
            s.sendall(bytes([byte]))
        assert read_answer(s) == b"ok\n"
        s.sendall(REQUEST % (b"/healthz", b"keep-alive") * 20 + REQUEST % (b"/healthz", b"close"))
        assert read_all(s).count(b"\r\n\r\nok\n") == 21


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_rests_and_goes_on(secure, pairs, version):
    with connect(secure, context(pairs, version)) as s:
        for _ in range(5):
            s.sendall(REQUEST % (b"/how", b"keep-alive"))
            assert read_answer(s) == secure.get("/how")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_small_answer_is_one_record(secure, pairs, version):
    """What recv() gives is the content of one record."""
    with connect(secure, context(pairs, version)) as s:
        for path in (b"/healthz", b"/clock.js"):
            s.sendall(REQUEST % (path, b"keep-alive"))
            assert s.recv(65536).endswith(b"\r\n\r\n" + secure.get(path.decode()))


def test_a_large_upload_is_read_or_refused(secure, pairs):
    body = os.urandom(200000)
    with connect(secure, context(pairs)) as s:
        s.sendall(b"POST /form HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body))
        with contextlib.suppress(OSError):
            s.sendall(body)
        assert read_all(s).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_end_is_announced_both_ways(secure, pairs, version):
    """unwrap() fails unless the peer's close_notify comes."""
    c = context(pairs, version)
    with connect(secure, c) as s:
        s.sendall(REQUEST % (b"/healthz", b"close"))
        assert read_answer(s) == b"ok\n" and s.recv(4096) == b""
        s.unwrap()
    with connect(secure, c) as s:
        s.sendall(REQUEST % (b"/healthz", b"keep-alive"))
        assert read_answer(s) == b"ok\n"
        s.unwrap()


def test_http_on_the_tls_port_is_told_so(secure):
    with tcp(secure) as s:
        s.sendall(REQUEST % (b"/", b"close"))
        answer = read_all(s)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"HTTPS" in answer


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\xff\xff", b"\x00" * 600, b"\x16\x03\x01\x00\x05hello",
                                  b"\x15\x03\x03\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02" * 9])
def test_junk_ends_the_connection(secure, junk):
    with tcp(secure) as s:
        s.sendall(junk)
        s.shutdown(socket.SHUT_WR)
        answer = read_all(s)
    assert answer == b"" or answer[0] == 0x15, answer  # nothing, or an alert


def hello(name="one.test"):
    """A ClientHello of Python's, as a record."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return bytearray(outgoing.read())


def test_a_malformed_hello_gets_one_alert(secure):
    malformed = hello()
    at = malformed.index(b"\x00\x0a\x00")  # supported_groups
    malformed[at + 5] += 1  # the list's length now differs from the extension's
    with tcp(secure) as s:
        s.sendall(malformed)
        assert read_all(s) == b"\x15\x03\x03\x00\x02\x02\x32"  # fatal, decode_error


def test_many_handshakes_leave_nothing_behind(secure, pairs):
    def one(i):
        with connect(secure, context(pairs, VERSIONS[i % 2])) as s:
            return fetch(s, b"/healthz")

    one(0), one(1)
    before = held(secure)
    with secure.inside(), concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert set(pool.map(one, range(1000))) == {b"ok\n"}
    assert held(secure) == before


def test_certificates_are_shown(secure, pairs):
    keys = ["EC 256", "RSA 2048", "EC 384"]
    names = ["one.test", "one.test", "two.test"]
    ends = [expiry_of(cert) for cert, _ in pairs]
    shown = secure.memory()["certificates"]
    assert [c["subject"] for c in shown] == names
    assert [c["names"] for c in shown] == [[n] for n in names]
    assert [c["key"] for c in shown] == keys
    assert [c["expires_unix"] for c in shown] == ends
    assert {c["days_left"] for c in shown} <= {29, 30}
    page = secure.get("/memory").decode()
    for name, key in zip(names, keys):
        assert re.search(rf"<tr><th>{name}<td>{name}<td>{key}<td>(29|30)\n", page), page
    figures = family(scrape(secure)[0], "thimble_tls_certificate_expiry_timestamp_seconds")
    for i, end in enumerate(ends):
        labels = f'pair="{i}",subject="{names[i]}",names="{names[i]}",key="{keys[i]}"'
        assert figures["{" + labels + "}"] == end


def test_durations_of_handshakes_are_counted(secure, pairs):
    name = "thimble_tls_handshake_duration_seconds"

    def counted():
        figures = scrape(secure)[0]
        done = sum(family(figures, "thimble_tls_handshakes_total").values())
        assert figures[name + "_count", None] == done
        assert figures[name + "_bucket", '{le="+Inf"}'] == done
        return done, figures[name + "_sum", None]

    before = counted()
    began = time.monotonic()
    with connect(secure, context(pairs)) as s:
        assert fetch(s, b"/healthz") == b"ok\n"
    after = counted()
    assert after[0] == before[0] + 1
    assert 0 <= after[1] - before[1] <= time.monotonic() - began + 0.001
    done = subprocess.run(["promtool", "check", "metrics"], input=secure.get("/metrics"),
                          capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_downloads_given_up_leave_nothing_behind(secure, pairs):
    """Records lie in memory that TCP refers to, also when nobody will take them."""
    def give_up(i):
        with connect(secure, context(pairs, VERSIONS[i % 2])) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset
            s.sendall(REQUEST % (b"/big.bin", b"close"))
            assert len(s.recv(1 << i % 16)) > 0

    give_up(0), give_up(1)
    before = owners(secure)
    with secure.inside(), concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(give_up, range(40)))
    assert settled(secure, before) == {}


def test_a_hundred_connections_in_eight_megabytes(accel, image, pairs):
    with boot(accel, image=image[0], mem_mb=8) as g, contextlib.ExitStack() as stack:
        g.wait_answer()
        c = context(pairs)
        open_ones = [stack.enter_context(connect(g, c)) for _ in range(100)]
        for s in open_ones:
            s.sendall(REQUEST % (b"/healthz", b"keep-alive"))
            assert read_answer(s) == b"ok\n"
        g.healthy()


def test_too_many_are_refused_and_room_comes_back(accel, image, pairs):
    with boot(accel, image=image[0], mem_mb=8) as g, contextlib.ExitStack() as stack:
        g.wait_answer()
        silent, refused = [], 0
        for _ in range(400):
            try:
                silent.append(stack.enter_context(tcp(g)))
            except ConnectionResetError:  # refused before connect had returned
                refused += 1
        for s in silent:
            s.settimeout(0.01)
            try:
                refused += s.recv(1) == b""
            except ConnectionResetError:
                refused += 1
            except TimeoutError:
                pass
        assert refused > 0
        g.healthy()
        for s in silent:
            s.close()
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                with connect(g, context(pairs)) as s:
                    assert fetch(s, b"/healthz") == b"ok\n"
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        g.healthy()


def test_a_handshake_has_a_time_limit(secure):
    with tcp(secure) as s:
        start = time.monotonic()
        s.sendall(b"\x16\x03\x01\x02\x00")
        s.settimeout(60)
        assert read_all(s) == b""
        assert 5 < time.monotonic() - start < 30


def test_what_cannot_be_used_is_refused_when_packing(accel, pairs, tmp_path):
    (cert, key), (_, other) = pairs[0], pairs[2]
    assert "not the key of" in certs("--cert", cert, "--key", other).stderr
    assert "No such file" in certs("--cert", str(tmp_path / "none"), "--key", key).stderr
    (tmp_path / "junk").write_text("junk")
    assert "no certificate" in certs("--cert", str(tmp_path / "junk"), "--key", key).stderr
    weak = self_signed("weak.test", ("rsa:1024",))
    assert "none of ECDSA" in certs("--cert", weak[0], "--key", weak[1]).stderr
    for year, why in ((PAST, "has expired"), (FUTURE, "is not valid before Jan  1 00:00:00 2090")):
        late, its_key = of_year("late.test", str(tmp_path), year)
        assert why in certs("--cert", late, "--key", its_key).stderr
    assert certs("--cert", cert, "--key", key).returncode == 0


def test_a_wrong_pair_at_boot_leaves_http(accel, image, pairs, tmp_path):
    """Such a pack is only made by hand."""
    to_der((pairs[2][0], pairs[0][1]), str(tmp_path))
    wrong = pack(os.path.join(ROOT, "site/content"), tmp_path / "wrong.pack", tmp_path)
    with boot(accel, image=image[0], module=wrong) as g:
        g.wait_answer()
        g.await_line("certificate 0 is not used: certificate and key are no pair")
        with pytest.raises(ConnectionRefusedError):
            tcp(g)
        assert g.memory()["certificates"] == []


@pytest.mark.parametrize("year, why", [(PAST, "it has expired"), (FUTURE, "it is not valid yet")])
def test_a_certificate_out_of_its_time_at_boot_is_named_and_served(accel, image, year, why, tmp_path):
    to_der(of_year("one.test", str(tmp_path), year), str(tmp_path))
    late = pack(os.path.join(ROOT, "site/content"), tmp_path / "late.pack", tmp_path)
    with boot(accel, image=image[0], module=late) as g:
        g.wait_answer()
        g.await_line("certificate 0 of one.test is served, but " + why)
        assert g.run(["curl", "-sk", f"https://{g.host}/healthz"]).stdout == "ok\n"
        assert abs(g.memory()["certificates"][0]["days_left"]) > 365


def test_nobody_may_send_certificates_unless_site_conf_says_so(secure):
    done = secure.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", "-F",
                       "tls.0.chain=x", f"https://{secure.host}/-/certificates"])
    assert done.stdout == "404"

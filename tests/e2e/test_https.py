# SPDX-License-Identifier: BSD-2-Clause
"""What a site wants of HTTPS (`https` in site.conf): plain requests sent there,
the field that browsers remember, certificates renewed while it runs."""

import concurrent.futures
import os
import ssl
import subprocess
import time

import pytest
from conftest import ACCELS, NO_LAN, ROOT, boot
from test_observability import family, scrape
from tls import (BUILD, EC256, FUTURE, PAST, REQUEST, RSA, VERSIONS, between, certs, connect, context,
                 expiry_of, fetch, held, issued, of_year, pack, read_answer, self_signed, tcp,
                 to_der)

PORT = 8443
PASSWORD = "a secret"
CONF = """
pages: samples
https:
  redirect: true
  except: [/healthz, /metrics, /memory.json, /.well-known/acme-challenge/*]
  hsts: max-age=300; includeSubDomains
  renew:
    ada: {hash}
hosts:
  two.test: {{folder: two}}
"""

pytestmark = [
    pytest.mark.parametrize("accel", ACCELS[:1], indirect=True),
    pytest.mark.skipif(bool(NO_LAN), reason=str(NO_LAN)),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(["openssl", "passwd", "-5", PASSWORD], capture_output=True, text=True)
    (folder / "site.conf").write_text(CONF.format(hash=done.stdout.strip()))
    challenge = folder / ".well-known/acme-challenge"
    challenge.mkdir(parents=True)
    (challenge / "token").write_text("a token")
    (folder / "two").mkdir()
    for name in ("page.html", "two/page.html"):
        (folder / name).write_text("<p>A page")
    for place in (folder, challenge):
        (place / "long.html").write_text("<p>A page of many words\n" * 400)
    return folder


@pytest.fixture(scope="module")
def server(accel, tls_image, tls_pairs, site, tmp_path_factory):
    assert certs("--cert", tls_pairs[0][0], "--key", tls_pairs[0][1]).returncode == 0
    folder = tmp_path_factory.mktemp("pack")
    to_der(tls_pairs[0], str(folder))
    module = pack(site, folder / "site.pack", folder)
    with boot(accel, options=(f"tlsport={PORT}",), image=tls_image[0], module=module) as g:
        yield g.wait_answer()
        g.healthy()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Two more pairs for one.test."""
    return [self_signed("one.test", kind, str(tmp_path_factory.mktemp("new")))
            for kind in (EC256, RSA)]


def curl(g, *args):
    done = g.run(["curl", "-sk", *args])
    assert done.returncode == 0, (args, done)
    return done.stdout


def url(g, path="/page.html"):
    return f"https://{g.host}:{PORT}{path}"


def test_what_another_site_asks_for_is_not_compressed(server):
    """BREACH: who makes a browser ask cannot tell the secret from the length. Over
    TLS only, and not when a client takes nothing but a compressed form."""

    def coding(at, *fields):
        argv = [x for field in fields for x in ("-H", field)]
        return curl(server, "-o/dev/null", "-w%header{content-encoding}", *argv, at)

    ours = f"Referer: https://{server.host}:{PORT}/page.html"
    theirs, site = "Referer: https://example.com/", "Sec-Fetch-Site: "
    only = "Accept-Encoding: gzip, identity;q=0"
    at, gzip = url(server, "/long.html"), "Accept-Encoding: gzip"
    assert coding(at, gzip) == coding(at, gzip, ours) == coding(at, only, theirs) == "gzip"
    assert coding(at, gzip, theirs) == coding(at, gzip, site + "cross-site") == ""
    assert coding(at, gzip, theirs, site + "same-site") == "gzip"
    assert coding(f"http://{server.host}/.well-known/acme-challenge/long.html", gzip, theirs) == "gzip"


def test_a_plain_request_is_sent_to_the_port_of_tls(server):
    response, _ = server.request("/page.html?a=b%20c", headers={"Host": "one.test:80"})
    assert response.status == 308
    assert response.headers["Location"] == f"https://one.test:{PORT}/page.html?a=b%20c"
    assert curl(server, "-L", f"http://{server.host}/page.html?x") == "<p>A page"
    form = ["-L", "-d", "name=value", f"http://{server.host}/form"]
    assert '<td class="text">value</td>' in curl(server, *form)


def test_exceptions_are_answered(server):
    for path, body in (("/healthz", b"ok\n"), ("/.well-known/acme-challenge/token", b"a token")):
        assert server.get(path) == body


def test_every_answer_over_tls_asks_to_come_that_way(server):
    for path, status in (("/page.html", 200), ("/nothing", 404), ("/hello/x", 200),
                         ("/-/certificates", 401), ("/%", 400)):
        head = curl(server, "-o", "/dev/null", "-D", "-", url(server, path)).lower()
        assert head.startswith(f"http/1.1 {status} ")
        assert head.count("strict-transport-security: max-age=300; includesubdomains\n") == 1
    for path in ("/healthz", "/page.html"):
        response, _ = server.request(path)
        assert "Strict-Transport-Security" not in response.headers


def test_without_a_certificate_port_80_answers(accel, tls_image, tls_pairs, site, tmp_path):
    """Nor is there an address that takes one: its password would go in plain."""
    to_der((tls_pairs[2][0], tls_pairs[0][1]), str(tmp_path))
    module = pack(site, tmp_path / "wrong.pack", tmp_path)
    with boot(accel, image=tls_image[0], module=module) as g:
        g.wait_answer()
        assert g.get("/page.html") == b"<p>A page"
        put = ["-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", "-F", "tls.0.chain=x"]
        put += ["-u", "ada:" + PASSWORD, f"http://{g.host}/-/certificates"]
        assert curl(g, *put) == "404"


# --- renewal -----------------------------------------------------------------

def put(g, *fields, user="ada:" + PASSWORD, host="one.test"):
    """Send a form of (name, file): (status, text)."""
    argv = ["-X", "PUT", "-w", "%{http_code}", "--resolve", f"{host}:{PORT}:{g.host}"]
    argv += ["-u", user] if user else []
    argv += [a for name, path in fields for a in ("-F", f"{name}=@{path}")]
    answer = curl(g, *argv, f"https://{host}:{PORT}/-/certificates")
    return int(answer[-3:]), answer[:-3]


def renew(g, *pairs, folder):
    """Send pairs unchecked."""
    fields = []
    for i, pair in enumerate(pairs):
        part = folder / str(i)
        part.mkdir(exist_ok=True)
        chain, key = to_der(pair, str(part))
        fields += [(f"tls.{i}.chain", chain), (f"tls.{i}.key", key)]
    return put(g, *fields)


def anyone(*versions):
    c = context([], *versions)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def served(g):
    """The certificate that a new connection gets, in PEM."""
    with connect(g, anyone(VERSIONS[1]), port=PORT) as s:
        return ssl.DER_cert_to_PEM_cert(s.getpeercert(True))


def pem(pair):
    with open(pair[0]) as f:
        return f.read()


class HalfDone:
    """A handshake whose client has the server's first flight and says nothing yet."""

    def __init__(self, g, version):
        self.socket = tcp(g, PORT)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = anyone(version).wrap_bio(self.incoming, self.outgoing,
                                            server_hostname="one.test")
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.do_handshake()
        self.socket.sendall(self.outgoing.read())
        self.incoming.write(self.socket.recv(65536))

    def finish(self):
        """The certificate seen, and the answer to a request."""
        self.until(self.tls.do_handshake)
        self.tls.write(REQUEST % (b"/healthz", b"close"))
        self.socket.sendall(self.outgoing.read())
        answer = self.until(lambda: self.tls.read(65536))
        self.socket.close()
        return ssl.DER_cert_to_PEM_cert(self.tls.getpeercert(True)), answer

    def until(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                self.incoming.write(self.socket.recv(65536))


def test_renewed_while_connections_live(server, fresh, tmp_path):
    assert renew(server, fresh[0], folder=tmp_path)[0] == 200
    old = pem(fresh[0])
    assert served(server) == old
    kept = [connect(server, anyone(v), port=PORT) for v in VERSIONS]
    half = [HalfDone(server, v) for v in VERSIONS]
    status, text = renew(server, fresh[1], fresh[0], folder=tmp_path)
    assert (status, text) == (200, "now served: certificate 0 of one.test certificate 1 of one.test\n")
    server.await_line(text.strip())
    for s in kept:
        with s:
            for _ in range(2):
                s.sendall(REQUEST % (b"/page.html", b"keep-alive"))
                assert read_answer(s) == b"<p>A page"
    for h in half:
        cert, answer = h.finish()
        assert cert == old and answer.startswith(b"HTTP/1.1 200")
    rsa = anyone(VERSIONS[0])
    rsa.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    with connect(server, rsa, port=PORT) as s:
        assert ssl.DER_cert_to_PEM_cert(s.getpeercert(True)) == pem(fresh[1])
    shown = server.memory()["certificates"]
    assert [(c["key"], c["expires_unix"]) for c in shown] == [
        ("RSA 2048", expiry_of(fresh[1][0])), ("EC 256", expiry_of(fresh[0][0]))]
    figures = family(scrape(server)[0], "thimble_tls_certificate_expiry_timestamp_seconds")
    assert sorted(figures.values()) == sorted(expiry_of(p[0]) for p in fresh)


def test_a_certificate_of_this_minute_is_taken(server, tmp_path):
    """The VM's clock may be a little behind its maker's."""
    begins = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + 30))
    early = between("one.test", str(tmp_path), begins, f"{FUTURE}-01-01")
    assert renew(server, early, folder=tmp_path)[0] == 200


def refused_forms(tls_pairs, folder):
    def files(name, pair):
        part = folder / name
        part.mkdir()
        return to_der(pair, str(part))

    good = files("good", tls_pairs[0])
    late, early = (files(str(y), of_year("one.test", str(folder), y)) for y in (PAST, FUTURE))
    weak = files("weak", self_signed("one.test", ("rsa:1024",), str(folder)))
    junk = folder / "junk"
    junk.write_bytes(os.urandom(500))
    cut = folder / "cut"
    cut.write_bytes(open(good[0], "rb").read()[:-1])
    other = files("other", tls_pairs[2])
    a, b = ("tls.0.chain", good[0]), ("tls.0.key", good[1])
    yield "it is missing", ("tls.1.chain", good[0])
    yield "it is missing", ("chain", good[0]), ("key", good[1])
    yield "the key is malformed", a
    yield "a certificate is malformed", ("tls.0.chain", junk), b
    yield "a certificate is malformed", ("tls.0.chain", cut), b
    yield "the key is malformed", a, ("tls.0.key", junk)
    yield "certificate and key are no pair", a, ("tls.0.key", other[1])
    yield "the key is of another kind", ("tls.0.chain", weak[0]), ("tls.0.key", weak[1])
    yield "it has expired", ("tls.0.chain", late[0]), ("tls.0.key", late[1])
    yield "it is not valid yet", ("tls.0.chain", early[0]), ("tls.0.key", early[1])
    yield "certificate 1 is refused: certificate and key are no pair", a, b, (
        "tls.1.chain", other[0]), ("tls.1.key", good[1])


def test_what_cannot_be_used_is_refused_with_the_reason(server, tls_pairs, fresh, tmp_path):
    assert renew(server, fresh[0], folder=tmp_path)[0] == 200
    for why, *fields in refused_forms(tls_pairs, tmp_path):
        seen = len(server.console.lines)
        status, text = put(server, *fields)
        assert status == 422 and why in text, (why, status, text)
        server.await_line(text.strip(), seen)
        assert served(server) == pem(fresh[0])


def test_who_may_renew(server, fresh, tmp_path):
    before = served(server)
    chain, key = to_der(fresh[1], str(tmp_path))
    fields = ("tls.0.chain", chain), ("tls.0.key", key)
    for host in ("one.test", "two.test"):
        assert put(server, *fields, user=None, host=host)[0] == 401
        assert put(server, *fields, user="ada:another", host=host)[0] == 401
    response, _ = server.request("/-/certificates", "PUT", body=b"x")
    assert response.status == 308
    big = tmp_path / "big"
    big.write_bytes(bytes(70000))
    assert put(server, ("tls.0.chain", big))[0] == 413
    assert served(server) == before


@pytest.mark.parametrize("pad", [0, 6900])
def test_a_whole_chain_is_sent(server, pad, tmp_path):
    """A client that knows the authority at its end alone is satisfied."""
    pair, root = issued("one.test", str(tmp_path), pad)
    done = certs("--cert", pair[0], "--key", pair[1])
    assert done.returncode == 0, done.stderr
    out = os.path.join(BUILD, "out")
    assert os.path.getsize(out + "/0.chain") > pad
    fields = [(f"tls.0.{part}", f"{out}/0.{part}") for part in ("chain", "key")]
    assert put(server, *fields)[0] == 200
    for version in VERSIONS:
        with connect(server, context([(root, None)], version), port=PORT) as s:
            assert fetch(s, b"/healthz") == b"ok\n"


def test_a_chain_too_long_or_out_of_order_is_refused(server, tmp_path):
    long, _ = issued("one.test", str(tmp_path), 8000)
    assert "8000 are the most" in certs("--cert", long[0], "--key", long[1]).stderr
    chain, key = to_der(long, str(tmp_path))
    status, text = put(server, ("tls.0.chain", chain), ("tls.0.key", key))
    assert status == 422 and "longer than 8000 bytes" in text
    (_, key), root = issued("one.test", str(tmp_path))
    mixed = tmp_path / "mixed.pem"
    mixed.write_text((tmp_path / "one.test.pem").read_text() + open(root).read())
    done = certs("--cert", str(mixed), "--key", key)
    assert "certificate 2 did not issue the one before it" in done.stderr


def test_renewed_under_load_without_a_failure_and_without_a_leak(server, fresh, tmp_path):
    def one(i):
        with connect(server, anyone(VERSIONS[i % 2]), port=PORT) as s:
            return fetch(s, b"/healthz")

    def used():
        one(0), one(1)  # a key that was used has more
        return held(server)

    for i in range(2):
        assert renew(server, fresh[i], folder=tmp_path)[0] == 200
        before = used()
    with server.inside(), concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = pool.map(one, range(200))
        for i in range(10):
            assert renew(server, fresh[i % 2], folder=tmp_path)[0] == 200
        assert set(answers) == {b"ok\n"}
    assert used() == before


def test_the_tool_checks_sends_and_explains(server, fresh, tls_pairs, tmp_path):
    def tool(pair, *args, password=PASSWORD):
        argv = [os.path.join(ROOT, "tools/renew"), "--to", f"https://{server.host}:{PORT}/",
                "--user", "ada", "--cert", pair[0], "--key", pair[1], *args]
        return server.run(argv, env={**os.environ, "THIMBLE_PASSWORD": password})

    assert renew(server, fresh[0], folder=tmp_path)[0] == 200
    done = tool(tls_pairs[0], "--cafile", fresh[0][0])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "now served: certificate 0 of one.test\n"
    assert served(server) == pem(tls_pairs[0])
    for words, done in (
            ("verify failed", tool(fresh[0])),
            ("name or password is wrong", tool(fresh[0], "--insecure", password="another")),
            ("has expired", tool(of_year("one.test", str(tmp_path), PAST), "--insecure"))):
        assert done.returncode == 1 and words in done.stderr, done
    assert served(server) == pem(tls_pairs[0])

# SPDX-License-Identifier: BSD-2-Clause
"""The site packer: folders in, packs out, read back by tests/pack_reader.py."""
import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

import brotli
import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))
import pack_reader  # noqa: E402

PACKER = os.path.join(TOP, "build", "thimble-pack")
MTIME = 1700000000
HASH = "$5$F2cSwQtyOoTyNrQa$zCKgfGRUQxG2BXZJjnEQXvWgh6JajtwgQnCVMOVd3V/"
TEXT = b"<p>A line of text that a coding makes shorter.</p>\n" * 40


@pytest.fixture(scope="session", autouse=True)
def packer():
    subprocess.run(["make", "--no-print-directory", "-s", "build/thimble-pack"], cwd=TOP,
                   check=True)


def write_tree(folder, files):
    for name, data in files.items():
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.utime(path, (MTIME, MTIME))


def run(folder, *args, env=None, **more):
    return subprocess.run([PACKER, *args, str(folder)], capture_output=True, text=True,
                          errors="replace", env={**os.environ, **(env or {})}, **more)


class Site:
    """A folder of one test, and its pack."""

    def __init__(self, tmp_path):
        self.folder = tmp_path / "site"
        self.out = tmp_path / "site.pack"
        self.folder.mkdir()

    def write(self, files=None, conf=None):
        if conf is not None:
            files = {**(files or {}), "site.conf": conf}
        write_tree(self.folder, files or {})
        return self

    def run(self, *args, **more):
        return run(self.folder, "-o", str(self.out), *args, **more)

    def pack(self, *args, **more):
        result = self.run(*args, **more)
        assert result.returncode == 0, result.stderr
        self.notices = result.stderr
        return pack_reader.load(self.out)

    def refused(self, **more):
        """The messages of a run that must write nothing."""
        result = self.run(**more)
        assert result.returncode == 1, result.stderr
        left = [p.name for p in self.out.parent.iterdir() if p.name.startswith(self.out.name)]
        assert left == [], "something was written"
        return result.stderr

    def conf_error(self, conf, files=None):
        """(line, column, message) of the one error in a site.conf."""
        self.write(files, conf)
        lines = self.refused().splitlines()
        assert len(lines) == 2, lines
        m = re.fullmatch(r"thimble-pack: site\.conf:(\d+):(\d+): (.*)", lines[0])
        assert m, lines[0]
        return int(m[1]), int(m[2]), m[3]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def decode(variant):
    return {"identity": bytes, "gzip": gzip.decompress,
            "br": brotli.decompress}[variant.coding](variant.body)


def assert_holds(host, files):
    """Each file answers at its path with its bytes, in each variant."""
    for name, data in files.items():
        resource = host.paths["/" + name]
        assert resource.body == data, name
        for v in resource.variants:
            assert decode(v) == data, (name, v.coding)


# --- contents ----------------------------------------------------------------

def test_every_file_comes_back(site):
    files = {
        "index.html": TEXT,
        "empty.txt": b"",
        "name with spaces.txt": b"x",
        "ünï/日本語 ☃.html": TEXT,
        "percent%41+&?#.txt": b"odd",
        "a/b/c/d/e/f/g/h/deep.bin": bytes(range(256)),
        "quotes\"'<>.txt": b"q",
    }
    pack = site.write(files).pack()
    assert_holds(pack.default, files)
    assert pack.checksum_ok()


def test_a_large_file_and_a_small_pack_of_it(site):
    noise = os.urandom(4 << 20)
    text = (b"%08d the quick brown fox\n" * 1000) % tuple(range(1000)) * 300
    files = {"noise.bin": noise, "text.txt": text, "copy.txt": text}
    assert len(text) > 8e6
    pack = site.write(files).pack()
    assert_holds(pack.default, files)
    assert len(pack.default.paths["/noise.bin"].variants) == 1
    assert len(pack.default.paths["/text.txt"].variants) == 3
    assert os.path.getsize(site.out) < len(noise) + 2 * len(text), "a copy is kept twice"


def test_ten_thousand_files(site):
    files = {f"{i % 100}/{i}.html": b"<p>%d</p>" % i for i in range(10000)}
    pack = site.write(files).pack()
    assert len(pack.default.files()) == 10000
    assert all(pack.default.paths["/" + n].body == d for n, d in files.items())


def test_a_deep_tree_up_to_the_longest_path(site):
    name = "/".join(["d" * 15] * 127) + "/" + "e" * 15  # with its first slash 2048 bytes
    assert len(name) == 2047
    assert_holds(site.write({name: b"deep"}).pack().default, {name: b"deep"})


def test_a_path_too_long_is_named(site):
    site.write({"/".join(["d" * 15] * 127) + "/" + "e" * 16: b"deep"})
    assert "a path over 2048 bytes: /ddddd" in site.refused()


def test_the_length_of_a_path_counts_encoded(site):
    site.write({"/".join(["☃" * 70] * 4): b""})  # 3 bytes a character, 9 when encoded
    assert "a path over 2048 bytes" in site.refused()


def test_an_empty_folder_gives_an_empty_pack(site):
    assert site.pack().default.paths == {}


# --- determinism -------------------------------------------------------------

def test_the_same_tree_gives_the_same_bytes(tmp_path):
    files = {f"{d}/{n}.html": TEXT + n.encode() for d in "cab" for n in ("z", "index", "m")}
    packs = []
    for i, order in enumerate((list, reversed)):
        (tmp_path / str(i)).mkdir()
        site = Site(tmp_path / str(i))
        site.write(dict(order(list(files.items()))))
        site.pack()
        packs.append(site.out.read_bytes())
    assert packs[0] == packs[1]


def test_a_cache_changes_no_byte(site, tmp_path):
    site.write({"a.html": TEXT, "b.txt": os.urandom(3000), "c.js": b"let x = 1\n" * 300})
    site.pack()
    plain = site.out.read_bytes()
    for _ in "filled", "used":
        site.pack("--cache", str(tmp_path / "cache"))
        assert site.out.read_bytes() == plain
    assert len(list((tmp_path / "cache").iterdir())) == 6


def test_the_cache_is_used(site, tmp_path):
    site.write({"a.html": TEXT}).pack("--cache", str(tmp_path / "cache"))
    for entry in (tmp_path / "cache").iterdir():
        entry.write_bytes(b"cached")
    pack = site.pack("--cache", str(tmp_path / "cache"))
    assert pack.default.paths["/a.html"].variants[1].body == b"cached"


def test_only_times_differ_after_touch(site):
    site.write({"a.html": TEXT})
    before = site.pack().default.paths["/a.html"]
    os.utime(site.folder / "a.html", (MTIME + 60, MTIME + 60))
    after = site.pack().default.paths["/a.html"]
    assert after.modified == before.modified + 60
    assert [v.etag for v in after.variants] == [v.etag for v in before.variants]


def test_source_date_epoch_bounds_the_times(site):
    site.write({"a.html": TEXT})
    epoch = {"SOURCE_DATE_EPOCH": "1000000000"}
    pack = site.pack(env=epoch)
    assert pack.default.paths["/a.html"].modified == 1000000000
    assert pack.built == 1000000000
    later = site.pack(env={"SOURCE_DATE_EPOCH": str(MTIME + 1)})
    assert later.default.paths["/a.html"].modified == MTIME


# --- fields and variants -----------------------------------------------------

@pytest.mark.parametrize("name, wanted", [
    ("a.html", "text/html; charset=utf-8"), ("a.HTML", "text/html; charset=utf-8"),
    ("a.css", "text/css; charset=utf-8"), ("a.js", "text/javascript; charset=utf-8"),
    ("a.mjs", "text/javascript; charset=utf-8"), ("a.json", "application/json; charset=utf-8"),
    ("a.svg", "image/svg+xml"), ("a.png", "image/png"), ("a.woff2", "font/woff2"),
    ("a.wasm", "application/wasm"), ("a.pdf", "application/pdf"),
    ("a.b.tar", "application/x-tar"), ("x.sarif.json", "application/sarif+json"),
    ("README", "application/octet-stream"), ("html", "application/octet-stream"),
    ("a.unheard-of", "application/octet-stream")])
def test_media_types(site, name, wanted):
    fields = site.write({name: b"x"}).pack().default.paths["/" + name].fields()
    assert fields["Content-Type"] == wanted


def test_variants_have_their_own_strong_tags(site):
    resource = site.write({"a.html": TEXT, "b.html": TEXT + b"!"}).pack().default.paths["/a.html"]
    tags = [v.etag for v in resource.variants]
    assert [v.coding for v in resource.variants] == ["identity", "gzip", "br"]
    assert len(set(tags)) == 3 and all(re.fullmatch(r'"[0-9a-f]{16}"', t) for t in tags)
    sizes = [len(v.body) for v in resource.variants]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("wanted, codings", [
    ("[gzip]", ["identity", "gzip"]), ("[brotli]", ["identity", "br"]), ("[]", ["identity"]),
    ("[gzip, brotli]", ["identity", "gzip", "br"])])
def test_compress_says_which_forms_are_made(site, wanted, codings):
    pack = site.write({"a.html": TEXT}, f"compress: {wanted}\n").pack()
    assert [v.coding for v in pack.default.paths["/a.html"].variants] == codings


@pytest.mark.parametrize("name, data", [
    ("short.html", b"<p>short</p>"), ("photo.jpg", TEXT), ("a.zip", TEXT), ("f.woff2", TEXT),
    ("noise.txt", bytes(range(256)) * 1)])
def test_what_gains_nothing_has_one_variant(site, name, data):
    assert len(site.write({name: data}).pack().default.paths["/" + name].variants) == 1


def test_a_tag_follows_the_bytes(site):
    tag = site.write({"a.txt": b"one"}).pack().default.paths["/a.txt"].variants[0].etag
    assert site.write({"a.txt": b"two"}).pack().default.paths["/a.txt"].variants[0].etag != tag


# --- what is refused ---------------------------------------------------------

def test_links_inside_are_followed(site):
    site.write({"real/a.html": TEXT})
    (site.folder / "link.html").symlink_to("real/a.html")
    (site.folder / "folder").symlink_to(site.folder / "real")
    assert_holds(site.pack().default, {"link.html": TEXT, "folder/a.html": TEXT})


def test_links_that_leave_are_named(site, tmp_path):
    (tmp_path / "site-secret").write_text("secret")
    (site.folder / "out").symlink_to("../site-secret")
    (site.folder / "abs").symlink_to("/etc/passwd")
    (site.folder / "up").symlink_to("..")
    (site.folder / "dangling").symlink_to("nowhere")
    errors = site.refused()
    for name in ("/out", "/abs", "/up"):
        assert f"a link that leaves the site: {name}\n" in errors
    assert "a link that leads nowhere: /dangling" in errors


def test_loops_are_named(site):
    site.write({"a/b/x.html": TEXT})
    (site.folder / "a/b/loop").symlink_to("../../a")
    (site.folder / "self").symlink_to(".")
    (site.folder / "knot").symlink_to("knot")
    errors = site.refused()
    assert "a link to a folder that it lies in: /a/b/loop" in errors
    assert "a link to a folder that it lies in: /self" in errors
    assert "/knot" in errors


def test_what_is_no_file_is_named(site):
    os.mkfifo(site.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(site.folder / "socket"))
        errors = site.refused()
    assert "neither a file nor a folder: /pipe" in errors
    assert "neither a file nor a folder: /socket" in errors


@pytest.mark.parametrize("name", [
    b"new\nline", b"tab\t", b"del\x7f", b"c1\xc2\x85", b"latin\xe9", b"over\xc0\xaf",
    b"surrogate\xed\xa0\x80", b"cut\xe2\x82"])
def test_names_that_no_url_carries_are_named(site, name):
    site.write({name: b"x", "good.html": TEXT})
    errors = site.refused()
    assert "a name that is not UTF-8 or has a control character: /" in errors
    assert "good" not in errors and errors.count("\n") == 2


def as_somebody():
    """Root may read everything: the packer then runs as nobody."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def test_unreadable_files_are_named():
    with tempfile.TemporaryDirectory() as top:  # every user may enter it, unlike tmp_path
        os.chmod(top, 0o755)
        write_tree(top, {"site/closed.html": TEXT, "site/shut/x.html": TEXT, "site/a.html": TEXT})
        packer = shutil.copy(PACKER, top)
        os.chmod(os.path.join(top, "site/closed.html"), 0)
        os.chmod(os.path.join(top, "site/shut"), 0)
        result = subprocess.run([packer, "-o", os.path.join(top, "x"), os.path.join(top, "site")],
                                capture_output=True, text=True, preexec_fn=as_somebody)
        os.chmod(os.path.join(top, "site/shut"), 0o755)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "thimble-pack: cannot be read: /closed.html (Permission denied)",
        "thimble-pack: cannot be read: /shut (Permission denied)",
        "thimble-pack: nothing is written"]


def test_all_problems_are_named_at_once(site):
    for i in range(30):
        (site.folder / f"link{i}").symlink_to("/etc/passwd")
    errors = site.refused().splitlines()
    assert len(errors) == 22 and errors[-2:] == ["thimble-pack: and 10 more",
                                                 "thimble-pack: nothing is written"]


def test_an_old_pack_stays_when_the_new_one_is_refused(site):
    site.write({"a.html": TEXT}).pack()
    old = site.out.read_bytes()
    (site.folder / "out").symlink_to("/etc/passwd")
    assert site.run().returncode == 1
    assert site.out.read_bytes() == old


def test_a_folder_that_is_not_there(tmp_path):
    result = run(tmp_path / "missing", "-o", str(tmp_path / "x.pack"))
    assert result.returncode == 1 and "missing" in result.stderr
    (tmp_path / "file").write_text("")
    assert "not a folder" in run(tmp_path / "file", "-o", str(tmp_path / "x.pack")).stderr


def test_an_output_that_cannot_be_written(site, tmp_path):
    result = run(site.folder, "-o", str(tmp_path / "no" / "x.pack"))
    assert result.returncode == 1 and "cannot write" in result.stderr


@pytest.mark.parametrize("args", [[], ["a", "b"], ["--nonsense", "."]])
def test_wrong_use_is_status_2(args):
    result = subprocess.run([PACKER, *args], capture_output=True, text=True)
    assert result.returncode == 2 and "usage:" in result.stderr


# --- hidden files ------------------------------------------------------------

def test_dotfiles_are_left_out_with_a_notice(site):
    site.write({".git/config": b"", ".env": b"", "a/.x": b"", "b.html": b"",
                ".well-known/security.txt": b"s", ".well-known/.hidden": b""})
    assert set(site.pack().default.paths) == {"/b.html", "/.well-known/security.txt"}
    for name in ("/.git", "/.env", "/a/.x", "/.well-known/.hidden"):
        assert f"begins with a dot: {name}\n" in site.notices


def test_hide_and_dotfiles(site):
    pack = site.write({".ok": b"", ".no": b"", "a.bak": b"", "drafts/x.html": b"", "b.html": b""},
                      'hide: ["*.bak", /drafts]\ndotfiles: [/.ok]\n').pack()
    assert set(pack.default.paths) == {"/.ok", "/b.html"}


def test_site_conf_is_not_served_under_another_name(site):
    site.write({"sub/site.conf": b"served"}, "clean_urls: false\n")
    assert set(site.pack().default.paths) == {"/sub/site.conf"}
    site.out.unlink()
    (site.folder / "conf.txt").symlink_to("site.conf")
    assert "a second name of site.conf" in site.refused()


# --- addresses ---------------------------------------------------------------

PAGES = {"index.html": b"root", "docs/index.html": b"docs", "docs/a.html": b"a",
         "old/index.htm": b"old", "empty/x.txt": b"x"}


def bodies(host):
    return {p: r.body.decode() for p, r in host.files().items()}


def test_index_files(site):
    host = site.write(PAGES).pack().default
    assert bodies(host) == {
        "/": "root", "/index.html": "root", "/docs/": "docs", "/docs/index.html": "docs",
        "/docs/a.html": "a", "/old/": "old", "/old/index.htm": "old", "/empty/x.txt": "x"}
    assert host.redirects() == {"/docs": (301, "/docs/"), "/old": (301, "/old/")}


def test_index_html_comes_before_index_htm(site):
    host = site.write({"index.htm": b"htm", "index.html": b"html"}).pack().default
    assert bodies(host)["/"] == "html"


def test_clean_urls(site):
    host = site.write(PAGES, "clean_urls: true\n").pack().default
    assert bodies(host) == {"/": "root", "/docs/": "docs", "/docs/a": "a", "/old/": "old",
                            "/empty/x.txt": "x"}
    assert host.redirects() == {
        "/index.html": (301, "/"), "/docs": (301, "/docs/"), "/docs/index.html": (301, "/docs/"),
        "/docs/a.html": (301, "/docs/a"), "/old": (301, "/old/"),
        "/old/index.htm": (301, "/old/")}


def test_trailing_slash_removed(site):
    host = site.write(PAGES, "clean_urls: true\ntrailing_slash: remove\n").pack().default
    assert bodies(host) == {"/": "root", "/docs": "docs", "/docs/a": "a", "/old": "old",
                            "/empty/x.txt": "x"}
    assert host.redirects()["/docs/"] == (301, "/docs")
    assert host.redirects()["/docs/a/"] == (301, "/docs/a")


def test_trailing_slash_both(site):
    host = site.write(PAGES, "trailing_slash: both\n").pack().default
    assert bodies(host)["/docs"] == bodies(host)["/docs/"] == "docs"
    assert host.redirects() == {}


def test_a_file_comes_before_a_clean_url_before_a_folder(site):
    files = {"a": b"file", "a.html": b"page", "b.html": b"page", "b/index.html": b"folder"}
    host = site.write(files, "clean_urls: true\n").pack().default
    assert bodies(host) == {"/a": "file", "/b": "page", "/b/": "folder"}


def test_redirects_are_encoded(site):
    files = {"ü ?/index.html": b"x"}
    assert site.write(files).pack().default.redirects() == {"/ü ?": (301, "/%C3%BC%20%3F/")}


def test_a_404_page_needs_no_word(site):
    assert site.write({"404.html": b"gone"}).pack().default.errors[404].body == b"gone"
    pack = site.write({"x.html": b"mine"}, "errors: {404: /x.html, 500: /x.html}\n").pack()
    assert {s: r.body for s, r in pack.default.errors.items()} == {404: b"mine", 500: b"mine"}


@pytest.mark.parametrize("clean", ["true", "false"])
def test_fallback(site, clean):
    conf = f"fallback: /index.html\nclean_urls: {clean}\n"
    assert site.write({"index.html": b"app"}, conf).pack().default.fallback.body == b"app"


def test_listing(site):
    names = ["b & <i>.txt", "a:b.txt", "sub/x.txt"]
    host = site.write({**{"files/" + n: b"12345" for n in names}, "other/x.txt": b""},
                      'listing: ["/files/*"]\n').pack().default
    page = host.paths["/files/"].body.decode()
    assert '<a href="./b%20&amp;%20%3Ci%3E.txt">b &amp; &lt;i&gt;.txt</a></td><td>5<' in page
    assert '<a href="./a:b.txt">' in page and '<a href="./sub/">sub/</a>' in page
    assert "x.txt" not in page and "/files/sub/" in host.files()
    assert host.redirects()["/files"] == (301, "/files/")
    assert "/other/" not in host.paths and "/" not in host.paths
    assert host.paths["/files/"].modified == MTIME


# --- rules -------------------------------------------------------------------

def test_redirects(site):
    host = site.write({"new.html": b"n"}, """
redirects:
  - {from: /old.html, to: /new.html}
  - {from: "/über uns", to: "/new.html?x=1&y=ü#z", status: 302}
  - {from: /far, to: "https://example.org/a%20b", status: 308}
  - {from: /blog/*, to: /articles/*}
  - {from: /blog/2020/*, to: /archive.html, status: 307}
""").pack().default
    assert host.redirects() == {
        "/old.html": (301, "/new.html"), "/über uns": (302, "/new.html?x=1&y=%C3%BC#z"),
        "/far": (308, "https://example.org/a%20b"), "/blog": (301, "/articles/"),
        "/blog/2020": (307, "/archive.html")}
    assert host.prefixes == [("/blog/2020/", "/archive.html", 307, False),
                             ("/blog/", "/articles/", 301, True)]


@pytest.mark.parametrize("clean", ["true", "false"])
def test_rewrites(site, clean):
    host = site.write({"a.html": b"a", "3/index.html": b"3"}, f"""
clean_urls: {clean}
rewrites:
  - {{from: /b, to: /a.html}}
  - {{from: /latest/*, to: /3/*}}
""").pack().default
    assert host.paths["/b"].body == b"a"
    assert host.prefixes == [("/latest/", "/3/", 0, True)]
    assert host.redirects()["/latest"] == (301, "/latest/")


def test_a_rule_hides_a_file_with_a_notice(site):
    site.write({"a.html": b"a"}, "redirects:\n  - {from: /a.html, to: /b}\n")
    assert site.pack().default.redirects() == {"/a.html": (301, "/b")}
    assert "site.conf:2: the rule for /a.html hides the file" in site.notices


def test_header_fields(site):
    pack = site.write({"index.html": TEXT, "a/index.html": TEXT, "a/b.css": b""}, """
headers:
  "*":
    X-Content-Type-Options: ""
    X-One: "1"
  /a/*:
    x-one: "2"
  "*.css":
    Content-Type: text/plain
  /:
    X-Root: "yes"
""").pack()
    root, folder, css = (pack.default.paths[p].fields() for p in ("/", "/a/", "/a/b.css"))
    assert "X-Content-Type-Options" not in root
    assert (root["X-One"], root["X-Root"]) == ("1", "yes")
    assert folder["X-One"] == "2" and "X-Root" not in folder
    assert css["Content-Type"] == "text/plain"
    assert pack.default.paths["/a/b.css"].type == "text/plain"


def test_field_lines_are_kept_once(site):
    """However many files there are, of whatever age."""
    site.write({f"{i}.html": TEXT + b"%d" % i for i in range(100)}, """
headers:
  "*": {X-Long: "%s"}
""" % ("v" * 1000))
    for i in range(100):
        os.utime(site.folder / f"{i}.html", (MTIME + i, MTIME + i))
    pack = site.pack()
    assert len(pack.media) == 1 and pack.data.count(b"X-Long") == 1


def test_header_fields_have_a_bound(site):
    fields = "".join(f"    X-{i}: {'v' * 1000}\n" for i in range(5))
    site.write({"a.html": b""}, f"headers:\n  '*':\n{fields}")
    assert "more than 4096 bytes" in site.refused()


@pytest.mark.parametrize("name, wanted", [
    ("app.3f2a9c1b.js", True), ("main-0123456789abcdef0123.css", True),
    ("index-BX3k9aXd.js", True), ("index-B_3k9a-d.js", True), ("report-20240131.pdf", False),
    ("defaced-page.html", False), ("index-template.js", False), ("deadbeef.js", False),
    ("a.3f2a9c1b", False), ("jquery-3.7.1.min.js", False)])
def test_fingerprinted_names(site, name, wanted):
    pack = site.write({name: b""}, "immutable: fingerprinted\n").pack()
    value = pack.default.paths["/" + name].fields().get("Cache-Control")
    assert value == ("public, max-age=31536000, immutable" if wanted else None)


def test_cache_control_comes_before_immutable(site):
    fields = site.write({"x/a.css": b""}, """
immutable: ["/x/*"]
headers:
  "*.css": {Cache-Control: no-cache}
""").pack().default.paths["/x/a.css"].fields()
    assert fields["Cache-Control"] == "no-cache"


def test_auth(site):
    conf = f"""
auth:
  /a/: {{users: {{ada: {HASH}}}}}
  /a/b:
    realm: Inner room
    users:
      ada: {HASH}
      bob: $5$rounds=10000$saltstring$3xv.VbSCBX41eDL9L3voxZtZSaUZtZ1Z0Z1Z2Z3Z4Z5
"""
    host = site.write({"a/b/x.html": b""}, conf).pack().default
    assert [(p, r, list(u)) for p, r, u in host.realms] == [
        ("/a/b", "Inner room", ["ada", "bob"]), ("/a", "Restricted", ["ada"])]
    assert host.realms[1][2]["ada"] == HASH


def test_the_hash_is_that_of_crypt(site):
    """What the documentation says makes hashes makes ones that are taken."""
    made = subprocess.run(["openssl", "passwd", "-5", "secret"], capture_output=True, text=True,
                          check=True).stdout.strip()
    host = site.write(conf=f"auth:\n  /: {{users: {{ada: {made}}}}}\n").pack().default
    assert host.realms == [("/", "Restricted", {"ada": made})]


@pytest.mark.parametrize("conf", [
    "rewrites: [{from: /open, to: /in/x.html}]", "fallback: /in/x.html",
    "errors: {404: /in/x.html}"])
def test_nothing_shows_a_protected_file(site, conf):
    line, _, message = site.conf_error(f"auth:\n  /in: {{users: {{a: {HASH}}}}}\n{conf}\n",
                                       {"in/x.html": b"secret"})
    assert line == 3 and "/in/x.html is protected" in message


def test_hosts(site):
    pack = site.write({"index.html": b"default", "shop/index.html": b"shop", "b/x.html": b"b"}, """
hosts:
  Shop.example.org:
    aliases: [a.example.org]
    folder: shop
  b.example.org: {folder: b/, clean_urls: true}
  www.example.org:
    redirects:
      - {from: /*, to: "https://example.org/*", status: 308}
""").pack()
    assert bodies(pack.default) == {"/": "default", "/index.html": "default"}
    assert bodies(pack.hosts["shop.example.org"]) == {"/": "shop", "/index.html": "shop"}
    assert bodies(pack.hosts["a.example.org"]) == bodies(pack.hosts["shop.example.org"])
    assert bodies(pack.hosts["b.example.org"]) == {"/x": "b"}
    assert pack.hosts["www.example.org"].prefixes == [("/", "https://example.org/", 308, True)]
    assert pack.hosts["www.example.org"].paths == {}


def test_settings(site):
    assert site.pack().settings == {}
    assert site.write(conf="server: Mine/1\n").pack().settings == {"server": b"Mine/1"}
    assert site.write(conf='server: ""\n').pack().settings == {"server": b""}


def test_settings_of_https(site):
    default = b"/healthz\n/.well-known/acme-challenge/*\n"
    assert site.write(conf="https: {redirect: false, except: [/a]}\n").pack().settings == {}
    assert site.write(conf="https: {redirect: true}\n").pack().settings == {
        "https.redirect": b"true", "https.except": default}
    conf = "https: {redirect: true, except: [/a, /-/x, /b/*], port: 8443, hsts: max-age=1; preload}\n"
    assert site.write(conf=conf).pack().settings == {
        "https.redirect": b"true", "https.except": b"/a\n/-/x\n/b/*\n", "https.port": b"8443",
        "https.hsts": b"max-age=1; preload"}
    assert site.write(conf="https: {redirect: true, except: []}\n").pack().settings == {
        "https.redirect": b"true", "https.except": b""}


def test_who_may_renew_is_asked_on_every_host(site):
    conf = "https: {redirect: true, renew: {ada: %s}}\nhosts: {a.test: {aliases: [b.test]}}\n"
    pack = site.write(conf=conf % HASH).pack()
    assert pack.settings["https.renew"] == b"true"
    for host in pack.hosts.values():
        assert host.realms == [("/-/certificates", "Certificates", {"ada": HASH})], host.name


def test_mime_additions(site):
    pack = site.write({"a.glsl": b"", "b.html": b"", "c.x.y": b""},
                      "mime: {.glsl: text/x-glsl, .html: text/plain, .x.y: a/b}\n").pack()
    types = {p: r.type for p, r in pack.default.paths.items()}
    assert types == {"/a.glsl": "text/x-glsl; charset=utf-8", "/c.x.y": "a/b",
                     "/b.html": "text/plain; charset=utf-8"}


# --- mistakes in site.conf ---------------------------------------------------

@pytest.mark.parametrize("conf, line, column, words", [
    ("redirect: []", 1, 1, 'unknown key "redirect"; is "redirects" meant?'),
    ("zebra: 1", 1, 1, 'unknown key "zebra"'),
    ("clean_urls: yes", 1, 13, "false, true"),
    ("clean_urls: true\nclean_urls: false", 2, 1, 'a second "clean_urls"'),
    ("trailing_slash: sometimes", 1, 17, "add, remove, both"),
    ("redirects: /a", 1, 12, "a list is wanted"),
    ("redirects:\n  - {from: /a}", 2, 5, '"to" is missing'),
    ("redirects:\n  - {to: /a}", 2, 5, '"from" is missing'),
    ("redirects:\n  - {from: a, to: /b}", 2, 12, "begins with /"),
    ("redirects:\n  - {from: /a?b=c, to: /b}", 2, 12, "no ? or #"),
    ("redirects:\n  - {from: /a/../b, to: /b}", 2, 12, "segment"),
    ("redirects:\n  - {from: /a*b, to: /b}", 2, 12, "only at the end"),
    ("redirects:\n  - {from: /a, to: b}", 2, 20, "full URL"),
    ("redirects:\n  - {from: /a, to: /b/*}", 2, 5, '"to" ends with *'),
    ("redirects:\n  - {from: /a, to: /b, status: 300}", 2, 32, "301, 302, 303, 307, 308"),
    ("redirects:\n  - {from: /a, to: /b}\n  - {from: /a, to: /c}", 3, 5, "a second rule"),
    ("redirects:\n  - {from: /a, too: /b, to: /c}", 2, 16, 'is "to" meant?'),
    ("rewrites:\n  - {from: /a, to: 'http://b/'}", 2, 5, "a path of this site"),
    ("rewrites:\n  - {from: /a, to: /missing}", 2, 5, "no file answers at /missing"),
    ("errors: {200: /a}", 1, 10, "400 to 599"),
    ("errors: {4o4: /a}", 1, 10, "a number"),
    ("errors: {404: /missing.html}", 1, 15, "no file answers at /missing.html"),
    ("fallback: /missing.html", 1, 11, "no file answers"),
    ("headers: {a: {X: y}}", 1, 11, "a pattern begins with"),
    ("headers: {'*': {Content-Length: '1'}}", 1, 17, "the server makes the field"),
    ("headers: {'*': {'X Y': '1'}}", 1, 17, "not a field name"),
    ("headers: {'*': {X: \"a\\r\\nSet-Cookie: b\"}}", 1, 20, "a control character"),
    ("headers: {'*': {Content-Type: ''}}", 1, 31, "not a media type"),
    ("headers:\n  *.html: {X: y}", 2, 4, "needs quotes"),
    ("immutable: always", 1, 12, "fingerprinted"),
    ("auth: {/a: {users: {ada: secret}}}", 1, 26, "openssl passwd -5"),
    ("auth: {/a: {users: {ada: $1$salt$x}}}", 1, 26, "openssl passwd -5"),
    ("auth: {/a: {users: {ada: " + HASH.replace("$5$", "$5$rounds=999999$") + "}}}", 1, 26,
     "100000 rounds"),
    ("auth: {/a: {users: {'a:b': " + HASH + "}}}", 1, 21, 'no ":"'),
    ("auth: {/a: {realm: 'x\"y', users: {a: " + HASH + "}}}", 1, 20, "a realm"),
    ("auth: {/a: {realm: x}}", 1, 12, '"users" is missing'),
    ("hosts: {'a b': {}}", 1, 9, "name of a host"),
    ("hosts: {'a:80': {}}", 1, 9, "name of a host"),
    ("hosts: {a: {folder: ../x}}", 1, 21, "inside of the site"),
    ("hosts: {a: {folder: missing}}", 1, 21, "cannot take /missing: No such file"),
    ("hosts: {a: {folder: site.conf}}", 1, 21, "cannot take /site.conf: not a folder"),
    ("hosts: {a: {server: x}}", 1, 13, 'unknown key "server"'),
    ("hosts: {a: {https: {}}}", 1, 13, 'unknown key "https"'),
    ("https: {redirct: true}", 1, 9, 'is "redirect" meant?'),
    ("https: {redirect: 308}", 1, 19, "false, true"),
    ("https: {except: [a]}", 1, 18, "begins with /"),
    ("https: {except: [/a, /b?c]}", 1, 22, "no ? or #"),
    ("https: {except: [/a*/b]}", 1, 18, "only at the end"),
    ("https: {except: [/-/certificates]}", 1, 18, "never taken in plain"),
    ("https: {except: [/-/*]}", 1, 18, "never taken in plain"),
    ("https: {except: ['/*']}", 1, 18, "never taken in plain"),
    ("https: {port: 0}", 1, 15, "1 to 65535"),
    ("https: {port: 65536}", 1, 15, "65535"),
    ("https: {hsts: always}", 1, 15, "max-age=SECONDS"),
    ("https: {hsts: max-age=}", 1, 15, "max-age=SECONDS"),
    ("https: {hsts: max-age=1; includeSubdomains}", 1, 15, "includeSubDomains"),
    ("https: {hsts: max-age=1; preload; includeSubDomains}", 1, 15, "includeSubDomains"),
    ("https: {redirect: true, renew: {}}", 1, 32, "at least one user"),
    ("https: {redirect: true, renew: {ada: secret}}", 1, 38, "openssl passwd -5"),
    ("https: {renew: {ada: " + HASH + "}}", 1, 16, 'needs "redirect: true"'),
    ("headers: {'*': {Strict-Transport-Security: max-age=1}}", 1, 17, "the server makes the field"),
    ("mime: {txt: text/plain}", 1, 8, "with its dot"),
    ("mime: {.txt: text}", 1, 14, "not a media type"),
    ("hide: x", 1, 7, "a list is wanted"),
    ("status: on", 1, 9, "off"),
    ("status: {port: 0}", 1, 16, "1 to 65535"),
    ("status: {port: 65536}", 1, 16, "65535"),
    ("status: {ports: 9100}", 1, 10, 'is "port" meant?'),
    ("status: {users: {ada: secret}}", 1, 23, "openssl passwd -5"),
    ("status: {users: {}}", 1, 17, "nobody could enter"),
    ("status: {realm: x}", 1, 9, '"users" is missing'),
    ("hosts: {a: {status: off}}", 1, 13, 'unknown key "status"'),
    ("compress: gzip", 1, 11, "a list is wanted"),
    ("compress: [zstd]", 1, 12, "gzip, brotli"),
    ("clean_urls: [true]", 1, 13, "a single text"),
    ("- a\n- b", 1, 1, "key: value"),
    ("a: b: c", 1, 5, "mapping values are not allowed"),
    ("errors:\n\t404: /x", 2, 1, "cannot start any token"),
    ("clean_urls: true\n---\na: b", 3, 1, "a second document"),
])
def test_mistakes_have_line_and_column(site, conf, line, column, words):
    got = site.conf_error(conf + "\n")
    assert got[:2] == (line, column), got
    assert words in got[2]


def test_a_folder_of_a_host_may_not_leave(site):
    (site.folder / "out").symlink_to("/etc")
    line, column, message = site.conf_error("hosts: {a: {folder: out}}\n")
    assert (line, column) == (1, 21) and "it leaves the site" in message


def test_two_hosts_of_one_name(site):
    site.write({"a/x": b"", "b/x": b""},
               "hosts:\n  x.org: {folder: a}\n  y.org: {folder: b, aliases: [X.org]}\n")
    assert "two hosts have the name x.org" in site.refused()


def test_an_empty_site_conf_is_none(site):
    for conf in ("", "# only words\n", "{}\n"):
        assert set(site.write({"a.html": b""}, conf).pack().default.paths) == {"/a.html"}


# --- files of the server -----------------------------------------------------

@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    write_tree(folder, {"style.css": b"body {}", "js/a.js": b"1"})
    return folder


def test_every_host_has_the_files_of_the_server(site, shared):
    """With nothing that site.conf says of the site's own files."""
    pack = site.write({"a/a.html": TEXT}, """
pages: samples
headers: {"*": {X-Own: "1"}}
hosts:
  a.org: {folder: a}
  b.org: {redirects: [{from: /*, to: "https://a.org/*"}]}
""").pack("--shared", f"{shared}:/-")
    assert len(pack.hosts) == 3
    for host in pack.hosts.values():
        assert_holds(host, {"-/style.css": b"body {}", "-/js/a.js": b"1"})
        assert "X-Own" not in host.paths["/-/style.css"].fields()
    assert pack.data.count(b"body {}") == 1
    assert pack.settings == {"pages": b"samples"}
    assert site.notices == ""


def test_a_file_or_rule_of_the_site_comes_before_one_of_the_server(site, shared):
    pack = site.write({"-/style.css": b"own"}, "redirects: [{from: /-/js/a.js, to: /b}]\n").pack(
        "--shared", f"{shared}:/-")
    assert pack.default.paths["/-/style.css"].body == b"own"
    assert pack.default.redirects() == {"/-/js/a.js": (301, "/b")}
    assert "the site has a /-/style.css of its own" in site.notices
    assert "the site has a /-/js/a.js of its own" in site.notices


@pytest.mark.parametrize("wrong", ["{}", "{}:-", "{}:/-/", "{}/none:/-", "{}/style.css:/-"])
def test_a_folder_to_share_that_is_none(site, shared, wrong):
    result = site.write({"a.html": TEXT}).run("--shared", wrong.format(shared))
    assert result.returncode == 1 and str(shared) in result.stderr
    assert not site.out.exists()


def test_status_is_protected_on_every_host(site):
    pack = site.write({"index.html": TEXT}, f"""
status: {{port: 9100, realm: Machine room, users: {{ada: {HASH}}}}}
auth: {{/in: {{users: {{eve: {HASH}}}}}}}
hosts: {{a.org: {{}}}}
""").pack()
    assert pack.settings == {"status": b"9100"}
    for host, own in ((pack.default, [("/in", "Restricted", ["eve"])]), (pack.hosts["a.org"], [])):
        found = [(prefix, realm, list(users)) for prefix, realm, users in host.realms]
        status = [(p, "Machine room", ["ada"]) for p in ("/memory.json", "/memory", "/metrics")]
        assert sorted(found) == sorted(status + own)


def test_status_off(site):
    assert site.write(conf="status: off\n").pack().settings == {"status": b"off"}
    assert site.write(conf=f"status: {{users: {{ada: {HASH}}}}}\n").pack().settings == {}


def test_status_and_auth_may_not_name_the_same(site):
    site.write({}, f"auth: {{/memory: {{users: {{a: {HASH}}}}}}}\nstatus: {{users: {{b: {HASH}}}}}\n")
    assert '"auth" names /memory twice' in site.refused()


def test_unknown_pages(site):
    line, column, message = site.conf_error("pages: all\n")
    assert (line, column) == (1, 8) and "samples" in message


# --- the documentation -------------------------------------------------------

def doc_examples():
    """Each ```yaml block of docs/SITE_CONF.md, with the ```files block behind it."""
    with open(os.path.join(TOP, "docs", "SITE_CONF.md")) as f:
        blocks = re.findall(r"```(yaml|files)\n(.*?)```", f.read(), re.S)
    examples = []
    for kind, text in blocks:
        if kind == "yaml":
            examples.append((text, []))
        else:
            examples[-1][1].extend(text.split())
    return examples


@pytest.mark.parametrize("conf, files", doc_examples())
def test_each_example_of_the_documentation_packs(site, conf, files):
    site.write({"index.html": TEXT, **{f: TEXT for f in files}}, conf)
    site.pack()
    assert site.notices == ""


def test_the_documentation_names_every_key():
    keys = set()
    for name in ("conf.c", "https.c"):
        with open(os.path.join(TOP, "tools", "pack", name)) as f:
            keys |= set(re.findall(r'\{"([a-z_]+)", (?:conf_|https_)?read', f.read()))
    with open(os.path.join(TOP, "docs", "SITE_CONF.md")) as f:
        doc = f.read()
    assert len(keys) > 15
    assert [k for k in sorted(keys) if f"`{k}`" not in doc and f"{k}:" not in doc] == []


# --- speed -------------------------------------------------------------------

def test_a_second_run_compresses_nothing(site, tmp_path):
    """With a cache, no encoder runs: the entries are not written again."""
    site.write({f"{i}.html": TEXT * 20 + b"%d" % i for i in range(20)})
    cache = tmp_path / "cache"
    site.pack("--cache", str(cache))
    before = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
    assert len(before) == 40
    site.pack("--cache", str(cache))
    assert {p.name: p.stat().st_mtime_ns for p in cache.iterdir()} == before

# SPDX-License-Identifier: BSD-2-Clause
"""What is served is what lies in the folder, byte for byte."""

import email.utils
import os
import time
import urllib.parse

import answers
import pytest
from conftest import ROOT

CONTENT = os.path.join(ROOT, "site", "content")
ASSETS = os.path.join(ROOT, "build", "assets")
NOT_SERVED = ("site.conf",)


def files_below(folder):
    """Paths of the files that a packed `folder` serves, relative to it."""
    for at, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            path = os.path.relpath(os.path.join(at, name), folder)
            if not name.startswith(".") and path not in NOT_SERVED:
                yield path


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def fetch(guest, target, **headers):
    """GET with the site's own redirects followed: (response, body)."""
    for _ in range(3):
        response, body = guest.request(target, headers=headers)
        if response.status not in (301, 302, 307, 308):
            return response, body
        target = response.getheader("Location")
        assert target.startswith("/"), f"redirected away: {target}"
    pytest.fail(f"{target} redirects for ever")


def differing(guest, folder):
    """The files whose answer is not their content."""
    return [
        path
        for path in files_below(folder)
        if fetch(guest, "/" + urllib.parse.quote(path))[1] != read(folder, path)
    ]


def test_every_file_of_the_sample_site(guest):
    assert len(list(files_below(CONTENT))) > 5
    assert differing(guest, CONTENT) == []


def test_every_file_of_the_server(guest):
    names = sorted(files_below(ASSETS))
    assert len(names) >= 3
    assert [n for n in names if guest.get("/-/" + n) != read(ASSETS, n)] == []


def test_the_root_is_the_index(guest):
    assert guest.get("/") == read(CONTENT, "index.html")


@pytest.mark.parametrize("name, kind", [("/", "text/html"), ("/-/style.css", "text/css")])
def test_media_type(guest, name, kind):
    response, _ = guest.request(name)
    assert response.getheader("Content-Type") in (kind, kind + "; charset=utf-8")


def test_validators_and_date_are_there(guest):
    response, _ = guest.request("/")
    assert response.getheader("ETag", "")[:1] == '"'
    assert response.getheader("Last-Modified", "").endswith(" GMT")
    assert response.getheader("Date", "").endswith(" GMT")


def test_date_is_now(guest):
    """The VM's wall clock is the host's, to a few seconds."""
    response, _ = guest.request("/")
    date = email.utils.parsedate_to_datetime(response.getheader("Date"))
    assert abs(date.timestamp() - time.time()) < 5


def test_head_is_get_without_the_body(guest):
    for target in ("/", "/-/style.css", "/nothing-here", "/memory"):
        request = "{} %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target
        get = answers.one(guest.exchange(request.format("GET").encode()))
        head = answers.one(guest.exchange(request.format("HEAD").encode()), "HEAD")
        if target != "/memory":  # its length changes with its numbers
            assert head.undated_head() == get.undated_head()
        assert head.status == get.status


def test_curl_gets_the_same(guest):
    """A client that asks for compression sees the same content."""
    url = f"http://{guest.host}:{guest.port}/-/style.css"
    done = guest.run(["curl", "-sS", "--fail", "--compressed", url])
    assert done.returncode == 0, done.stderr
    assert done.stdout.encode() == read(ASSETS, "style.css")


def test_unchanged_is_not_sent_again(guest):
    response, _ = guest.request("/")
    tag = response.getheader("ETag")
    response, body = guest.request("/", headers={"If-None-Match": tag})
    assert (response.status, body, response.getheader("ETag")) == (304, b"", tag)

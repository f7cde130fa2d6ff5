# SPDX-License-Identifier: BSD-2-Clause
"""nginx and the VM get the same requests: every difference between the answers
is explained, and docs/NGINX.md shows the answers of today."""

import compare_nginx
import pytest


@pytest.fixture(scope="module")
def rows():
    assert compare_nginx.NGINX, "nginx is not installed (package nginx-light)"
    return compare_nginx.compare()


def test_each_difference_is_explained(rows):
    assert len(rows) >= 60
    assert compare_nginx.unexplained(rows) == []


def test_the_document_shows_the_answers(rows):
    text = compare_nginx.document_with(compare_nginx.table(rows))
    assert compare_nginx.DOCUMENT.read_text() == text, "`tests/compare_nginx.py --write` renews it"

# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the end-to-end tests: the real image in a real VM.

Everything that takes `guest` or `accel` runs once under every accelerator that
works here, and always under TCG. ACCEL=tcg (or kvm) in the environment
restricts that."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests"), HERE]

import guest as guests  # noqa: E402
import netns  # noqa: E402
from tls import tls_image, tls_pairs  # noqa: E402, F401
from vm import accel as accels  # noqa: E402

NO_LAN = netns.impossible()
ACCELS = [os.environ["ACCEL"]] if os.environ.get("ACCEL") else accels.available()


def pytest_report_header(config):
    image = f"{os.path.getsize(guests.IMAGE)} bytes" if os.path.exists(guests.IMAGE) else "missing"
    return [
        f"image: {guests.IMAGE}, {image}",
        f"accelerators: {', '.join(ACCELS)}",
        f"own network: {NO_LAN or 'tap in a namespace'}",
    ]


def pytest_sessionstart(session):
    if not os.path.exists(guests.IMAGE):
        pytest.exit(f"{guests.IMAGE} is not there: `make image` builds it", 1)


@pytest.fixture(scope="session", params=ACCELS)
def accel(request):
    return request.param


@pytest.fixture(scope="session")
def lan():
    """Skips where no network of our own can be made."""
    if NO_LAN:
        pytest.skip(NO_LAN)


def boot(accel, options=(), **fields):
    """A VM on the best network there is, with more boot options; not waited for."""
    if NO_LAN:
        return guests.user_guest(accel, options, **fields)
    fixed = (guests.STATIC4, guests.STATIC6)
    return guests.lan_guest(accel, (*fixed, *options), **fields)


@pytest.fixture(scope="session")
def booted(accel):
    """The VM that most tests share: booted once per accelerator."""
    with boot(accel) as g:
        yield g.wait_answer()


@pytest.fixture
def guest(booted):
    """The shared VM, which must survive the test."""
    booted.healthy()
    yield booted
    booted.healthy()

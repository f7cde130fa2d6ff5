# SPDX-License-Identifier: BSD-2-Clause
"""Images with other sites in them, made as a user makes them."""

import os
import subprocess

from guest import ROOT

BUILD = os.path.join(ROOT, "build", "e2e")


def make_image(name, *settings):
    """The path of an image: below build/e2e/NAME, beside the one that all others boot."""
    out = os.path.join(BUILD, name)
    argv = ["make", "-s", "-C", ROOT, "image", f"OUT={out}", *settings]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return os.path.join(out, "thimble.elf")


def build(site, name):
    """The image with `site` in it, as `make image SITE=` builds it."""
    return make_image(name, "TLS=0", f"SITE={site}")

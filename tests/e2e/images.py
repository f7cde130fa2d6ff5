# SPDX-License-Identifier: BSD-2-Clause
"""Images with other sites in them, made as a user makes them."""

import os
import shutil
import subprocess

from guest import ROOT

BUILD = os.path.join(ROOT, "build", "e2e")


def make_image(site):
    argv = ["make", "-s", "-C", ROOT, "image", f"SITE={site}"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def build(site, name):
    """The image with `site` in it, as `make image SITE=` builds it."""
    out = os.path.join(BUILD, name + ".elf")
    os.makedirs(BUILD, exist_ok=True)
    try:
        make_image(site)
        shutil.copy(os.path.join(ROOT, "build", "thimble.elf"), out)
    finally:
        make_image("site/content")
    return out

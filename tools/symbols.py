# SPDX-License-Identifier: BSD-2-Clause
"""The functions behind addresses of the image, by addr2line."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _tidy(place):
    place = os.path.relpath(place, ROOT) if place.startswith("/") else place
    place = re.sub(r" \(discriminator \d+\)", "", place).removesuffix(":?").removesuffix("??")
    return place.replace("<artificial>:", "line ")  # of optimization over files


def places(image, addresses):
    """For each address the calls it stands for as (function, place), innermost
    first: where functions were inlined they are several. Unknown ones: none."""
    found, calls, function = {}, None, None
    if not addresses:
        return found
    asked = "\n".join(f"{a:x}" for a in sorted(addresses)) + "\n"
    argv = ["addr2line", "-e", image, "-a", "-f", "-i", "-C"]
    done = subprocess.run(argv, input=asked, capture_output=True, text=True)
    if done.returncode:
        sys.exit("addr2line: " + done.stderr.strip())
    for line in done.stdout.splitlines():
        if line.startswith("0x"):
            function, calls = None, found.setdefault(int(line, 16), [])
        elif function is None:
            function = line
        else:
            # A function whose parts the optimizer moved apart appears twice.
            if calls and calls[-1][0] == function:
                calls.pop()
            if function != "??":
                calls.append((function, _tidy(line)))
            function = None
    return found

# SPDX-License-Identifier: BSD-2-Clause
"""The bench: Thimble beside what people would use instead.

contestants   what is measured, and how it is started
counts        guest instructions and VM exits per request
loads         what clients ask for: rates and latencies"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build", "bench")
for _folder in ("tools", "tests/e2e"):
    if os.path.join(ROOT, _folder) not in sys.path:
        sys.path.insert(0, os.path.join(ROOT, _folder))


def out(*names):
    """A path below build/bench."""
    return os.path.join(OUT, *names)


def say(text):
    """Progress, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()

# SPDX-License-Identifier: BSD-2-Clause
"""Lines of text from a pipe, kept and waited for: a guest's console."""

import re
import threading
import time

WAIT_S = 30  # for a line that will come; generous, the machine may be busy


def printable(text):
    """`text` without anything that a terminal would act upon."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


class Console:
    """Reads `pipe` to its end in a thread of its own.

    lines    whole lines so far, without their ends
    on_line  called with each line, in that thread"""

    def __init__(self, pipe, on_line=None):
        self.lines = []
        self._pipe = pipe
        self._on_line = on_line
        self._grown = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with self._pipe as pipe:
            for raw in pipe:
                line = printable(raw.decode("utf-8", "replace").rstrip("\r\n"))
                with self._grown:
                    self.lines.append(line)
                    self._grown.notify_all()
                if self._on_line:
                    self._on_line(line)
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def _find(self, pattern, start):
        for at in range(start, len(self.lines)):
            if re.search(pattern, self.lines[at]):
                return at
        return None

    def wait(self, pattern, timeout_s=WAIT_S, start=0):
        """Index of the first line from `start` on that matches, once it is there.

        None when time is up or the pipe has ended without it."""
        deadline = time.monotonic() + timeout_s
        with self._grown:
            while True:
                at = self._find(pattern, start)
                if at is not None:
                    return at
                start = len(self.lines)
                left_s = deadline - time.monotonic()
                if self._ended or left_s <= 0:
                    return None
                self._grown.wait(left_s)

    def drain(self, timeout_s=5):
        """Wait for the rest of what an ended process wrote, if nobody else holds the pipe."""
        self._thread.join(timeout_s)

    def text(self):
        return "\n".join(self.lines)

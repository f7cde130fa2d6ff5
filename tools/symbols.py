# SPDX-License-Identifier: BSD-2-Clause
"""The functions behind addresses of the image, by addr2line; the calls that a
stack holds, by readelf."""

import bisect
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


class Frames:
    """Where each function keeps what leads to its caller: the image's call frame
    information (DWARF 6.4), as readelf writes it out."""

    def __init__(self, image):
        argv = ["readelf", "--debug-dump=frames-interp", image]
        text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        rows, end, columns = {}, None, []
        for line in text.splitlines():
            words = line.split()
            if fde := re.search(r" FDE .* pc=([0-9a-f]+)\.\.([0-9a-f]+)", line):
                start, end = (int(a, 16) for a in fde.groups())
                rows.setdefault(end, None)
                rows[start] = ("rsp", 8, None)
            elif " CIE " in line:
                end = None
            elif words[:1] == ["LOC"]:
                columns = words
            elif end and len(words) == len(columns):
                row = dict(zip(columns, words))
                rows[int(row["LOC"], 16)] = self._row(row)
        names = subprocess.run(["nm", image], check=True, capture_output=True, text=True).stdout
        self.ring0_stack_top = int(re.search(r"^(\w+) \w ring0_stack_top$", names, re.M)[1], 16)
        self.addresses = sorted(rows)
        self.rows = [rows[a] for a in self.addresses]

    @staticmethod
    def _row(row):
        cfa = re.fullmatch(r"(rsp|rbp)\+(\d+)", row["CFA"])
        rbp = re.fullmatch(r"c-(\d+)", row.get("rbp", "u"))
        return cfa and (cfa[1], int(cfa[2]), rbp and int(rbp[1]))

    def callers(self, word, rip, rsp, rbp):
        """The addresses of the calls that led to `rip`, innermost first.
        word(address) is what the memory holds there, or None."""
        while row := self.rows[max(0, bisect.bisect_right(self.addresses, rip) - 1)]:
            base, offset, rbp_offset = row
            rsp = (rsp if base == "rsp" else rbp) + offset
            back = word(rsp - 8)
            if not back:
                return
            rbp = word(rsp - rbp_offset) if rbp_offset else rbp
            rip = back - 1
            yield rip

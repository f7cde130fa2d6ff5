#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks on the sources that no compiler makes: `make check` runs it when the
objects are built. Each check yields complaints; any complaint is a failure."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

import documents  # noqa: E402
import layers  # noqa: E402
import style  # noqa: E402

CHECKS = {
    "headers": layers.headers,
    "symbols": layers.symbols,
    "names": layers.names,
    "format": style.clang_format,
    "conditionals": style.conditionals,
    "sizes": style.sizes,
    "licences": style.licences,
    "documents": documents.names,
    "links": documents.links,
}


def tracked():
    """Files of the project: those under version control and those about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        listed = done.stdout.splitlines()
    else:  # an unpacked archive: everything outside build/
        listed = []
        for folder, folders, files in os.walk("."):
            folders[:] = [f for f in folders if f not in (".git", "build", "__pycache__")]
            listed += [os.path.relpath(os.path.join(folder, f)) for f in files]
    return sorted({f for f in listed if os.path.isfile(f)})


def main():
    os.chdir(os.path.dirname(os.path.dirname(HERE)))
    files = tracked()
    failed = False
    for name, check in CHECKS.items():
        complaints = list(check(files))
        print(f"  check {name}: {len(complaints) or 'no'} complaint{'s' * (len(complaints) != 1)}")
        for complaint in complaints:
            print(f"    {complaint}")
        failed = failed or bool(complaints)
    return failed


if __name__ == "__main__":
    sys.exit(main())

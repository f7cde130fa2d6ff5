# SPDX-License-Identifier: BSD-2-Clause
"""What the style asks of a source file by itself."""

import os
import re
import subprocess

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# Files of C that may hold a conditional; each with its reason.
CONDITIONALS = {}

LICENCE = "SPDX-License-Identifier: BSD-2-Clause"
SOURCES = (".c", ".h", ".S", ".ld", ".py", ".sh")


def c_files(files):
    return [f for f in files if f.endswith((".c", ".h"))]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def clang_format(files):
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *c_files(files)], capture_output=True, text=True
    )
    seen = set()
    for path, line in re.findall(r"^([^:\n]+):(\d+):\d+: error:", done.stderr, re.M):
        if path not in seen:
            seen.add(path)
            yield f"{path}:{line}: not as clang-format has it"
    if done.returncode and not seen:
        yield done.stderr.strip()


def conditionals(files):
    """Variation is by file: #if and the like are in no .c file."""
    for path in files:
        if not path.endswith(".c") or path in CONDITIONALS:
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b", line):
                yield f"{path}:{number}: {line.strip()}"


def functions(text):
    """(name, first line, lines) of each function of formatted C."""
    head = None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"[A-Za-z_]", line) and not re.match(r"(struct|enum|union|typedef)\b[^(]*$", line):
            head = head or (number, line)
        if re.match(r"\S.*;$", line) or line.endswith("= {") or not line:
            head = None
        if line == "}" and head:
            name = re.search(r"(\w+)\(", head[1])
            yield name.group(1) if name else "?", head[0], number - head[0] + 1
            head = None


def sizes(files):
    for path in c_files(files):
        text = read(path)
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            yield f"{path}: {lines} lines, more than {FILE_LINES_MAX}"
        for name, number, length in functions(text):
            if length > FUNCTION_LINES_MAX:
                yield f"{path}:{number}: {name} has {length} lines, more than {FUNCTION_LINES_MAX}"


def licences(files):
    for path in files:
        script = os.access(path, os.X_OK) and "/" in path and not path.startswith(".")
        if not path.endswith(SOURCES) and path != "Makefile" and not script:
            continue
        if LICENCE not in "\n".join(read(path).splitlines()[:3]):
            yield f"{path}: no SPDX line in its first three"

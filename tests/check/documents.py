# SPDX-License-Identifier: BSD-2-Clause
"""The documents name what exists: functions, identifiers, files, make targets."""

import glob
import os
import re

CODE = (".c", ".h", ".S", ".ld", ".py", ".sh", ".js", ".conf")
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^( *```.*?^ *```)", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def documents(files):
    return [f for f in files if f.endswith(".md")]


def words(files):
    """Every identifier in the sources, the tools and the Makefile."""
    found = set()
    for path in files:
        if path.startswith(("tests/data/", "tests/fuzz/corpus/")):
            continue
        tool = path.startswith("tools/") and "." not in os.path.basename(path)
        if path.endswith(CODE) or tool or path == "Makefile":
            found.update(re.findall(r"\w+", read(path)))
    return found


def targets():
    makefile = read("Makefile")
    included = (read(path) for path in re.findall(r"^include (\S+)$", makefile, re.M))
    return set(re.findall(r"^([a-z-]+):", "\n".join([makefile, *included]), re.M))


def exists(path):
    """A file, folder or pattern of the tree; what is built may be missing, and
    a page of HTML is most likely one of a site that serves as an example."""
    return path.startswith("build/") or path.endswith(".html") or bool(glob.glob(path.rstrip("/")))


def names(files):
    known, made = words(files), targets()
    tops = {f.split("/")[0] for f in files if "/" in f}
    for path in documents(files):
        created = set(re.findall(r"Create `([^`]+)`", read(path)))
        for span in SPAN.findall(FENCE.sub("", read(path))):
            call = re.fullmatch(r"(\w+)\(.*\)", span)
            if call and call.group(1) not in known:
                yield f"{path}: `{span}`: no such function"
            elif re.fullmatch(r"(struct |enum )?\w*[a-zA-Z]_\w+", span):
                if span.split()[-1] not in known:
                    yield f"{path}: `{span}`: no such name in the sources"
            elif re.fullmatch(r"[\w.*-]+/[\w./*-]*", span) and span.split("/")[0] in tops:
                if not exists(span) and span not in created:
                    yield f"{path}: `{span}`: no such file"
        for target in re.findall(r"(?:^|`|\$ )make ([a-z-]+)(?![\w/.-])", read(path), re.M):
            if target not in made:
                yield f"{path}: make {target}: no such target"


def links(files):
    for path in documents(files):
        for target in LINK.findall(FENCE.sub("", read(path))):
            if re.match(r"[a-z]+:", target):
                continue
            if not os.path.exists(os.path.join(os.path.dirname(path), target)):
                yield f"{path}: a link to {target}, which is not there"

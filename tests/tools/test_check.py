# SPDX-License-Identifier: BSD-2-Clause
"""The checks of `make check` on a small tree that breaks each rule once."""

import os
import subprocess
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "check"))

import documents  # noqa: E402
import layers  # noqa: E402
import style  # noqa: E402

SPDX = "/* SPDX-License-Identifier: BSD-2-Clause */\n"


class Tree:
    """Files below a folder that is the current one."""

    def __init__(self, top):
        self.top = top
        self.files = []
        self.write("Makefile", "# " + SPDX + "lib.uses :=\nhttp.uses := lib\nrun: image ## it\n")
        self.write("kernel/link.ld", SPDX + "image_end = .;\n")
        (top / "build/headers/include").mkdir(parents=True)
        (top / "build/headers/include/stdint.h").write_text("typedef unsigned char uint8_t;\n")

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name not in self.files:
            self.files.append(name)

    def compile(self, name, text):
        self.write(name, SPDX + text)
        target = self.top / "build/hosted" / (name + ".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-w", "-c", self.top / name, "-o", target], check=True)

    def complaints(self, check):
        return list(check(self.files))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Tree(tmp_path)


def test_header_that_needs_another(tree):
    tree.write("lib/include/lib/good.h", "#pragma once\n#include <stdint.h>\nextern uint8_t a;\n")
    tree.write("lib/include/lib/bad.h", "#pragma once\nextern uint8_t b;\n")
    tree.write("lib/include/lib/up.h", "#pragma once\n#include <http/x.h>\n")
    tree.write("http/include/http/x.h", "#pragma once\n#include <lib/good.h>\n")
    bad = [c.split(" ")[0] for c in tree.complaints(layers.headers)]
    assert bad == ["lib/include/lib/bad.h", "lib/include/lib/up.h"]


def test_symbol_of_a_layer_above(tree):
    tree.compile("lib/a.c", "void http_b(void); void lib_a(void) { http_b(); }\n")
    tree.compile("http/b.c", "void lib_a(void); void http_b(void) { lib_a(); }\n")
    (complaint,) = tree.complaints(layers.symbols)
    assert "lib/a.c.o needs http_b" in complaint


def test_symbol_of_the_c_library(tree):
    tree.compile("lib/a.c", "void *memcpy(); int lib_a(char *p) { return puts(memcpy(p, p, *p)); }\n")
    tree.compile("http/b.c", "int http_b;\n")
    (complaint,) = tree.complaints(layers.symbols)
    assert "needs puts" in complaint


def test_layer_without_objects(tree):
    tree.compile("http/b.c", "int http_b;\n")
    assert tree.complaints(layers.symbols) == ["lib/: no objects to look at"]


def test_object_of_a_source_that_is_gone(tree):
    tree.compile("lib/a.c", "int lib_a;\n")
    tree.compile("http/b.c", "int http_b;\n")
    tree.compile("lib/old.c", "int puts(); int lib_old(void) { return puts(); }\n")
    os.remove("lib/old.c")
    assert tree.complaints(layers.symbols) == []


def test_name_without_prefix(tree):
    tree.compile("http/b.c", "int http_b, other; static int own; int *http_p = &own;\n")
    (complaint,) = tree.complaints(layers.names)
    assert "defines other" in complaint


def test_format(tree):
    tree.write("a.c", "int  a;\n")
    tree.write("b.c", "int b;\n")
    assert [c.split(":")[0] for c in tree.complaints(style.clang_format)] == ["a.c"]


def test_conditional(tree):
    tree.write("a.c", "#include <x.h>\n# ifdef __linux__\n#endif\n")
    tree.write("a.h", "#if 1\n#endif\n")
    (complaint,) = tree.complaints(style.conditionals)
    assert complaint.startswith("a.c:2:")


def test_sizes(tree):
    def function(lines):
        return "static int f(int a,\n    int b) {\n" + "  a++;\n" * (lines - 3) + "}\n"

    tree.write("long.c", "int a;\n" * 601)
    tree.write("f.c", "struct x {\n" + "  int a;\n" * 80 + "};\n\n" + function(71) + function(70))
    long, f = tree.complaints(style.sizes)
    assert long.startswith("long.c: 601 lines")
    assert f.startswith("f.c:84: f has 71 lines")


def test_licences(tree):
    tree.write("a.c", SPDX)
    tree.write("b.c", "int b;\n")
    tree.write("tools/run", "#!/bin/sh\n")
    os.chmod("tools/run", 0o755)
    assert [c.split(":")[0] for c in tree.complaints(style.licences)] == ["b.c", "tools/run"]


GOOD = """`lib_there()` and `LIB_MAX`, `struct lib_thing`, `lib/a.c`, `lib/*.c`, `build/x.elf`,
`make run`, [a](lib/a.c), [b](https://example.org/), `two words()`.

    make run

```sh
anything_at_all `lib/none.c`
```
"""


def test_documents(tree):
    tree.write("lib/a.c", "#define LIB_MAX 1\nstruct lib_thing;\nvoid lib_there(void);\n")
    tree.write("good.md", GOOD)
    assert tree.complaints(documents.names) + tree.complaints(documents.links) == []
    wrong = ["`lib_gone()`", "`gone()`", "`LIB_GONE`", "`struct lib_gone`", "`lib/gone.c`"]
    for text in wrong + ["`make gone`", "[x](lib/gone.c)"]:
        tree.write("bad.md", text + "\n")
        found = tree.complaints(documents.names) + tree.complaints(documents.links)
        assert len(found) == 1 and "gone" in found[0].lower(), text

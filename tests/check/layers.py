# SPDX-License-Identifier: BSD-2-Clause
"""The layers: what the Makefile's table says, held against headers and objects.

A layer may need symbols that it defines itself, that a layer of its row
defines, that its external library defines, and a few functions of string.h.
The hosted objects are looked at; of kernel/, which they lack, the guest's."""

import glob
import os
import re
import subprocess

STRING = set(
    "memcmp memchr memrchr memcpy memmove memset strlen strnlen strcmp strncmp strchr strchrnul".split()
)
COMPILER = {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "__stack_chk_guard"}

# The objects of a layer's external library, below build/hosted.
EXTERNAL = {"net": ["lwip"], "tls": ["mbedtls", "openssl"], "http": ["crypt.o"]}

# A folder that takes a layer's place in an image without it.
STAND_IN = {"tls": "tls_none"}

# Symbols of a layer that an upper or external one asks it for by name: the
# assertion, the program's start, the site, and the hooks of libraries.
UPWARD = {"lib_assert_fail", "app_main", "site_start", "site_end"}
HOOKS = {
    "net": {"sys_now", "memp_init", "memp_malloc", "memp_free"},
    "tls": {
        "mbedtls_ms_time",
        "mbedtls_psa_external_get_random",
        "mbedtls_internal_sha256_process",
        "OPENSSL_ia32cap_P",
    },
}

# kernel/ prefixes what it shows; hosted/ is a program of Unix.
PREFIXED = ("lib", "memstat", "http", "site", "app", "net", "tls")


def table():
    """{layer: [layers it may use]}, from the Makefile."""
    with open("Makefile", encoding="utf-8") as f:
        rows = re.findall(r"^(\w+)\.uses\s*:=(.*)$", f.read(), re.M)
    return {layer: uses.split() for layer, uses in rows}


def headers(files):
    """Each public header compiles alone, twice, with its layer's includes only."""
    warnings = ["-Wall", "-Wextra", "-Wstrict-prototypes", "-Werror"]
    for layer, uses in table().items():
        includes = [f"-I{folder}/include" for folder in [layer, *uses]]
        for path in sorted(glob.glob(f"{layer}/include/{layer}/*.h")):
            name = path.split("/include/")[1]
            done = subprocess.run(
                ["gcc", "-std=gnu11", "-fsyntax-only", "-nostdinc", "-isystem"]
                + ["build/headers/include", *warnings, *includes, "-x", "c", "-"],
                input=f"#include <{name}>\n#include <{name}>\n",
                capture_output=True,
                text=True,
            )
            if done.returncode:
                yield f"{path} does not compile alone: {done.stderr.strip().splitlines()[0]}"


def objects(build, folder):
    path = f"build/{build}/{folder}"
    if not folder:
        return []
    if os.path.isfile(path):
        return [path]
    return sorted(glob.glob(f"{path}/**/*.o", recursive=True))


def current(build, layer):
    """Objects of a layer whose source is still there."""
    return [o for o in objects(build, layer) if os.path.exists(o.split("/", 2)[2][: -len(".o")])]


def nm(paths):
    """(symbol, type, object) of all global symbols; understands LTO objects."""
    if not paths:
        return
    command = ["gcc-nm", "--print-file-name", "--extern-only", "--format=posix", *paths]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        path, rest = line.split(": ", 1)
        symbol, kind = rest.split()[:2]
        yield symbol, kind, path


def defined(paths):
    return {symbol for symbol, kind, _ in nm(paths) if kind not in "Uwv"}


def linker_symbols():
    with open("kernel/link.ld", encoding="utf-8") as f:
        return set(re.findall(r"\b(\w+) = ", f.read()))


def own_objects(layer):
    return current("guest" if layer == "kernel" else "hosted", layer)


def provided(layer):
    """Symbols of a layer or of what stands in for it."""
    return defined(own_objects(layer)) | defined(own_objects(STAND_IN.get(layer, "")))


def symbols(files):
    """No layer needs a symbol of one that its row does not name."""
    rows = table()
    owns = {layer: provided(layer) for layer in rows}
    for layer, uses in rows.items():
        if layer == "hosted" or (layer in STAND_IN.values() and not own_objects(layer)):
            continue
        if not owns[layer]:
            yield f"{layer}/: no objects to look at"
        allowed = STRING | COMPILER | UPWARD | owns[layer]
        for other in uses:
            allowed |= owns[other]
        for external in EXTERNAL.get(layer, []):
            allowed |= defined(objects("hosted", external))
        if layer == "kernel":
            allowed |= linker_symbols()
        for symbol, kind, path in nm(own_objects(layer)):
            if kind == "U" and symbol not in allowed:
                yield f"{path} needs {symbol}, which no layer below {layer}/ has"


def names(files):
    """Global symbols begin with their layer's name."""
    for layer in table():
        if layer not in PREFIXED:
            continue
        for symbol, kind, path in nm(own_objects(layer)):
            hook = symbol in HOOKS.get(layer, ()) or symbol in UPWARD
            if kind not in "Uwv" and not symbol.startswith(layer + "_") and not hook:
                yield f"{path} defines {symbol}: it is global and has not the prefix {layer}_"

#!/usr/bin/env python3
"""Every IDL file of Debian's libwine-dev and mingw-w64-common through penidl and two compilers.

    idl_corpus.py PENIDL TABLE INCLUDE... [--update]

The files are read where the packages put them; nothing of them is kept. TABLE is
docs/idl-corpus.md, which has to say what was found; --update writes it.
"""
import collections
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

PACKAGES = ("libwine-dev", "mingw-w64-common")
# As our own build has them.
WARNINGS = ("-std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes "
            "-Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wpointer-arith -Wundef -Wvla "
            "-Wno-missing-field-initializers -Wno-unused-parameter -Wno-sign-compare").split()
COMPILERS = {"gcc": [], "clang": ["-Wno-gnu-alignof-expression"]}
# Files that penidl refuses, and why that is right.
REFUSED = {
    "msctf.idl": "gives HKL another meaning (UINT_PTR) than wtypes.idl, which it imports (void *)",
}
# Files whose C cannot be compiled alone, and why.
UNCOMPILED = {
    "videoacc.idl": "imports the C header amva.h, whose types need some of this file's own",
    "wsddisco.idl": "imports the C header wsdtypes.h, whose types need another header's",
}

TEXT = """# penidl and the IDL files of Wine

`test/peers/idl_corpus.py` lets penidl read every `.idl` of the packages below, as they are and
from where they are, with `-D __WIDL__`, by which these files choose what is for a compiler and not for
MIDL's built-in types. It then compiles the C that was written with gcc and clang under the warnings of
our own build. This page is its table, and it holds the page against what it finds.

| package | version | `.idl` files |
|---|---|---|
{packages}

| | files |
|---|---|
| parse | {n_parsed} of {n_all} |
| compile to C by themselves | {n_compiled} |
| are parts of others, which `#include` them; they compile there | {n_parts} |
| are refused | {n_refused} |
| of those with C: accepted by gcc and by clang | {n_accepted} of {n_compiled} |

What the C is made of: {n_types} structs, unions and enums with their tables, {n_objects} object interfaces with tables
for {n_methods} operations, those that they inherit included and those left out that cannot be sent, and the interfaces below. Local
interfaces are checked, and what of their types has a form on the wire is written.

| interface | of | operations |
|---|---|---|
{interfaces}

No operation of theirs is left out.

## Exceptions

| file | |
|---|---|
{exceptions}

Parts of others: {parts}.
"""


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Corpus:
    def __init__(self, penidl, includes, folder):
        self.penidl, self.includes, self.folder = penidl, includes, folder
        self.files = []
        self.packages = []
        for package in PACKAGES:
            files = [pathlib.Path(line) for line in output("dpkg", "-L", package).splitlines()
                     if line.endswith(".idl")]
            version = output("dpkg-query", "-W", "-f", "${Version}", package)
            self.packages.append(f"| {package} | {version} | {len(files)} |")
            self.files += files
        self.files.sort(key=lambda path: path.name)
        top = {path.parent for path in self.files}
        self.folders = sorted(top) + sorted({path.parent / "msvcrt" for path in top})

    def compile(self, path):
        """None, or penidl's first complaint; and the files that it read."""
        depfile = self.folder / (path.name + ".d")
        done = subprocess.run(
            [self.penidl, "-D", "__WIDL__", *(f"-I{folder}" for folder in self.folders),
             "--output-dir", self.folder, "--depfile", depfile, path],
            capture_output=True, text=True, timeout=600)
        if done.returncode:
            return done.stderr.split("\n")[0], set()
        return None, set(depfile.read_text().split(": ", 1)[1].split())

    def format(self, path, complaint):
        """None, or what is wrong with the file once it is formatted."""
        text = subprocess.run([self.penidl, "--format", path], capture_output=True, timeout=600)
        if text.returncode:
            return text.stderr.decode().split("\n")[0]
        copies = self.folder / "formatted"
        copies.mkdir(exist_ok=True)
        copy = copies / path.name
        copy.write_bytes(text.stdout)
        if subprocess.run([self.penidl, "--format", "--check", copy], capture_output=True, timeout=600).returncode:
            return "is no fixed point of --format"
        if complaint:
            return None
        done = subprocess.run(
            [self.penidl, "-D", "__WIDL__", *(f"-I{folder}" for folder in self.folders),
             "--output-dir", copies, copy], capture_output=True, text=True, timeout=600)
        if done.returncode:
            return "formatted: " + done.stderr.split("\n")[0]
        for suffix in (".h", ".c"):
            first, second = (re.sub(r"/\*.*?\*/", "", (folder / (path.stem + suffix)).read_text())
                             for folder in (self.folder, copies))
            if first != second:
                return "becomes other C when it is formatted"
        return None

    def write_headers(self):
        """C headers that are imported become headers of ours, by an IDL that includes them."""
        names = set()
        for path in self.files:
            names |= set(re.findall(r'^\s*import\s+"(\w+)\.h"', path.read_text(errors="replace"), re.M))
        sources = self.folder / "sources"
        sources.mkdir()
        for name in sorted(names):
            source = sources / f"{name}.idl"
            before = "" if name in ("basetsd", "guiddef") else 'import "wtypes.idl";\n'
            source.write_text(f'{before}#include "{name}.h"\n')
            self.compile(source)

    def accept(self, stem):
        """None, or the first complaint of a compiler."""
        for compiler, more in COMPILERS.items():
            done = subprocess.run(
                [compiler, *WARNINGS, *more, "-fsyntax-only", f"-I{self.folder}",
                 *(f"-I{folder}" for folder in self.includes), self.folder / f"{stem}.c"],
                capture_output=True, text=True, timeout=600)
            if done.returncode:
                complaints = [line for line in done.stderr.splitlines() if "error" in line]
                return f"{compiler}: {(complaints or ['?'])[0]}"
        return None

    def written(self):
        """Of each file with C: its path, its header, and its interfaces, each with whether it is an object's."""
        for path in self.files:
            header = self.folder / (path.stem + ".h")
            if not header.exists():
                continue
            source = (self.folder / (path.stem + ".c")).read_text()
            tables = re.findall(r"^const struct pen_interface (\w+)_interface = \{\n((?:\t.*\n)*)", source, re.M)
            yield path, header.read_text(), {name: ".is_object = true" in body for name, body in tables}

    def measure(self):
        """How many types, object interfaces and operations of theirs there are; and the others' rows."""
        n_types = n_objects = n_methods = 0
        rows = []
        for path, text, interfaces in self.written():
            n_types += len(re.findall(r"^(?:struct|union|enum) \w+ \{", text, re.M))
            n_types -= len(re.findall(r"^struct \w+_(?:in|out|operations) \{", text, re.M))
            n_objects += sum(interfaces.values())
            n_methods += len(re.findall(r"^struct \w+_in \{\n\tstruct pen_orpc_this ", text, re.M))
            for name in (name for name, is_object in interfaces.items() if not is_object):
                n = len(re.findall(rf"^static inline int {name}_\w+_start\(", text, re.M))
                rows.append(f"| {name} | {path.name} | {n or 'none: types alone'} |")
        return {"n_types": n_types, "n_objects": n_objects, "n_methods": n_methods, "interfaces": "\n".join(rows)}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    penidl, table = pathlib.Path(arguments[0]).resolve(), pathlib.Path(arguments[1])
    if subprocess.run(["dpkg", "-L", *PACKAGES], capture_output=True).returncode:
        print(f"needs {' and '.join(PACKAGES)}")
        return 77
    bad = []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        corpus = Corpus(penidl, arguments[2:], pathlib.Path(folder))
        results = dict(zip(corpus.files, pool.map(corpus.compile, corpus.files)))
        for path, complaint in zip(corpus.files, pool.map(
                lambda path: corpus.format(path, results[path][0]), corpus.files)):
            if complaint:
                bad.append(f"{path.name}: {complaint}")
        corpus.write_headers()
        compiled = [path for path, (complaint, _) in results.items() if not complaint]
        included = collections.Counter(pathlib.Path(name).name for path in compiled
                                       for name in results[path][1])
        parts, exceptions = [], []
        n_unparsed = 0
        for path, (complaint, _) in results.items():
            if not complaint:
                continue
            if path.name in REFUSED:
                exceptions.append(f"| `{path.name}` | refused: {REFUSED[path.name]} |")
            elif included[path.name]:
                parts.append(path.name)
            else:
                bad.append(f"{path.name}: {complaint}")
                n_unparsed += 1
        accepted = 0
        for path, complaint in zip(compiled, pool.map(corpus.accept, [p.stem for p in compiled])):
            accepted += not complaint
            if complaint and path.name in UNCOMPILED:
                exceptions.append(f"| `{path.name}` | its C: {UNCOMPILED[path.name]} |")
            elif complaint:
                bad.append(f"{path.name}: {complaint}")
        text = TEXT.format(
            packages="\n".join(corpus.packages), n_all=len(corpus.files),
            n_parsed=len(corpus.files) - n_unparsed, n_compiled=len(compiled), n_parts=len(parts),
            n_refused=len(exceptions) - (len(compiled) - accepted), n_accepted=accepted,
            **corpus.measure(),
            exceptions="\n".join(sorted(exceptions)), parts=", ".join(f"`{p}`" for p in sorted(parts)))
    for line in bad:
        print(line)
    if "--update" in sys.argv:
        table.write_text(text)
    elif table.read_text() != text:
        print(f"{table} is not what was found; --update writes it anew:\n{text}")
        bad.append("table")
    print(f"{len(corpus.files)} files, {len(bad)} complaints")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())

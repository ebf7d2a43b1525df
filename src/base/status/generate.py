#!/usr/bin/env python3
"""Makes C of the tables of status codes.

    generate.py header|source|win32 OUTPUT DIRECTORY

DIRECTORY holds ntstatus.txt, werror.txt and fault.txt, whose lines are a number, the
specification's name and our sentence, sorted by number (of names that share a number,
the first is the number's name), and map.txt, whose lines are the names of an NTSTATUS
and of the Win32 code that it becomes, with < between them where only the way back is meant.
"""
import pathlib
import re
import sys

KINDS = {"ntstatus": "STATUS", "werror": "WERR", "fault": "FAULT"}
SPEC_PREFIX = re.compile(r"^(STATUS_|ERROR_|nca_s_fault_|nca_s_)")
SENTENCE_MAX = 160


def die(path, number, message):
    sys.exit(f"{path}:{number}: {message}")


def lines(path):
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


def constant(kind, name):
    return f"PEN_{KINDS[kind]}_{SPEC_PREFIX.sub('', name).upper()}"


def read_table(directory, kind):
    path = directory / f"{kind}.txt"
    rows, seen, last = [], set(), -1
    for number, line in lines(path):
        match = re.fullmatch(r"(0x[0-9A-F]{8}) (\w+) ([A-Z0-9].*\.)", line)
        if not match:
            die(path, number, "not a number, a name and a sentence that ends with a period")
        value, name, sentence = int(match[1], 16), match[2], match[3]
        if value < last:
            die(path, number, "out of order")
        if constant(kind, name) in seen:
            die(path, number, f"{name} is here twice")
        if len(sentence) > SENTENCE_MAX:
            die(path, number, f"longer than {SENTENCE_MAX} characters")
        if re.search(r'["\\]', sentence):
            die(path, number, "a sentence needs no quotes and no backslashes")
        seen.add(constant(kind, name))
        rows.append((value, name, sentence))
        last = value
    return rows


def read_map(directory, tables):
    """Two maps of names: from NTSTATUS to Win32, and back."""
    path = directory / "map.txt"
    statuses = {name for _, name, _ in tables["ntstatus"]}
    werrors = {name for _, name, _ in tables["werror"]}
    forward, backward, back_only = {}, {}, {}
    for number, line in lines(path):
        match = re.fullmatch(r"(\w+) (< )?(\w+)", line)
        if not match or match[1] not in statuses or match[3] not in werrors:
            die(path, number, "not the names of an NTSTATUS and of a Win32 code")
        status, werror = match[1], match[3]
        if werror in back_only or (not match[2] and status in forward):
            die(path, number, f"{werror if match[2] else status} is here twice")
        if match[2]:
            back_only[werror] = status
        else:
            forward[status] = werror
            backward.setdefault(werror, status)
    return forward, backward | back_only


def write_header(tables):
    yield "/* SPDX-License-Identifier: MIT */"
    yield "/* Generated from the tables in src/base/status; include <penstock/status.h>. */"
    yield "#ifndef PENSTOCK_STATUS_CODES_H"
    yield "#define PENSTOCK_STATUS_CODES_H"
    yield "#include <stdint.h>"
    for kind, rows in tables.items():
        yield ""
        for value, name, _ in rows:
            yield f"#define {constant(kind, name)} UINT32_C(0x{value:08X})"
    yield ""
    yield "#endif"


def write_win32(tables):
    yield "/* SPDX-License-Identifier: MIT */"
    yield "/* Generated from the tables in src/base/status; include <penstock/win32.h>. */"
    yield "#ifndef PENSTOCK_WIN32_CODES_H"
    yield "#define PENSTOCK_WIN32_CODES_H"
    for kind, form in [("werror", "{}"), ("ntstatus", "((NTSTATUS)0x{:08X})")]:
        yield ""
        for value, name, _ in tables[kind]:
            yield f"#define {name} {form.format(value)}"
    yield ""
    yield "#endif"


def write_source(tables, forward, backward):
    yield "/* SPDX-License-Identifier: MIT */"
    yield "/* Generated from the tables in src/base/status, for src/base/status.c alone. */"
    yield "#include <penstock/status-codes.h>"
    for kind, rows in tables.items():
        at = 0
        yield ""
        yield f"static const struct status_row {kind}_rows[] = {{"
        for _, name, sentence in rows:
            yield f"\t{{ {constant(kind, name)}, {at} }},"
            at += len(name) + 1 + len(sentence) + 1
        yield "};"
        yield ""
        yield f"static const char {kind}_words[] ="
        for _, name, sentence in rows:
            yield f'\t"{name}\\0" "{sentence}\\0"'
        yield "\t;"

    for name, pairs, kind, other in [("werror_of_ntstatus", forward, "ntstatus", "werror"),
                                     ("ntstatus_of_werror", backward, "werror", "ntstatus")]:
        value = {name: value for value, name, _ in tables[kind]}
        yield ""
        yield f"static const struct status_pair {name}[] = {{"
        for key in sorted(pairs, key=value.get):
            yield f"\t{{ {constant(kind, key)}, {constant(other, pairs[key])} }},"
        yield "};"


def main():
    what, output, directory = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    tables = {kind: read_table(directory, kind) for kind in KINDS}
    maps = read_map(directory, tables)
    text = {"header": write_header, "win32": write_win32,
            "source": lambda tables: write_source(tables, *maps)}[what](tables)
    output.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()

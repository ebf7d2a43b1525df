#!/usr/bin/env python3
"""The table of rows in docs/conformance.md is what the tests are.

    check-rows.py SOURCE-ROOT
    check-rows.py --update SOURCE-ROOT

Each row of the semantics of named pipes has a line there: where it is tested, and for one that
is not tested in some way, why. The cells come from the tests' names; the last cell is kept.
"""
import pathlib
import re
import sys

ROWS = {"C": 43, "O": 16, "L": 13, "D": 9, "X": 11, "R": 22, "W": 20, "P": 14, "T": 10, "F": 6, "N": 10,
        "Q": 28, "J": 8, "I": 15, "S": 9, "A": 28, "H": 5, "E": 13, "Z": 3}
# Sources of tests, by column. A name may have several rows: test_R4_R5_what_it_is; so may the
# comment before a test: "R4 R5: what it is."
COLUMNS = {
    "engine": ["src/pipe/test-channel*.c"],
    "one process": ["test/pipes/rows-*.c"],
    "two": ["test/pipes/rows-*.c"],
    "Win32": ["test/win32/pipe-survey-*.c", "src/win32/test-*.c"],
    "smbd": ["test/peers/pipes_*.py"],
    "elsewhere": ["src/np/test-*.c", "src/object/test-*.c", "src/daemon/test-object*.c"],
}
HEAD = "| row | " + " | ".join(COLUMNS) + " | |\n|" + "---|" * (len(COLUMNS) + 2)
BEGIN, END = "<!-- rows: test/check-rows.py -->", "<!-- end of rows -->"


def tests(path):
    """Names of a file's tests, with their comments' rows, and what is in them."""
    text = path.read_text()
    pattern = r"def (test_\w+)\(.*?(?=\ndef |\Z)" if path.suffix == ".py" else \
        r"static void (test_\w+)\(.*?\n\}"
    for m in re.finditer(pattern, text, flags=re.S):
        said = re.search(r"/\* ((?:[A-Z]\d+ ?)+):(?:(?!\*/).)*\*/\n\Z", text[:m.start()], flags=re.S)
        yield m[1] + ("_" + said[1].replace(" ", "_") if said else ""), m[0]


def rows_of(name):
    return [part.upper() for part in name.split("_") if re.fullmatch(r"[a-zA-Z]\d+", part)]


def tested(root):
    found = {column: set() for column in COLUMNS}
    for column, patterns in COLUMNS.items():
        for path in [path for pattern in patterns for path in sorted(root.glob(pattern))]:
            for name, body in tests(path):
                only_two = "world_is_two" in body or "needs_root();" in body
                if column != "one process" or not only_two:
                    found[column].update(rows_of(name))
    return found


def table(found, reasons):
    yield HEAD
    for letter, n in ROWS.items():
        for row in (f"{letter}{i}" for i in range(1, n + 1)):
            cells = ["yes" if row in found[column] else "" for column in COLUMNS]
            yield f"| {row} | " + " | ".join(cells) + f" | {reasons.get(row, '')} |"


def main():
    update = sys.argv[1] == "--update"
    root = pathlib.Path(sys.argv[2 if update else 1])
    path = root / "docs/conformance.md"
    text = path.read_text()
    before, rest = text.split(BEGIN + "\n")
    old, after = rest.split(END)
    reasons = {}
    for line in old.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(COLUMNS) + 2 and re.fullmatch(r"[A-Z]\d+", cells[0]):
            reasons[cells[0]] = cells[-1]
    found = tested(root)
    new = "\n".join(table(found, reasons)) + "\n"
    if update:
        path.write_text(before + BEGIN + "\n" + new + END + after)
        return 0
    wrong = [] if new == old else ["the table of rows is not what the tests are: check-rows.py --update"]
    known = {f"{letter}{i}" for letter, n in ROWS.items() for i in range(1, n + 1)}
    for column, rows in found.items():
        wrong += [f"{column}: a test of {row}, which is no row" for row in sorted(rows - known)]
    wrong += [f"{row} has no test, and no reason" for row in sorted(known)
              if not any(row in rows for rows in found.values()) and not reasons.get(row)]
    print("\n".join(wrong) or "every row has its tests, or a reason")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

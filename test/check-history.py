#!/usr/bin/env python3
"""Holds that each test that docs/security-history.md names is there, and that no service
starts a program."""
import pathlib
import re
import sys

PROGRAMS = re.compile(r"\b(system|popen|execv[pe]*|execl[pe]*|posix_spawnp?|fork|vfork)\s*\(")


def missing(root):
    rows = (root / "docs/security-history.md").read_text().splitlines()
    for row in rows:
        if not row.startswith("| ") or row.startswith("| flaw"):
            continue
        cell = row.strip("| ").split(" | ")[-1]
        for part in cell.split("; "):
            file = re.match(r"`([^`]+)`", part)
            if not file or not (root / file[1]).is_file():
                yield f"no such file: {part}"
                continue
            text = (root / file[1]).read_text()
            for name in re.findall(r"\btest_\w+", part):
                if f"static void {name}(" not in text:
                    yield f"{file[1]} has no {name}"


def starts_programs(root):
    for path in sorted((root / "src/service").glob("**/*.c")):
        if path.name.startswith("test-"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if PROGRAMS.search(line):
                yield f"{path.relative_to(root)}:{number}: starts a program: {line.strip()}"


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = [*missing(root), *starts_programs(root)]
    print("\n".join(wrong) or "every test is there")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The library's symbol list is what the public headers declare, and all of it exists.

    check-symbols.py SOURCE-ROOT [LIBRARY]
    check-symbols.py --update SOURCE-ROOT

Interfaces that penidl generates are listed by their prefix.
"""
import pathlib
import re
import subprocess
import sys

GENERATED = ["dssetup_*", "dtyp_*", "epm_*", "krb5pac_*", "lsarpc_*", "mgmt_*", "rpcecho_*", "samr_*", "srvsvc_*"]


def declared(source):
    names = set()
    for header in sorted((source / "include/penstock").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        text = re.sub(r"^\s*#.*(\\\n.*)*", "", text, flags=re.M)
        text = re.sub(r"\bstatic inline\b[^{;]*\{.*?^\}", "", text, flags=re.S | re.M)
        text = re.sub(r"\bstruct \w+ \{.*?^\};", "", text, flags=re.S | re.M)
        text = re.sub(r"\btypedef\b[^;]*;", "", text)
        names.update(re.findall(r"(?<!\(\*)\b(pen_\w+)\s*\(", text))
        names.update(re.findall(r"extern const [\w ]+[ *](pen_\w+)(?:\[\])?;", text))
    return sorted(names)


def script(names):
    lines = "".join(f"\t{name};\n" for name in names + GENERATED)
    return f"PENSTOCK_0 {{\nglobal:\n{lines}local:\n\t*;\n}};\n"


def main():
    update = sys.argv[1] == "--update"
    source = pathlib.Path(sys.argv[2 if update else 1])
    names = declared(source)
    path = source / "src/penstock.sym"
    if update:
        path.write_text(script(names))
        return 0
    problems = []
    if path.read_text() != script(names):
        listed = set(re.findall(r"\b(pen_\w+);", path.read_text()))
        problems.append(f"{path} is not what the headers declare; run check-symbols.py --update: "
                        f"{sorted(listed ^ set(names))}")
    if len(sys.argv) > 2:
        shown = subprocess.run(["nm", "-D", "--defined-only", sys.argv[2]], capture_output=True,
                               text=True, check=True).stdout
        exported = {line.split()[-1].split("@")[0] for line in shown.splitlines()}
        problems += [f"{name} is declared and not in the library" for name in names
                     if name not in exported]
    print("\n".join(problems) or f"{len(names)} symbols")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

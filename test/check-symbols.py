#!/usr/bin/env python3
"""The libraries' symbol lists are what the public headers declare, and all of it exists.

    check-symbols.py SOURCE-ROOT [LIBRARY [WIN32-LIBRARY]]
    check-symbols.py --update SOURCE-ROOT

Interfaces that penidl generates are listed by their prefix. The headers <penstock/win32*.h> are
those of a library of their own, which also has the main that calls a program's wmain.
"""
import pathlib
import re
import subprocess
import sys

GENERATED = [name + "_*" for name in """
    ExtendedError FrsTransport IEventService ITaskSchedulerService Witness atsvc conv convc dssetup dtyp
    epm krb5pac lsarpc mgmt netdfs rpcecho samr sasec srvsvc svcctl tsch winreg winspool wkssvc
    """.split()]


def plain(header):
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    text = re.sub(r"^\s*#.*(\\\n.*)*", "", text, flags=re.M)
    text = re.sub(r"\bstatic inline\b[^{;]*\{.*?^\}", "", text, flags=re.S | re.M)
    text = re.sub(r"\bstruct \w+ \{.*?^\};", "", text, flags=re.S | re.M)
    return re.sub(r"\btypedef\b[^;]*;", "", text)


def headers_of(source):
    return sorted((source / "include/penstock").glob("*.h"))


def declared(source):
    names = set()
    for header in headers_of(source):
        if not header.name.startswith("win32"):
            text = plain(header)
            names.update(re.findall(r"(?<!\(\*)\b(pen_\w+)\s*\(", text))
            names.update(re.findall(r"extern const [\w ]+[ *](pen_\w+)(?:\[\])?;", text))
    return sorted(names)


def declared_win32(source):
    names = {"main"}
    for header in headers_of(source):
        if header.name.startswith("win32"):
            names.update(re.findall(r"\b(?:WINAPI|WINAPIV|NTAPI|__cdecl) (\w+)\(", plain(header)))
    return sorted(names)


def script(version, names):
    lines = "".join(f"\t{name};\n" for name in names)
    return f"{version} {{\nglobal:\n{lines}local:\n\t*;\n}};\n"


def untold(source, names):
    """Names of Win32's, without the letters A and W, that its manual page does not have."""
    page = (source / "docs/man/penstock-win32.7.scd").read_text().replace("\\", "")
    words = set(re.findall(r"\w+", page))
    plain_names = {name[:-1] if name[:-1] + "A" in names and name[:-1] + "W" in names else name for name in names}
    return sorted(name for name in plain_names - words
                  if name != "main" and not re.match("pen_win32_(?!send_handle|receive_handle)", name))


def exported(library):
    shown = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True,
                           check=True).stdout
    return {line.split()[-1].split("@")[0] for line in shown.splitlines()}


def main():
    update = sys.argv[1] == "--update"
    source = pathlib.Path(sys.argv[2 if update else 1])
    libraries = sys.argv[2:] if not update else []
    names, names_win32 = declared(source), declared_win32(source)
    problems = []
    for n, (list_name, version, wanted, extra) in enumerate([
            ("src/penstock.sym", "PENSTOCK_0", names, GENERATED),
            ("src/win32/win32.sym", "PENSTOCK_WIN32_0", names_win32, [])]):
        path = source / list_name
        text = script(version, wanted + extra)
        if update:
            path.write_text(text)
            continue
        if path.read_text() != text:
            listed = set(re.findall(r"^\t(\w+);", path.read_text(), flags=re.M))
            problems.append(f"{path} is not what the headers declare; run check-symbols.py "
                            f"--update: {sorted(listed ^ set(wanted))}")
        if n < len(libraries):
            there = exported(libraries[n])
            problems += [f"{name} is declared and not in the library" for name in wanted
                         if name not in there]
    problems += [f"{name} is not in penstock-win32(7)" for name in untold(source, names_win32)]
    if not update:
        print("\n".join(problems) or f"{len(names)} and {len(names_win32)} symbols")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

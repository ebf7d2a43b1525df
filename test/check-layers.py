#!/usr/bin/env python3
"""Holds the order of the rooms and the line between the pure ones and the kernel.

A room of src/ includes only rooms before it in ROOMS. The rooms before io/ are
pure: they include no header that opens, waits, reads a clock or makes a thread,
call nothing of the kind, and keep no variable outside a function's frame.
"""
import pathlib
import re
import sys

ROOMS = ("base crypto ndr compiler sec policy rpc smb pipe nmf object io np runtime store service worker "
         "muxer netapi win32 daemon tool").split()
PURE = ROOMS[:ROOMS.index("io")]
IMPURE_HEADERS = re.compile(
    r"(unistd|fcntl|time|pthread|threads|signal|poll|dirent|netdb|uv|sqlite3|spawn|"
    r"sys/(?!types)\w+|net/\w+|netinet/\w+|arpa/\w+|gssapi/\w+|krb5)\.h")
IMPURE_CALLS = re.compile(
    r"\b(open|fopen|read|write|recv|send|socket|connect|time|clock_gettime|gettimeofday|getenv|"
    r"rand|random|getrandom|pthread_\w+|fork|exec[lv]\w*|printf|puts|fprintf|syslog)\s*\(")
VARIABLE = re.compile(r"^(static\s+)?(?!const\b|typedef\b|extern\b|return\b|enum\s*\{)"
                      r"(?:unsigned |signed |struct |enum )?\w+(?:\s+\**|\s*\*+)\w+(\[[^\]]*\])*\s*(=.*)?;")
# Programs in a pure room meet the kernel for it.
PROGRAMS = {f"src/compiler/{name}.c" for name in ("penidl", "penidl-file", "penidl-format", "penidl-options")}
# The heap of secrets: it maps pages and locks, as malloc does.
HEAPS = {"src/base/secret.c"}
# Kerberos is MIT's library, which reads files, asks KDCs and the clock. It may be met in
# these files alone, which call what may wait only from struct pen_mech's work.
KERBEROS = re.compile(r"src/sec/krb5(-\w+)?\.[ch]")
KERBEROS_HEADERS = re.compile(r"(gssapi/\w+|krb5)\.h")


def strip(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"//.*", "", text))


def check(root):
    for path in sorted(root.glob("src/*/**/*.[ch]")):
        name = str(path.relative_to(root))
        room = name.split("/")[1]
        test = path.name.startswith(("test-", "fuzz-"))
        if room not in ROOMS:
            yield f"{name}: no room is called {room}"
            continue
        text = path.read_text()
        code = strip(text)
        for n, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+(["<])([^">]+)', line)
            if not include:
                continue
            other = include[2].split("/")[0]
            if include[1] == '"' and other in ROOMS and ROOMS.index(other) > ROOMS.index(room):
                yield f"{name}:{n}: {room} includes {include[2]}, a room above it"
            if KERBEROS.fullmatch(name) and KERBEROS_HEADERS.fullmatch(include[2]):
                continue
            if room in PURE and not test and name not in PROGRAMS | HEAPS and \
                    IMPURE_HEADERS.fullmatch(include[2]):
                yield f"{name}:{n}: {room} is pure and includes {include[2]}"
        if room not in PURE or test or name in PROGRAMS | HEAPS:
            continue
        for n, line in enumerate(code.splitlines(), 1):
            call = IMPURE_CALLS.search(line)
            if call and not re.search(r"[.>]\s*" + call[1] + r"\s*\(", line):
                yield f"{name}:{n}: {room} is pure and calls {call[1]}"
            if path.suffix == ".c" and VARIABLE.match(line) and "const" not in line:
                yield f"{name}:{n}: {room} is pure and keeps a variable"


def main():
    problems = list(check(pathlib.Path(sys.argv[1])))
    print("\n".join(problems) or "every room includes only rooms below it")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""A program of somebody else's, built as docs/idl.md says: by meson and by make, out of what we install.

    check-outside.py SOURCE-ROOT BUILD-ROOT SANITIZERS
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = """
#include "mine.h"
#include <penstock/buffer.h>
#include <stdio.h>

int main(void)
{
	const struct mine_BOOK book = { .number = 1, .place = { .row = 2 } };
	const struct pen_pickle_form form = { .version = 1 };
	struct pen_ndr_error error;
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, 0);
	r = pen_pickle_begin(&form, &buffer) || mine_BOOK_encode(&form, &book, &buffer, &error);
	printf("%zu bytes, %d\\n", buffer.size, other_ROWS);
	pen_buffer_done(&buffer);
	return r;
}
"""
MINE = """import "other.idl";
[uuid(12345678-1234-abcd-ef00-0123456789ab), version(1.0)] interface mine {
	typedef [encode] struct { long number; PLACE place; } BOOK;
	long Find([in] BOOK *book);
}
"""
OTHER = "const long ROWS = %d;\ntypedef struct { long row; } PLACE;\n"
SEEN = "24 bytes, %d\n"


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=500, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def snippet(source, language):
    text = (source / "docs/idl.md").read_text()
    return re.search(rf"^```{language}\n(.*?)^```", text, re.M | re.S)[1]


def write_project(folder, name, text):
    folder.mkdir()
    for path, content in ((name, text), ("program.c", PROGRAM), ("mine.idl", MINE), ("other.idl", OTHER % 3)):
        (folder / path).write_text(content)


def change(folder):
    """An imported file becomes another, later than all that was made of it."""
    time.sleep(1.1)
    (folder / "other.idl").write_text(OTHER % 4)


def expect(folder, program, number, environment):
    seen = run(folder / program, env=environment)
    if seen != SEEN % number:
        sys.exit(f"{folder.name}: the program says {seen!r}")


def by_meson(source, folder, sanitizers, environment):
    write_project(folder, "meson.build", "project('outside', 'c')\n" + snippet(source, "meson"))
    run("meson", "setup", "build", f"-Db_sanitize={sanitizers}", "-Db_lundef=false", cwd=folder, env=environment)
    run("meson", "compile", "-C", "build", cwd=folder, env=environment)
    expect(folder, "build/program", 3, environment)
    change(folder)
    run("meson", "compile", "-C", "build", cwd=folder, env=environment)
    expect(folder, "build/program", 4, environment)


def with_flags(sanitizers, environment):
    if sanitizers == "none":
        return environment
    return environment | {"CFLAGS": f"-fsanitize={sanitizers}", "LDFLAGS": f"-fsanitize={sanitizers}"}


def by_make(source, folder, sanitizers, environment):
    write_project(folder, "Makefile", snippet(source, "make"))
    for number in (3, 4):
        run("make", cwd=folder, env=with_flags(sanitizers, environment))
        expect(folder, "program", number, environment)
        change(folder)


def by_example(source, folder, environment):
    """A service for penstockd, as docs/first-service.md has it, is built by its own Makefile."""
    shutil.copytree(source / "examples/worker", folder)
    run("make", cwd=folder, env=environment)
    listing = json.loads(run(folder / "hello-service", "--list-interfaces", "--json", env=environment))
    if listing["interfaces"][0]["name"] != "hello":
        sys.exit(f"the example lists {listing}")
    listing = json.loads(run(folder / "shout-pipe", "--list-interfaces", "--json", env=environment))
    if listing["interfaces"] or listing["pipes"][0]["name"] != "shout":
        sys.exit(f"the example lists {listing}")


def install(build, root):
    """Where the product is then, and an environment in which it is found."""
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", root)
    pc = next(root.rglob("penstock.pc"))
    prefix = pathlib.Path(*pc.parts[:pc.parts.index("pkgconfig") - 1])
    while not (prefix / "include/penstock").is_dir():
        prefix = prefix.parent
    tools = root / "tools"
    tools.mkdir()
    # It is not where it was built for, as things that are staged are not.
    (tools / "pkg-config").write_text(f"#!/bin/sh\nexec {shutil.which('pkg-config')} --define-variable=prefix={prefix} \"$@\"\n")
    (tools / "pkg-config").chmod(0o755)
    return os.environ | {
        "PATH": f"{tools}:{prefix}/bin:{os.environ['PATH']}",
        "PKG_CONFIG_PATH": str(pc.parent),
        "LD_LIBRARY_PATH": str(pc.parent.parent),
        "ASAN_OPTIONS": "detect_leaks=0",
    }


def main():
    source, build, sanitizers = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    if not shutil.which("pkg-config") or not shutil.which("make"):
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        environment = install(build, folder / "root")
        by_meson(source, folder / "by-meson", sanitizers, environment)
        by_make(source, folder / "by-make", sanitizers, environment)
        by_example(source, folder / "by-example", with_flags(sanitizers, environment))
    print("meson and make build a program outside, and anew when an imported file changes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

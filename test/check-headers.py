#!/usr/bin/env python3
"""Every header compiles alone; the public ones as C++ too.

    check-headers.py SOURCE-ROOT BUILD-ROOT COMPILER
"""
import concurrent.futures
import pathlib
import subprocess
import sys

source, build = map(pathlib.Path, sys.argv[1:3])
compiler = sys.argv[3]
cxx = {"gcc": "g++", "cc": "c++", "clang": "clang++"}.get(pathlib.Path(compiler).name, "c++")
FLAGS = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-pragma-once-outside-header",
         "-Wno-unused-function", "-Wno-unused-const-variable",
         "-D_GNU_SOURCE", f"-I{source}/include", f"-I{build}/include", f"-I{source}/src",
         f"-I{build}/src", f"-I{source}/test", f"-I{build}/test",
         f"-idirafter{source}/include/penstock/win32"]
# What the build lets pass of our own sources; after the others, since for clang the last one counts.
OURS = ["-Wno-unused-parameter", "-Wno-missing-field-initializers"]


def compile_alone(job):
    header, command, exceptions = job
    done = subprocess.run(command + FLAGS + exceptions + [str(header)], capture_output=True, text=True)
    return header, done.returncode, done.stderr


def main():
    public = sorted([*source.glob("include/**/*.h"), *build.glob("include/**/*.h")])
    private = sorted([*source.glob("src/**/*.h"), *source.glob("test/**/*.h")])
    jobs = [(h, [compiler, "-std=gnu17", "-x", "c"], []) for h in public]
    jobs += [(h, [compiler, "-std=gnu17", "-x", "c"], OURS) for h in private]
    jobs += [(h, [cxx, "-std=c++17", "-x", "c++"], ["-Wno-missing-field-initializers"]) for h in public]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, code, errors in pool.map(compile_alone, jobs):
            if code:
                bad += 1
                print(f"{header} does not compile alone:\n{errors}")
    print(f"{len(jobs) - bad} of {len(jobs)} compile alone")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())

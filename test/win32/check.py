#!/usr/bin/env python3
"""Windows programs, by our header, print what is written beside them.

    check.py OBJECT-MANAGER SERVER CLIENT SURVEY [OUTPUT-DIRECTORY]

They have an object manager of their own. With a directory, what they print goes there.
"""
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
NAME = r"\\.\pipe\penstock-check"
LONG = 240


def start_objects(program, directory):
    process = subprocess.Popen([program, "--directory", directory])
    for _ in range(2000):
        if any(pathlib.Path(directory).iterdir()) or process.poll() is not None:
            break
        time.sleep(0.01)
    return process


def run(server, client, survey):
    serving = subprocess.Popen([server, NAME], stdout=subprocess.PIPE)
    heard = subprocess.run([client, NAME], stdout=subprocess.PIPE, timeout=LONG).stdout
    served = serving.communicate(timeout=LONG)[0]
    found = subprocess.run([survey], stdout=subprocess.PIPE, timeout=LONG).stdout
    return {"pipe-server": served, "pipe-client": heard, "pipe-survey": found}


def main():
    objectd, *programs = sys.argv[1:5]
    directory = tempfile.mkdtemp(prefix="penstock-win32.")
    os.environ.update(PENSTOCK_OBJECTS_DIR=directory, PENSTOCK_OBJECTD=objectd)
    objects = start_objects(objectd, directory)
    try:
        printed = run(*programs)
    finally:
        objects.terminate()
        objects.wait()
        shutil.rmtree(directory)
    wrong = 0
    for name, text in printed.items():
        lines = text.decode(errors="replace").splitlines()
        if len(sys.argv) > 5:
            pathlib.Path(sys.argv[5], name).write_bytes(text)
        for line in difflib.unified_diff((HERE / f"{name}.expected").read_text().splitlines(), lines,
                                         "expected", name, n=0, lineterm=""):
            print(line)
            wrong += 1
    print(f"{sum(len(text.splitlines()) for text in printed.values())} lines, {wrong} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

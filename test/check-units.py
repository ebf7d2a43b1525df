#!/usr/bin/env python3
"""Installs what systemd is told of us into a root of its own, and has systemd's programs judge it.

    check-units.py SOURCE-ROOT BUILD-ROOT

What of these programs is not there, or may not do its work here, is left out and said.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

UNITS = ("penstockd.service", "penstockd.socket", "penstock-objectd.service")


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=100, **more)
    return done.returncode, done.stdout


def demand(*command, **more):
    status, said = run(*command, **more)
    if status:
        sys.exit(f"{' '.join(map(str, command))}: {status}\n{said}")
    return said


def find(root, name, folder):
    found = [path for path in root.rglob(name) if path.parent.name == folder]
    if len(found) != 1:
        sys.exit(f"{name} is installed {len(found)} times")
    return found[0]


def place_programs(root, units):
    """Something that can be executed, wherever a unit says that there is."""
    for unit in units:
        for path in re.findall(r"^Exec\w+=(/\S+)", unit.read_text(), re.M):
            program = root / path[1:]
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)


def check_units(root, units):
    """They stand for themselves: what systemd has of its own is not in that root."""
    for unit in units:
        if "@" in re.sub(r"~?@[a-z-]+", "", re.sub(r"^#.*", "", unit.read_text(), flags=re.M)):
            yield f"{unit.name}: a word is left that should have been replaced"
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not there")
        return
    # What it says of other units, which are not there, is not about ours.
    status, said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units,
                       env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
    for line in said.splitlines():
        if any(name in line for name in UNITS) and "is not executable" not in line:
            yield line
    for unit in units:
        if unit.suffix != ".service":
            continue
        status, said = run("systemd-analyze", "security", "--offline=yes", "--threshold=45", "--no-pager", unit)
        if status and "exposure level" in said:
            yield said.splitlines()[-1]


def check_users(root, users, files):
    if not shutil.which("systemd-sysusers") or not shutil.which("systemd-tmpfiles"):
        print("systemd-sysusers or systemd-tmpfiles is not there")
        return
    (root / "etc").mkdir(exist_ok=True)
    said = demand("systemd-sysusers", f"--root={root}", users)
    if not re.search(r"^penstock:", (root / "etc/passwd").read_text(), re.M):
        yield f"there is no user penstock: {said}"
    if os.geteuid():
        print("without root no directories are made")
        return
    demand("systemd-tmpfiles", "--create", f"--root={root}", files)
    for path, mode in (("run/penstock", 0o755), ("var/lib/penstock", 0o700), ("var/lib/penstock-authd", 0o700)):
        if (root / path).stat().st_mode & 0o777 != mode:
            yield f"{path} is not as it should be"
    if not (root / "var/lib/penstock").stat().st_uid:
        yield "the state is root's"
    if (root / "var/lib/penstock-authd").stat().st_uid:
        yield "the accounts' key is not root's"


def main(source, build):
    with tempfile.TemporaryDirectory(prefix="penstock-units-") as folder:
        root = pathlib.Path(folder)
        demand("meson", "install", "-C", build, "--no-rebuild", "--tags", "systemd", "--destdir", root)
        units = [find(root, name, "system") for name in UNITS]
        users = find(root, "penstock.conf", "sysusers.d")
        files = find(root, "penstock.conf", "tmpfiles.d")
        place_programs(root, units)
        wrong = [*check_units(root, units), *check_users(root, users, files)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program's pipes that carry no RPC, behind a penstockd: reached by an object manager's clients, through upgrades and reloads.

    test-raw.py PENSTOCKD PENSTOCK PENSTOCK-OBJECTD COUNTER
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

OBJECTD, COUNTER = (os.path.abspath(path) for path in sys.argv[3:5])
PROGRAMS = pathlib.Path(DAEMON).parent / "programs"
WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc",
       "PENSTOCK_OBJECTS_DIR": f"{HERE}/objects", "PENSTOCK_OBJECTD": OBJECTD, "COUNTER_AWAY": f"{HERE}/away",
       "COUNTER_WORKERS": "1"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
PATIENCE = 60


def tool(name, end, out, error, *arguments):
    return expect(name, end, out, error, TOOL, *arguments, stdin=b"", env=ENV)


def pipes():
    return {pipe["name"] for pipe in json.loads(run(TOOL, "pipe", "ls", "--json", env=ENV).stdout)}


def wait_for(what):
    end = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Daemon:
    def __init__(self):
        for name in ("objects", "programs", "run", "shares", "state"):
            (HERE / name).mkdir()
        (HERE / "programs/counter").symlink_to(COUNTER)
        (HERE / "away").write_bytes(b"")
        if os.geteuid() == 0:
            HERE.chmod(0o755)
        (HERE / "conf").write_text(
            f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {free_port()}\nports = any\ndirectory = {HERE}/run\nobjects = {HERE}/objects\n"
            f"[store]\npath = {HERE}/shares/shares.db\naccounts = {HERE}/state/accounts.db\n"
            f"[workers]\nprograms = {PROGRAMS} {HERE}/programs\nconfined = {CONFINED}\nleave_timeout = 5\n")
        self.log = open(HERE / "log", "w+b")
        self.process = subprocess.Popen([DAEMON, "--quiet", "--config", f"{HERE}/conf"], env=ENV, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def said(self):
        return (HERE / "log").read_text(errors="replace")

    def upgrade(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGUSR2)
        check("it is another image", wait_for(lambda: self.image_s() < time.monotonic() - began), self.said())

    def image_s(self):
        """How long this image is there."""
        seen = run(TOOL, "status", "--json", env=ENV)
        return PATIENCE if seen.returncode else json.loads(seen.stdout)["image_ms"] / 1000


class Session:
    """A client that stays: a line in, a line out."""

    def __init__(self):
        self.process = subprocess.Popen([TOOL, "pipe", "cat", "Counter-Echo"], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, question):
        self.process.stdin.write(question + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip(b"\n")

    def end(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


def main():
    daemon = Daemon()
    check("the pipes come", wait_for(lambda: {"Counter-Echo", "counter\\word"} <= pipes()), f"{pipes()}\n{daemon.said()}")
    check("and those that carry RPC", "counter" in pipes(), f"{pipes()}")
    tool("a message is answered", 0, r"^ping$", None, "pipe", "call", "COUNTER-ECHO", "ping")
    tool("one that is only read", 0, r"^word$", None, "pipe", "cat", "--access", "r", r"\\.\pipe\counter\word")
    tool("status says where", 0, r"\\pipe\\Counter-Echo +counter", None, "status")
    seen = run(TOOL, "endpoints", "ncalrpc:[EPMAPPER]", env=ENV)
    check("the endpoint mapper knows what carries RPC alone",
          b"\\pipe\\counter]" in seen.stdout and b"Echo" not in seen.stdout and b"word" not in seen.stdout, f"{seen}")
    listed = json.loads(run(COUNTER, "--list-interfaces", "--json", env=ENV).stdout)
    check("the listing has them", [pipe["name"] for pipe in listed["pipes"]] == ["Counter-Echo", "counter\\word"], f"{listed}")

    session = Session()
    pid = session.ask(b"pid")
    check("who stays is served", session.ask(b"hello") == b"hello")
    for _ in range(2):
        daemon.upgrade()
        check("an upgrade is not felt", session.ask(b"pid") == pid, daemon.said())
    tool("and who comes is served", 0, rf"^{pid.decode()}$", None, "pipe", "call", "counter-echo", "pid")

    # Somebody waits for a process that has not started yet, while penstockd becomes another.
    os.kill(int(pid), signal.SIGKILL)
    session.end()
    # A confined program cannot count down how often it is to fail, and starts at once.
    is_late = CONFINED == "no"
    (HERE / "away").write_bytes(b"x" * 10 if is_late else b"")
    waiting = subprocess.Popen([TOOL, "pipe", "call", "counter-echo", "patience"], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if is_late:
        check("the program is started in vain", wait_for(lambda: (HERE / "away").stat().st_size < 10), daemon.said())
    daemon.upgrade()
    said = waiting.communicate(timeout=PATIENCE)[0]
    check("who waits while it is upgraded is served", waiting.returncode == 0 and said == b"patience", f"{said}\n{daemon.said()}")

    (HERE / "programs/counter").unlink()
    daemon.process.send_signal(signal.SIGHUP)
    check("pipes go with their program", wait_for(lambda: not {"Counter-Echo", "counter\\word"} & pipes()), f"{pipes()}")
    (HERE / "programs/counter").symlink_to(COUNTER)
    daemon.process.send_signal(signal.SIGHUP)
    check("and come back with it", wait_for(lambda: {"Counter-Echo", "counter\\word"} <= pipes()), f"{pipes()}")
    tool("as they were", 0, r"^again$", None, "pipe", "call", "counter-echo", "again")

    daemon.process.send_signal(signal.SIGTERM)
    check("it ends well", daemon.process.wait(PATIENCE) == 0, daemon.said())
    check("its pipes are gone", wait_for(lambda: not pipes()), f"{pipes()}")
    check("the sanitizers found nothing", "Sanitizer: " not in daemon.said() and "runtime error" not in daemon.said(), daemon.said())
    finish()


main()

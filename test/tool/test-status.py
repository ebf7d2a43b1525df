#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock status, top and daemon against a supervisor, by pipes and at a terminal.

    test-status.py SUPERVISED TOOL COUNTER GREETER IDL
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from check import DAEMON as SUPERVISED, TOOL, check, expect, finish

COUNTER, GREETER, IDL = (os.path.abspath(path) for path in sys.argv[3:6])
WORK = tempfile.TemporaryDirectory()
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_RUNTIME_DIR": WORK.name, "TERM": "xterm",
       "PENSTOCK_NCALRPC_DIR": os.path.join(WORK.name, "sockets"), "COUNTER_IDLE": "60", "COUNTER_READY": "1"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
LONG = 60


def start():
    other = pathlib.Path(WORK.name, "other")
    if not other.is_symlink():
        other.symlink_to(COUNTER)
    daemon = subprocess.Popen([SUPERVISED, ENV["PENSTOCK_NCALRPC_DIR"], COUNTER, other, GREETER], env=ENV,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    check("it is ready", daemon.stdout.readline() == b"ready\n")
    return daemon


def stop(daemon):
    daemon.stdin.close()
    daemon.stdout.close()
    check("it ends well", daemon.wait(LONG) == 0)


def tool(name, end, out, error, *arguments):
    return expect(name, end, out, error, TOOL, *arguments, env=ENV)


def status():
    return json.loads(tool("status as JSON", 0, "^{", None, "status", "--json"))


def program(name):
    return next(p for p in status()["programs"] if p["name"] == name)


def eventually(name, is_so):
    until = time.monotonic() + LONG
    while not (so := is_so()) and time.monotonic() < until:
        time.sleep(0.1)
    check(name, so)


def call(n):
    for _ in range(n):
        tool("a call", 0, "5a", None, "call", "--idl", IDL, "ncalrpc:[counter]", "counter.Fill", '{"n": 1}')


def numbers():
    was = status()
    check("it runs", was["state"] == "RUNNING" and was["greeter"]["pid"] > 0, was)
    check("its endpoints", {p["name"] for e in was["endpoints"] if e["binding"] == "ncalrpc:[counter]"
                            for p in e["programs"]} == {"counter", "other"}, was["endpoints"])
    children = {c["name"]: c for c in was["children"]}
    check("its own children", children.keys() == {"penstock-greeter"} and children["penstock-greeter"]["pid"] == was["greeter"]["pid"] and
          children["penstock-greeter"]["started"] == children["penstock-greeter"]["processes"] == 1, children)
    check("its interfaces", program("counter")["interfaces"][0] ==
          {"name": "counter", "uuid": "0d1f3f52-6c2b-4b63-9a51-2e7f58f0c1aa", "major": 1, "minor": 2})
    call(4)
    eventually("as many calls", lambda: program("counter")["calls_begun"] == 4)
    check("as many connections", status()["accepted"] == was["accepted"] + 4)
    # A session keeps its connection and its handles.
    shell = subprocess.Popen([TOOL, "shell", "--idl", IDL, "ncalrpc:[counter]"], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, env=ENV)
    shell.stdin.write(b'Open {"first": 1}\nOpen {"first": 2}\nAdd {"n": 1}\n')
    shell.stdin.flush()
    eventually("handles", lambda: sum(w["handles"] for w in program("counter")["workers"]) == 2)
    eventually("a fault", lambda: program("counter")["faults"] == 1)
    workers = program("counter")["workers"]
    check("a connection and a group", sum(w["connections"] for w in workers) == 1 and
          sum(w["groups"] for w in workers) == 1, workers)
    seen = tool("for people", 0, r"^counter +\d of \d", None, "status")
    check("the greeter, and what it was given", re.search(rf"^penstock-greeter +{was['greeter']['pid']} +\d+ s +0 +[5-9]\d* +1$", seen, re.M), seen)
    check("the sums", re.search(r"^counter +\d of \d +1 +1 +2 +0 +7 +1$", seen, re.M), seen)
    shell.stdin.close()
    shell.wait(LONG)


def watched():
    watch = subprocess.Popen([TOOL, "status", "--json", "--watch"], stdout=subprocess.PIPE, env=ENV)
    lines = [json.loads(watch.stdout.readline()) for _ in range(2)]
    watch.terminate()
    watch.wait(LONG)
    watch.stdout.close()
    check("one after the other", lines[0]["uptime_ms"] < lines[1]["uptime_ms"])


def told():
    was = program("counter")["started"]
    tool("a restart", 0, "new processes", None, "daemon", "restart", "counter")
    eventually("of one that is to be ready", lambda: program("counter")["started"] == was + 1)
    tool("of nobody", 3, None, r'no program nobody.\n"penstock status"', "daemon", "restart", "nobody")
    tool("what it cannot", 3, None, "cannot do that", "daemon", "reload")
    tool("nor this", 3, None, "cannot do that", "daemon", "upgrade")
    tool("an option for others", 2, None, "--now is for", "daemon", "reload", "--now")
    tool("no verb", 2, None, "did you mean restart", "daemon", "restrat")


class Terminal:
    def __init__(self, *arguments, size=(24, 100)):
        self.fd, theirs = pty.openpty()
        self.text = ""
        self.resize(*size)
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.process = subprocess.Popen([TOOL, "top", *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=ENV,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, pattern):
        until = time.monotonic() + LONG
        while not (found := re.search(pattern, self.text, re.S)) and time.monotonic() < until:
            if select.select([self.fd], [], [], 1)[0]:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
        check(f"the terminal says {pattern}", found, repr(self.text))
        self.text = self.text[found.end():] if found else ""
        return found

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def end(self, name, how):
        self.wait(r"\033\[\?25h\033\[\?1049l")
        check(name, self.process.wait(LONG) == how, self.process.returncode)
        check(f"{name}: it is as it was", termios.tcgetattr(self.theirs) == self.before)
        os.close(self.theirs)
        os.close(self.fd)


def at_terminal():
    t = Terminal()
    t.wait(r"\033\[\?1049h")
    check("it is not echoed", not termios.tcgetattr(t.theirs)[3] & (termios.ECHO | termios.ICANON))
    t.wait(r"PROGRAM +PROCESS.*counter +\d+ ready.*penstock-greeter +\d+ ready")
    t.type("w")
    t.wait(r"counter +all 1.*other +all 0.*q quit")
    call(30)
    t.wait(r"counter +all 1 +\d+ \w+ +\d+ +\d+ +\d+ +([1-9]\d*\.\d|0\.[1-9]) ")
    t.type("nhfpc")
    t.resize(10, 40)
    found = t.wait(r"\033\[10;1H([^\033]*)")
    check("no longer than it is wide", found and len(found[1]) < 40, found and found[1])
    os.kill(t.process.pid, signal.SIGTSTP)
    t.wait(r"\033\[\?1049l")
    eventually("it is stopped", lambda: open(f"/proc/{t.process.pid}/stat").read().rpartition(")")[2].split()[0] == "T")
    os.kill(t.process.pid, signal.SIGCONT)
    t.wait(r"\033\[\?1049h.*PROGRAM")
    t.type("q")
    t.end("q", 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        t = Terminal("--interval", "0.2")
        t.wait("PROGRAM")
        os.kill(t.process.pid, number)
        t.end(number.name, -number)
    t = Terminal("--count", "2", "--interval", "0.2")
    t.end("a count", 0)


def without_terminal():
    seen = tool("no terminal", 0, r"^counter +\d+ ready", None, "top", "-c", "2", "-i", "0.2")
    check("no escapes", "\033" not in seen and seen.count("PROGRAM") == 2, seen)
    tool("no JSON", 2, "error", "status --json --watch", "top", "--json")
    tool("no number", 2, None, "x is not a count", "top", "-c", "x")


def the_end(daemon):
    t = Terminal("--interval", "0.2")
    t.wait("PROGRAM")
    seen = tool("a stop", 0, "lets nobody in", None, "daemon", "stop")
    t.wait(r"\033\[\?1049l.*penstock top: ")
    check("top ends", t.process.wait(LONG) == 1, seen)
    os.close(t.theirs)
    os.close(t.fd)
    check("it ends as it is told", daemon.wait(LONG) == 0)
    for command in (["status"], ["top"], ["daemon", "stop"]):
        tool("nobody there", 1, None, "no penstockd runs here", *command)
    seen = tool("nor for JSON", 1, "no penstockd runs here", "no penstockd", "status", "--json")
    check("an error", "message" in json.loads(seen)["error"], seen)


def goes_on(daemon):
    """Of another penstockd at the same place it says what it said of the first."""
    t = Terminal("--interval", "1000")
    t.wait(rf"penstockd, process {daemon.pid}, ")
    stop(daemon)
    daemon = start()
    t.type(" ")
    t.wait(rf"penstockd, process {daemon.pid}, ")
    t.type("q")
    t.end("with another one", 0)
    return daemon


def strangers():
    """Whoever is neither root nor the one it runs as."""
    if os.geteuid():
        return
    os.chmod(WORK.name, 0o755)
    seen = expect("a stranger", 1, None, "only root and the user", "setpriv", "--reuid=65534", "--clear-groups", TOOL,
                  "status", env=ENV | {"ASAN_OPTIONS": "detect_leaks=0"})
    check("is told nothing", not seen, seen)


daemon = start()
numbers()
watched()
told()
at_terminal()
without_terminal()
strangers()
daemon = goes_on(daemon)
the_end(daemon)
daemon.stdin.close()
daemon.stdout.close()
daemon = start()
stop(daemon)
finish()

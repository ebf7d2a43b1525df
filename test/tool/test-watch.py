#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A penstockd is asked how it is, and told what to do."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
FILE, LOG, PAGE = HERE / "conf", HERE / "log", HERE / "page"
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
LONG = 60


def configure(more=""):
    FILE.write_text(f"[server]\ndirectory = {HERE}/run\nlisten = none\n[store]\npath = :memory:\naccounts = {HERE}/of/accounts.db\n"
                    f"[workers]\nconfined = {CONFINED}\n[service rpcecho]\nenabled = yes\n[status]\nlisten = {PAGE}\n{more}")


def tool(name, end, out, error, *arguments):
    return expect(name, end, out, error, TOOL, *arguments, env=ENV)


def status():
    return json.loads(tool("status", 0, "^{", None, "status", "--json"))


def program(name):
    return next(p for p in status()["programs"] if p["name"] == name)


def eventually(name, is_so):
    until = time.monotonic() + LONG
    while not (so := is_so()) and time.monotonic() < until:
        time.sleep(0.1)
    check(name, so)


def get(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(LONG)
        s.connect(str(PAGE))
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def zombies():
    return subprocess.run(["ps", "-o", "stat=", "--ppid", str(daemon.pid)], capture_output=True, check=False).stdout.count(b"Z")


def echo(n):
    for _ in range(n):
        tool("a call", 0, '"out_data": 42', None, "call", "ncalrpc:", "rpcecho.echo_AddOne", '{"in_data": 41}')


configure()
log = LOG.open("wb")
daemon = subprocess.Popen([DAEMON, "-q", "-c", FILE], stdout=log, stderr=log, env=ENV)
eventually("it listens", lambda: (HERE / "run/ncalrpc/penstock-control").exists())
tool("its programs", 0, r"^penstock-rpcecho +\d of \d", None, "status")
echo(3)
eventually("the calls", lambda: program("penstock-rpcecho")["calls_begun"] == 3)
check("the mapper's", program("penstock-epm")["calls_begun"] >= 3)
check("where", {"ncalrpc:[EPMAPPER]", "ncalrpc:[rpcecho]"} <= {e["binding"] for e in status()["endpoints"]})
check("the page", "<title>penstockd</title>" in get("/"))
check("the numbers", 'penstock_calls_total{program="penstock-rpcecho"' in get("/metrics"))
tool("live", 0, r"^penstock-rpcecho +\d+ ready", None, "top", "--count", "1")
tool("read again", 0, "has read its configuration, and asked its programs", None, "daemon", "reload")
configure("[log]\nlevel = loud\n")
tool("what is wrong", 3, None, "stays as it was", "daemon", "reload")
tool("anew", 0, "new processes", None, "daemon", "restart", "penstock-rpcecho")
echo(1)
eventually("by another process", lambda: program("penstock-rpcecho")["started"] == 2)
configure()
was = status()
watch = subprocess.Popen([TOOL, "status", "--json", "--watch"], stdout=subprocess.PIPE, env=ENV)
check("watched", json.loads(watch.stdout.readline())["state"] == "RUNNING")
tool("another program", 0, "goes on as the program", None, "daemon", "upgrade")
seen = status()
lines = [json.loads(watch.stdout.readline()) for _ in range(2)]
check("watched all the time", lines[1]["image_ms"] < lines[1]["uptime_ms"], lines)
watch.terminate()
watch.communicate(timeout=LONG)
check("the same process", seen["pid"] == was["pid"] and seen["uptime_ms"] > was["uptime_ms"] > seen["image_ms"], (was, seen))
check("with all that was counted", seen["accepted"] == was["accepted"] and program("penstock-rpcecho")["calls_begun"] == 4)
echo(1)
eventually("and goes on to count", lambda: program("penstock-rpcecho")["calls_begun"] == 5)
eventually("with a page", lambda: PAGE.exists())
check("by a process of its own", "<title>penstockd</title>" in get("/"))
check("and nobody is left of the one before", not zombies(), zombies())
tool("the end", 0, "lets nobody in", None, "daemon", "drain")
check("it ends well", daemon.wait(LONG) == 0, LOG.read_text())
check("nothing is left of it", not PAGE.exists() and not list((HERE / "run/ncalrpc").iterdir()), list(HERE.iterdir()))
check("nothing was wrong with its memory", "Sanitizer" not in LOG.read_text(), LOG.read_text())
finish()

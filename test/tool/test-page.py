#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The status page: what it says over HTTP, to a parser of OpenMetrics and to a browser; who it answers, and what
becomes of it.

    test-page.py SUPERVISED TOOL COUNTER GREETER PAGE IDL
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from check import DAEMON as SUPERVISED, TOOL, check, expect, finish

COUNTER, GREETER, PAGE, IDL = (os.path.abspath(path) for path in sys.argv[3:7])
WORK = tempfile.TemporaryDirectory()
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_RUNTIME_DIR": WORK.name,
       "PENSTOCK_NCALRPC_DIR": os.path.join(WORK.name, "sockets"), "COUNTER_IDLE": "60", "COUNTER_READY": "1"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
LONG = 60
N_CALLS = 23


class Daemon:
    def __init__(self, listen):
        other = pathlib.Path(WORK.name, "other")
        if not other.is_symlink():
            other.symlink_to(COUNTER)
        self.process = subprocess.Popen([SUPERVISED, ENV["PENSTOCK_NCALRPC_DIR"], COUNTER, other, GREETER, PAGE, listen],
                                        env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.place = self.process.stdout.readline().decode().strip()
        check("it is ready", self.process.stdout.readline() == b"ready\n")

    def page(self):
        """The process that speaks HTTP."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        names = {int(pid): pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in children}
        return next((pid for pid, name in names.items() if name == "penstock-status"), None)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        check("it ends well", self.process.wait(LONG) == 0)


def eventually(name, is_so):
    until = time.monotonic() + LONG
    while not (so := is_so()) and time.monotonic() < until:
        time.sleep(0.1)
    check(name, so)


def ask(place, path, method="GET", **headers):
    connection = http.client.HTTPConnection(place, timeout=LONG)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def status(place):
    return json.loads(ask(place, "/status.json")[1])


def counter(place):
    return next(p for p in status(place)["programs"] if p["name"] == "counter")


def numbers(place):
    for _ in range(N_CALLS):
        expect("a call", 0, "5a", None, TOOL, "call", "--idl", IDL, "ncalrpc:[counter]", "counter.Fill", '{"n": 1}', env=ENV)
    eventually("as many calls", lambda: counter(place)["calls_begun"] == N_CALLS)
    check("as many connections", status(place)["accepted"] == N_CALLS)


def metrics(place):
    answer, body = ask(place, "/metrics")
    check("its type", answer.getheader("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    check("its end", body.endswith("\n# EOF\n"))
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        print("there is no python3-prometheus-client: nobody else has read the metrics")
        return
    families = {family.name: family for family in text_string_to_metric_families(body)}
    samples = {(sample.name, sample.labels.get("program"), sample.labels.get("stage")): sample.value
               for family in families.values() for sample in family.samples}
    check("a counter", families["penstock_calls"].type == "counter" and
          samples["penstock_calls_total", "counter", None] == N_CALLS, body)
    check("of nobody", samples["penstock_calls_total", "other", None] == 0)
    check("a gauge", families["penstock_processes"].type == "gauge" and
          samples["penstock_processes", "counter", "ready"] == counter(place)["n_workers"])
    check("a number with a unit", families["penstock_uptime_seconds"].unit == "seconds" and
          samples["penstock_uptime_seconds", None, None] > 0)
    check("a text", families["penstock_build"].type == "info")
    check("endpoints", {s.labels["binding"] for s in families["penstock_endpoint_open"].samples} ==
          {e["binding"] for e in status(place)["endpoints"]})


def refusals(place):
    for method, path, code, headers in (
            ("GET", "/nothing", 404, {}), ("POST", "/metrics", 405, {}), ("DELETE", "/", 405, {}),
            ("GET", "/metrics", 421, {"Host": "rebound.example"}), ("GET", "/metrics", 200, {"Host": "localhost:1"})):
        answer, _ = ask(place, path, method, **headers)
        check(f"{method} {path}", answer.status == code, answer.status)
    answer, body = ask(place, "/", "HEAD")
    check("HEAD has no body", answer.status == 200 and not body)
    answer, _ = ask(place, "/")
    policy = answer.getheader("Content-Security-Policy")
    check("a strict policy", "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy, policy)
    check("not kept", answer.getheader("Cache-Control") == "no-store" and
          answer.getheader("X-Content-Type-Options") == "nosniff")


def reach(place):
    address, _, port = place.rpartition(":")
    s = socket.create_connection((address, int(port)), LONG)
    s.settimeout(LONG)
    return s


def hostile(place, daemon):
    """Whatever is said and left unsaid, others are answered."""
    process = daemon.page()
    for text in (b"\0" * 4000, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n" * 2, b"\x05\0\x0b\3" + b"\0" * 100,
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000,
                 b"GET /%00/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
                 b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
        with reach(place) as s:
            try:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except OSError:
                pass
        check("others are answered", status(place)["state"] == "RUNNING")
    silent = [reach(place) for _ in range(60)]
    check("beside those who say nothing", status(place)["state"] == "RUNNING")
    for s in silent:
        s.close()
    check("by the same process", daemon.page() == process)


def process_of(daemon, place):
    pid = daemon.page()
    lines = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    check("no new privileges", lines["NoNewPrivs"] == "1")
    check("a filter of calls", lines["Seccomp"] == "2")
    check("one thread", lines["Threads"] == "1")
    os.kill(pid, signal.SIGKILL)
    eventually("another one", lambda: daemon.page() not in (None, pid))
    check("answers", status(place)["greeter"]["started"] == 1)


def browser(place):
    chromium = shutil.which("chromium")
    if not chromium:
        print("there is no chromium: the page was seen by nobody")
        return
    seen = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                           f"--user-data-dir={WORK.name}/chromium", "--virtual-time-budget=8000", "--dump-dom",
                           f"http://{place}/"], capture_output=True, timeout=2 * LONG, check=False,
                          env={"PATH": ENV["PATH"], "HOME": WORK.name})
    page, said = seen.stdout.decode(), seen.stderr.decode()
    check("it runs", '<span id="state" class="">running</span>' in page, page[:3000] + said)
    row = re.search(r'<tr><td class="text">counter</td>(.*?)</tr>', page)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[1]) if row else []
    check("its numbers", len(cells) == 9 and cells[4] == str(N_CALLS), cells)
    check("its processes", f">{counter(place)['workers'][0]['pid']}</td>" in page)
    check("its endpoints", "ncalrpc:[counter]</td>" in page)
    points = re.findall(r'<polyline points="([^"]+)"', page)
    check("its charts move", len(points) == 6 and all(len(p.split()) > 2 for p in points), points)
    check("nothing is refused or wrong", not re.search(r"CONSOLE.*(Refused|Uncaught|Error|Policy)", said), said)


def at_local_socket():
    path = os.path.join(WORK.name, "page.sock")
    daemon = Daemon(path)
    check("its place", daemon.place == path)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(LONG)
        s.connect(path)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: whatever\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: s.recv(65536), b""))
    check("a local socket", text.startswith(b"HTTP/1.1 200 ") and text.endswith(b"# EOF\n"), text)
    daemon.stop()
    check("it takes its name along", not os.path.exists(path))


d = Daemon("127.0.0.1:0")
numbers(d.place)
metrics(d.place)
refusals(d.place)
browser(d.place)
hostile(d.place, d)
process_of(d, d.place)
d.stop()
at_local_socket()
finish()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock trace: the calls of all programs behind a penstockd, as they are answered."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
TRIES = 2000


def start():
    (HERE / "conf").write_text(f"[server]\nname = TESTED\nlisten = none\ndirectory = {HERE}/run\n"
                               f"[store]\npath = {HERE}/state/shares.db\naccounts = {HERE}/state/accounts.db\n"
                               f"[service rpcecho]\nenabled = yes\n[workers]\nconfined = {CONFINED}\n")
    daemon = subprocess.Popen([DAEMON, "--config", HERE / "conf"], stdout=subprocess.PIPE,
                              stderr=open(HERE / "log", "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon
    raise SystemExit("penstockd did not start:\n" + (HERE / "log").read_text())


def stop(daemon):
    daemon.send_signal(signal.SIGTERM)
    check("it ends well", daemon.wait(60) == 0, (HERE / "log").read_text())
    log = (HERE / "log").read_text()
    check("the sanitizers found nothing", "Sanitizer: " not in log and "runtime error" not in log, log)


def call(operation, arguments):
    return run(TOOL, "call", "ncalrpc:", operation, json.dumps(arguments), env=ENV)


def trace(options, *calls):
    """What is seen of the calls, which are made until it has seen enough."""
    tracer = subprocess.Popen([TOOL, "trace", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV, text=True)
    for _ in range(TRIES):
        if tracer.poll() is not None:
            break
        for one in calls:
            one()
    out, error = tracer.communicate(timeout=60)
    check("the tracer ends well", tracer.returncode == 0 and "Sanitizer" not in error, (options, tracer.returncode, error))
    return out


def traced(*options, calls):
    return [json.loads(line) for line in trace(["--json", *options], *calls).splitlines()]


def info():
    return call("srvsvc.NetrServerGetInfo", {"Level": 101})


def fault():
    return call("rpcecho.echo_TestCall2", {"level": 99})


def add_share():
    return call("srvsvc.NetrShareAdd", {"Level": 2, "InfoStruct": {"ShareInfo2": {
        "shi2_netname": "x", "shi2_type": 0x40000000, "shi2_remark": "", "shi2_permissions": 0, "shi2_max_uses": 1,
        "shi2_current_uses": 0, "shi2_path": "C:\\tmp", "shi2_passwd": "hunter2"}}})


def processes(daemon):
    """Of our penstockd's children, those of srvsvc."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(daemon.pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "/penstock-srvsvc " in line]


def what_is_seen(daemon):
    seen = traced("--count", "1", "srvsvc.NetrServerGetInfo", calls=[info])[0]
    check("the operation", seen["operation"] == "srvsvc.NetrServerGetInfo" and seen["outcome"] == "answered", seen)
    check("its parameters", seen["in"]["Level"] == 101, seen)
    check("and what came of it", seen["out"]["InfoStruct"]["ServerInfo101"]["sv101_name"] == "TESTED", seen)
    check("who", seen["user"] == f"uid:{os.geteuid()}" and seen["address"] == "local" and seen["protseq"] == "ncalrpc", seen)
    check("a process of srvsvc's", seen["process"] in processes(daemon), seen)
    lines = trace(["--count", "2", "-v", "srvsvc"], info)
    check("a line", "  srvsvc.NetrServerGetInfo  uid:" in lines and '\n  "in": {' in lines, lines)
    lines = trace(["--count", "1"], info)
    check("of any interface", len(lines.splitlines()) == 1, lines)


def secrets():
    hidden = traced("--count", "1", "srvsvc.NetrShareAdd", calls=[add_share])[0]
    check("a password is not seen", hidden["in"]["InfoStruct"]["ShareInfo2"]["shi2_passwd"] == "<redacted>" and
          "hunter2" not in json.dumps(hidden), hidden)
    shown = traced("--count", "1", "--reveal", "srvsvc.NetrShareAdd", calls=[add_share])[0]
    check("unless that is asked for", shown["in"]["InfoStruct"]["ShareInfo2"]["shi2_passwd"] == "hunter2", shown)


def filters():
    seen = traced("--count", "2", "--faults", calls=[info, fault])
    check("faults alone", [(s["operation"], s["outcome"]) for s in seen] == [("rpcecho.echo_TestCall2", "faulted")] * 2, seen)
    seen = traced("--count", "2", "rpcecho", "--user", f"UID:{os.geteuid()}", "--address", "local", calls=[info, fault])
    check("one interface, user and address", {s["operation"] for s in seen} == {"rpcecho.echo_TestCall2"}, seen)
    seen = traced("--count", "1", "--bytes", "1", "srvsvc", calls=[info])[0]
    check("no more than so many bytes", "in" not in seen and seen["n_in"] > 1, seen)


def processes_that_come(daemon):
    """A process that dies is told of no more, and the one in its place is."""
    def die():
        info()
        for pid in processes(daemon):
            os.kill(pid, signal.SIGKILL)
        info()
    seen = traced("--count", "5", "srvsvc", calls=[die])
    check("several processes", len({s["process"] for s in seen}) > 1, [s["process"] for s in seen])


def failures(daemon):
    expect("a mistyped operation", 2, None, "did you mean", TOOL, "trace", "srvsvc.NetrServerGetInf", env=ENV)
    expect("a number that is none", 2, None, "--count 0 is not a number from 1", TOOL, "trace", "--count", "0", env=ENV)
    expect("too many bytes", 2, None, "--bytes 65537 is not", TOOL, "trace", "--bytes", "65537", env=ENV)
    many = [subprocess.Popen([TOOL, "trace", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV) for _ in range(9)]
    for _ in range(TRIES):
        if any(one.poll() is not None for one in many):
            break
        info()
    ended = [one for one in many if one.poll() is not None]
    check("more than may look on", len(ended) == 1 and b"as many look on" in ended[0].stderr.read(), ended)
    return [one for one in many if one not in ended]


def main():
    expect("nobody is there", 1, None, "no penstockd runs here", TOOL, "trace", env=ENV)
    daemon = start()
    many = []
    try:
        what_is_seen(daemon)
        secrets()
        filters()
        processes_that_come(daemon)
        many = failures(daemon)
        many[0].send_signal(signal.SIGINT)
        out, error = many[0].communicate(timeout=60)
        check("Control-C ends it", many[0].returncode == 0, error)
        check("which has seen calls", b"NetrServerGetInfo" in out, out)
    finally:
        stop(daemon)
    for one in many[1:]:
        out, error = one.communicate(timeout=60)
        check("the others end with penstockd", one.returncode == 1 and b"penstockd has ended" in error, error)
    finish()


main()

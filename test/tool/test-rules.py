#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A policy rules programs that penstock does not know: by the names that they list, in processes of old and new."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

PROGRAM, IDL = pathlib.Path(sys.argv[3]), sys.argv[4]
WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
FILE, RECORD, LOG, CONF, SERVICES = HERE / "policy", HERE / "calls", HERE / "log", HERE / "conf", HERE / "services"
DOOR = "ncalrpc:[counter]"
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}


def configure(more="", record=RECORD, policy=FILE):
    CONF.write_text(f"[server]\nname = TESTED\nlisten = none\ndirectory = {HERE}/run\n"
                    f"[store]\npath = {HERE}/state/shares.db\naccounts = {HERE}/state/accounts.db\n"
                    f"[workers]\nconfined = {CONFINED}\nprograms = {SERVICES}\n{more}"
                    + (f"[policy]\nfile = {policy}\n" if policy else "") + (f"record = {record}\n" if policy and record else ""))


def install(name):
    (SERVICES / name).symlink_to(PROGRAM)


def expect_check(name, end, out, error):
    expect(name, end, out, error, DAEMON, "--config", CONF, "--check-config", env=ENV)


def call(operation, binding=DOOR):
    """What an operation without parameters returns; None: it is denied."""
    seen = run(TOOL, "call", binding, operation, "--idl", IDL, "--json", env=ENV)
    if seen.returncode == 3 and b"ERROR_ACCESS_DENIED (0x5)" in seen.stderr:
        return None
    check(f"{operation} is answered", seen.stdout, (seen, LOG.read_text()))
    return json.loads(seen.stdout)["result"]


def start():
    daemon = subprocess.Popen([DAEMON, "--config", CONF], stdout=subprocess.PIPE, stderr=open(LOG, "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon
    raise SystemExit("penstockd did not start:\n" + LOG.read_text())


def until(name, is_so):
    for _ in range(2000):
        if is_so():
            return
        time.sleep(0.01)
    check(name, False, LOG.read_text())


def count(text):
    return LOG.read_text().count(text)


def tell(daemon, number, said):
    n = count(said)
    daemon.send_signal(number)
    until(f"after signal {number} it says {said}", lambda: count(said) > n)


def reload(daemon, text=None):
    if text is not None:
        FILE.write_text(text)
    tell(daemon, signal.SIGHUP, " info reload message=done")


def reload_in_vain(daemon, text, said):
    FILE.write_text(text)
    tell(daemon, signal.SIGHUP, "the configuration stays as it was")
    check(f"because {said}", said in LOG.read_text(), LOG.read_text())


def names():
    """Those of programs are known where the programs are, in all of penstockd's ways to begin."""
    FILE.write_text("deny interface=counter operation=Pid\ndeny interface=srvsvc operation=NetrShareDel\n")
    configure()
    expect_check("nobody lists it", 2, None, r"policy:1:16: there is no interface counter$")
    seen = run(DAEMON, "--config", CONF, env=ENV)
    check("nor does it start", seen.returncode == 1 and b"there is no interface counter" in seen.stderr, seen)
    install("counter")
    expect_check("it is listed", 0, "The configuration is right", None)
    FILE.write_text("deny interface=counter operation=Pit\n")
    expect_check("an operation mistyped", 2, None, r"policy:1:24: there is no operation Pit; did you mean Pid\?")
    FILE.write_text("deny interface=0d1f3f52-6c2b-4b63-9a51-2e7f58f0c1aa operation=4\n")
    expect_check("by numbers", 0, "is right", None)
    (SERVICES / "silent").write_text("#!/bin/sh\nexit 1\n")
    (SERVICES / "silent").chmod(0o755)
    FILE.write_text("deny interface=silent\n")
    expect_check("perhaps of one that does not say", 0, "is right", r"(?s)program .*silent.*these names are let pass")
    FILE.write_text("deny interface=silent operation=*\n")
    expect_check("which is no excuse", 2, None, "operation is a name, or a number")
    (SERVICES / "silent").unlink()


def the_tool():
    def tell(end, out, error):
        expect("penstock daemon reload", end, out, error, TOOL, "daemon", "reload", env=ENV)

    tell(0, "has read its configuration", None)
    FILE.write_text("deny interface=countr\n")
    tell(3, None, "The configuration stays as it was")
    FILE.write_text("deny interface\n")
    tell(3, None, "there is something wrong with it")
    FILE.write_text("")
    tell(0, "has read its configuration", None)


def rules(daemon):
    pid = call("counter.Pid")
    check("nobody is ruled yet", pid and call("counter.Uid") == os.geteuid(), pid)
    reload(daemon, "deny interface=counter operation=Pid\n")
    check("a process that is there is ruled", call("counter.Pid") is None and call("counter.Uid") == os.geteuid())
    check("as its log says", "counter.Pid: fault 0x5" in LOG.read_text() and
          "Denied by line 1 of the policy: a rule denies it" in LOG.read_text(), LOG.read_text())
    os.kill(pid, signal.SIGKILL)
    check("and one that starts later", call("counter.Pid") is None and call("counter.Uid") == os.geteuid())
    reload(daemon, "deny interface=counter operation=Uid\n")
    other = call("counter.Pid")
    check("by the last one", other != pid and call("counter.Uid") is None, other)
    return other


def in_vain(daemon, pid):
    configure("[log]\nlevel = error\n")
    reload_in_vain(daemon, "deny interface=countr\n", "there is no interface countr; did you mean counter?")
    reload_in_vain(daemon, "deny interface=counter operation=Uit\n", "there is no operation Uit; did you mean Uid?")
    reload_in_vain(daemon, "deny\n", "a rule without a condition")
    reload_in_vain(daemon, "#" * 65537, "larger than 64 KiB")
    check("all is as it was", call("counter.Pid") == pid and call("counter.Uid") is None)
    os.kill(pid, signal.SIGKILL)
    check("in new processes, too", call("counter.Uid") is None and call("counter.Pid") != pid)
    told = (HERE / "run/config/penstockd.conf").read_text()
    check("and in what they are told", "level = error" not in told, told)
    FILE.write_text("deny interface=counter operation=Uid\n")
    configure(record="/nonexistent/calls")
    tell(daemon, signal.SIGHUP, "the configuration stays as it was")
    check("the record cannot be", "the record of calls /nonexistent/calls: No such file" in LOG.read_text(), LOG.read_text())
    configure()


def programs_that_come(daemon):
    reload_in_vain(daemon, "deny interface=other operation=WhichPid\n", "there is no interface other")
    install("other")
    reload(daemon)
    check("it is ruled when it is there", call("other.WhichPid", "ncalrpc:[other]") is None and call("counter.Uid") is not None)
    (SERVICES / "other").unlink()
    tell(daemon, signal.SIGHUP, "the configuration stays as it was")
    check("nor does it go while the policy names it", call("other.WhichPid", "ncalrpc:[other]") is None)
    reload(daemon, "deny interface=counter operation=Uid\n")


def other_images(daemon):
    pid = call("counter.Pid")
    FILE.write_text("deny interface=counter operation=Pid\n")
    tell(daemon, signal.SIGUSR2, " info reload message=done")
    check("another image rules by what is there now", call("counter.Pid") is None and call("counter.Uid") is not None)
    FILE.write_text("deny interface=counter operation=Pit\n")
    tell(daemon, signal.SIGUSR2, "the trial run")
    configure(policy=None)
    tell(daemon, signal.SIGUSR2, " info reload message=done")
    check("or by none", call("counter.Pid") == pid and call("counter.Uid") is not None)
    configure()
    reload(daemon, "default deny\n")
    check("and again", call("counter.Pid") is None and call("counter.Uid") is None)
    configure(policy=None)
    reload(daemon)
    check("a policy that is taken away", call("counter.Pid") == pid)


SERVICES.mkdir()
names()
FILE.write_text("")
daemon = start()
try:
    the_tool()
    in_vain(daemon, rules(daemon))
    programs_that_come(daemon)
    other_images(daemon)
finally:
    daemon.send_signal(signal.SIGTERM)
    check("ends", daemon.wait(30) == 0 and "Sanitizer" not in LOG.read_text(), LOG.read_text())
suggested = expect("what was called", 0, rf"(?s)^allow interface=counter operation=(Pid,Uid|Uid,Pid) identity=uid:{os.geteuid()} transport=ncalrpc "
                   r"# \d+ calls\ndefault deny\n\Z", None, TOOL, "policy", "suggest", RECORD, env=ENV)
FILE.write_text(suggested)
configure()
expect_check("is a policy", 0, "is right", None)
expect("of an interface by its IDL", 0, "is right", None, TOOL, "policy", "check", FILE, "--idl", IDL, env=ENV)
check("nobody else reads the record", RECORD.stat().st_mode & 0o777 == 0o600)
finish()

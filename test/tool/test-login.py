#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who penstock is to a server: each way to say it, against a penstockd with an account."""
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import tempfile

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
PASSWORD = "Se-cret12x"
HASH_OF_EMPTY = "31d6cfe0d16ae931b73c59d7e0c089c0"
# No Kerberos but what the test asks for, and nobody's home.
(HERE / "krb5.conf").write_text("[libdefaults]\ndefault_realm = NOWHERE.TEST\n"
                                "dns_lookup_kdc = false\ndns_lookup_realm = false\n")
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc",
       "KRB5_CONFIG": f"{HERE}/krb5.conf", "KRB5CCNAME": f"FILE:{HERE}/ccache"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
ECHO = "rpcecho.echo_AddOne", '{"in_data": 41}'


def put(name, text, mode=0o600):
    path = HERE / name
    path.write_text(text)
    path.chmod(mode)
    return path


def start():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    conf = put("conf", f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {port}\nports = any\n"
                       f"directory = {HERE}/run\n[store]\npath = {HERE}/shares.db\n"
                       f"accounts = {HERE}/of/accounts.db\n[security]\nkeylog = {HERE}/keys\n"
                       f"[service rpcecho]\nenabled = yes\n[workers]\nconfined = {CONFINED}\n")
    daemon = subprocess.Popen([DAEMON, "--config", conf], stdout=subprocess.PIPE,
                              stderr=open(HERE / "log", "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon, f"ncacn_ip_tcp:127.0.0.1[,epmapper={port}]"
    raise SystemExit("penstockd did not start:\n" + (HERE / "log").read_text())


def echo(name, end, error, binding, *options, stdin=None, env=None):
    """Calls, and looks at what is said of it."""
    out = '"out_data": 42' if end == 0 else r"\A\Z"
    return expect(name, end, out, error, TOOL, "call", "--explain", *options, binding, *ECHO,
                  stdin=stdin, env=ENV | (env or {}))


def ways(binding):
    secret = put("secret", f"{PASSWORD}\nmore\n")
    alice = "-U", "alice", "--password-file", secret
    echo("a file", 0, r"^who: alice, by the password from .*secret\n.*\nprotection: level privacy, "
         r"by ntlm, which SPNEGO chose, headers signed too\nleft out: krb5: ", binding, *alice)
    for level in "connect", "packet", "integrity", "privacy":
        echo(level, 0, f"^protection: level {level}, by ntlm", binding, *alice, "--level", level,
             "--mech", "ntlm")
    echo("standard input", 0, "^who: TESTED.alice, by the password from standard input", binding,
         "-U", r"TESTED\alice", "--password-stdin", stdin=f"{PASSWORD}\n".encode())
    credentials = put("credentials", "# two\nmachine elsewhere login bob password x\n"
                                     f"machine 127.0.0.1 login alice password {PASSWORD}\n")
    echo("a credentials file", 0, "^who: alice, by .*credentials", binding, "--credentials", credentials)
    echo("by the environment", 0, "^who: alice, by .*credentials", binding,
         env={"PENSTOCK_CREDENTIALS": str(credentials)})
    echo("a name there", 0, "^who: alice, by the password", binding,
         env={"PENSTOCK_USER": "alice", "PENSTOCK_PASSWORD_FILE": str(secret)})
    elsewhere = put("elsewhere", "machine elsewhere login bob password x\n")
    echo("a file of other hosts", 0, "^who: nobody", binding, env={"PENSTOCK_CREDENTIALS": str(elsewhere)})
    echo("which was asked for", 2, "there is no machine 127.0.0.1 in it", binding,
         "--credentials", elsewhere)
    echo("nobody", 0, "^who: nobody: no --user, and no .*\n.*\nprotection: level none$", binding)
    echo("nobody, proved", 0, "^protection: level integrity, by ntlm", binding, "--anonymous",
         "--level", "integrity")
    echo("the socket's word", 0, f"^who: uid {os.geteuid()}, as the kernel says", "ncalrpc:[rpcecho]")


def refusals(binding):
    secret = put("wrong", "wrong\n")
    echo("a wrong password", 3, "the server refuses our proof", binding, "-U", "alice",
         "--password-file", secret)
    echo("a hash", 3, "the server refuses our proof", binding, "-U", "alice", "--nt-hash-file",
         put("hash", f"{HASH_OF_EMPTY}\n"))
    echo("no hash", 2, "does not begin with 32 hex digits", binding, "-U", "alice", "--nt-hash-file", secret)
    echo("a file that others read", 2, "chmod 600 makes it private", binding, "-U", "alice",
         "--password-file", put("open", PASSWORD, 0o644))
    echo("a credentials file that others read", 2, "chmod 600 makes it private", binding,
         "--credentials", put("open", "default login a password b", 0o640))
    echo("a password in sight", 2, "does not belong into the command line", binding, "-U", "alice%x")
    echo("a ticket that is not there", 3, "krb5: ", binding, "--ccache", f"FILE:{HERE}/none", "--mech", "krb5")
    for name, error, *options in [
            ("two of them", "only one of --user, --ccache", "-U", "a", "--anonymous"),
            ("two passwords", "only one of --password-file", "-U", "a", "--password-stdin",
             "--password-file", secret),
            ("nobody's password", "a password without --user", "--password-stdin"),
            ("nobody's principal", "--principal without --keytab", "--principal", "a"),
            ("a level that hides", "at --level none nobody is told", "-U", "a", "--level", "none"),
            ("no level", "--level is none, connect, packet, integrity or privacy, not high", "--level", "high"),
            ("no mechanism", "--mech is spnego, ntlm or krb5, not basic", "--mech", "basic")]:
        echo(name, 2, re.escape(error), binding, *options)
    seen = run("setsid", "-w", TOOL, "call", "-U", "alice", binding, *ECHO, stdin=b"", env=ENV)
    env = ENV | {"PENSTOCK_USER": "bob", "PENSTOCK_PASSWORD_FILE": str(HERE / "secret")}
    other = run("setsid", "-w", TOOL, "call", "-U", "alice", binding, *ECHO, stdin=b"", env=env)
    check("the environment's password is another's", b"there is no terminal" in other.stderr, other)
    check("no terminal", seen.returncode == 2 and b"there is no terminal" in seen.stderr, seen)


def prompt(binding):
    """At a terminal of its own the password is asked for, and not shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(TOOL, [TOOL, "call", "-U", "alice", binding, *ECHO], ENV)
    seen = b""
    while b"Password of alice: " not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, PASSWORD.encode() + b"\r")
    try:
        while data := os.read(terminal, 1000):
            seen += data
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    check("a prompt", status == 0 and b'"out_data": 42' in seen and PASSWORD.encode() not in seen, seen)


def keys(binding):
    """Both sides log one key, and nobody else reads it."""
    log = HERE / "ckeys"
    (HERE / "keys").write_text("")
    echo("a key log", 0, "session keys are written to", binding, "-U", "alice", "--password-file",
         HERE / "secret", "--keylog", log)
    lines = [dict(word.split("=") for word in path.read_text().split()[1:])
             for path in (log, HERE / "keys")]
    check("one key", lines[0]["key"] == lines[1]["key"] and len(lines[0]["key"]) == 32, lines)
    check("one connection", lines[0]["local"] == lines[1]["remote"], lines)
    check("its mode", log.stat().st_mode & 0o777 == 0o600, log.stat())
    log.chmod(0o644)
    echo("one that others read", 2, "can be read or changed by others", binding, "--keylog", log)


def children(daemon, name):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(daemon.pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if name in line]


def deaths(daemon, binding):
    """Who knows the accounts dies, and services do not."""
    served = children(daemon, "penstock-rpcecho")
    for _ in range(3):
        for pid in children(daemon, "penstock-authd"):
            os.kill(pid, signal.SIGKILL)
        echo("after penstock-authd's death", 0, "^who: alice", binding, "-U", "alice", "--password-file", HERE / "secret")
    check("which are the same processes", served and children(daemon, "penstock-rpcecho") == served, served)
    echo("a wrong password then", 3, "the server refuses our proof", binding, "-U", "alice",
         "--password-file", HERE / "wrong")
    check("one of it", len(children(daemon, "penstock-authd")) == 1, children(daemon, "penstock-authd"))


def upgrade(daemon, binding):
    """penstockd becomes another image: nobody is denied meanwhile."""
    before, served = children(daemon, "penstock-authd"), children(daemon, "penstock-rpcecho")
    daemon.send_signal(signal.SIGUSR2)
    for _ in range(10):
        echo("while penstockd becomes another image", 0, "^who: alice", binding, "-U", "alice", "--password-file", HERE / "secret")
    now = [pid for pid in children(daemon, "penstock-authd") if pid not in before]
    check("with a penstock-authd of its own", len(now) == 1, (before, now))
    check("and the same services", children(daemon, "penstock-rpcecho") == served, served)


def main():
    daemon, binding = start()
    try:
        seen = run(TOOL, "user", "add", "alice", "--password-stdin", "--accounts", f"{HERE}/of/accounts.db",
                   stdin=PASSWORD.encode(), env=ENV)
        check("an account", seen.returncode == 0, seen)
        ways(binding)
        refusals(binding)
        prompt(binding)
        keys(binding)
        deaths(daemon, binding)
        upgrade(daemon, binding)
        seen = run(TOOL, "whoami", "--help", env=ENV)
        check("whoami", seen.returncode == 0 and b"--user" in seen.stdout, seen)
        seen = run(TOOL, "whoami", "--json", "--level", "high", binding, env=ENV)
        check("in JSON", "--level" in json.loads(seen.stdout)["error"]["message"], seen)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=30)
    log = (HERE / "log").read_text()
    check("no password in the log", PASSWORD not in log, log)
    finish()


main()

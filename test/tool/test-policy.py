#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may call what: penstock policy on files, and a penstockd that is ruled by one and records."""
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
FILE, RECORD, LOG = HERE / "policy", HERE / "calls", HERE / "log"
PASSWORD = "Se-cret12x"
(HERE / "krb5.conf").write_text("[libdefaults]\ndefault_realm = NOWHERE.TEST\n"
                                "dns_lookup_kdc = false\ndns_lookup_realm = false\n")
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc",
       "KRB5_CONFIG": f"{HERE}/krb5.conf", "KRB5CCNAME": f"FILE:{HERE}/ccache"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}

RULES = r"""# who may do what to shares
deny  interface=srvsvc  operation=NetrShareDel identity=anonymous
audit interface=samr
floor interface=samr transport=ncacn_ip_tcp level=privacy

allow interface=srvsvc from=10.0.0.0/8
allow interface=samr identity=S-1-5-32-544,OFFICE\alice,uid:7
default deny
"""


def policy(name, end, out, error, *arguments, stdin=b""):
    return expect(name, end, out, error, TOOL, "policy", *arguments, stdin=stdin, env=ENV)


def why(*arguments):
    seen = run(TOOL, "policy", "why", FILE, *arguments, "--json", env=ENV)
    check("why in JSON", seen.returncode == 0, seen)
    return json.loads(seen.stdout)


def files():
    FILE.write_text(RULES)
    policy("check", 0, r"^The policy is right\.$", None, "check", FILE)
    policy("check as JSON", 0, r'^\{"is_right":true\}$', None, "check", FILE, "--json")
    policy("standard input", 0, "is right", None, "check", "-", stdin=RULES.encode())
    policy("all that is wrong", 2, None, r"(?s)standard input is wrong:\nstandard input:1:16: there is no interface srvsv; did you "
           r"mean srvsvc\?\n\tdeny interface=srvsv\n\t +\^\nstandard input:2:9: .*\^\n\Z", "check", "-",
           stdin=b"deny interface=srvsv\ndefault perhaps\n")
    policy("no file", 2, None, r"cannot read /nonexistent: No such file", "check", "/nonexistent")
    policy("too large", 2, None, r"- is larger than 64 KiB", "check", "-", stdin=b"#" * 65537)
    policy("a verb mistyped", 2, None, r"no command policy chek; did you mean check\?", "chek", FILE)
    policy("no argument", 2, None, r"usage: penstock policy check FILE", "check")
    printed = policy("print", 0, r"^deny interface=srvsvc operation=NetrShareDel identity=anonymous$", None, "print", FILE)
    check("prints the same again", policy("print", 0, "deny", None, "print", "-", stdin=printed.encode()) == printed)
    seen = run(TOOL, "policy", "print", FILE, "--json", env=ENV)
    check("print as JSON", json.loads(seen.stdout)["policy"] == printed, seen)
    (HERE / "own.idl").write_text("[uuid(11111111-1670-01d3-1278-5a47bf6ee188), version(1.0)] interface own { void f(); }")
    own = b"deny interface=own operation=f\ndeny interface=samr\n"
    policy("an IDL's interface", 0, "is right", None, "check", "-", "--idl", HERE / "own.idl", stdin=own)
    policy("which is not there else", 2, None, "there is no interface own", "check", "-", stdin=own)


def questions():
    policy("denied", 0, r"^denied by line 2: deny +interface=srvsvc .*: a rule denies it$", None, "why", FILE,
           "--interface", "srvsvc", "--operation", "NetrShareDel")
    policy("each rule", 0, r"(?s)^line 2: .* does not match: interface is samr\nline 3: .* matches, and is noted\n"
           r"line 4: .* matches, and denies\n.*^denied: the interface wants privacy\n\Z", None, "why", FILE, "--interface", "samr", "-v")
    policy("a bind", 0, "^allowed so far|^allowed by line 6", None, "why", FILE, "--interface", "srvsvc", "--from", "10.1.1.1")
    value = why("--interface", "srvsvc", "--operation", "15", "--from", "10.1.1.1")
    check("allowed", value["is_allowed"] and value["by"]["line"] == 6 and value["audits"] == [], value)
    value = why("--interface", "srvsvc", "--operation", "15", "--from", "11.1.1.1")
    check("by default", not value["is_allowed"] and value["by"] == {"line": 8, "rule": "default deny"}, value)
    check("from nowhere", not why("--interface", "srvsvc", "--operation", "15")["is_allowed"])
    samr = "--interface", "samr", "--operation", "0", "--level", "privacy"
    value = why(*samr, "--identity", r"office\ALICE")
    check("a name", value["is_allowed"] and value["audits"][0]["line"] == 3 and "why" not in value, value)
    check("another's", not why(*samr, "--identity", r"OFFICE\bob")["is_allowed"])
    check("a group", why(*samr, "--identity", r"OFFICE\bob", "--identity", "S-1-5-32-544")["is_allowed"])
    check("a uid", why(*samr, "--identity", "uid:7", "--transport", "ncalrpc")["is_allowed"])
    check("nobody", not why(*samr)["is_allowed"])
    check("each in JSON", "line 4: " in why(*samr, "-v")["why"])
    check("by a UUID", why("--interface", "12345778-1234-abcd-ef00-0123456789ac", "--operation", "0", "--identity", "uid:7",
                           "--transport", "ncacn_np")["is_allowed"])
    for arguments, said in ((), "--interface says"), (("--interface", "sam"), "did you mean samr"), \
            (("--interface", "samr", "--operation", "SamrConect"), "no operation"), \
            (("--interface", "samr", "--identity", "alice"), "is none of anonymous"), \
            (("--interface", "samr", "--identity", "uid:1", "--identity", "uid:2"), "is no group"), \
            (("--interface", "samr", "--from", "host"), "is no numeric address"), \
            (("--interface", "samr", "--transport", "tcp"), "--transport is"), \
            (("--interface", "samr", "--level", "high"), "--level is"), \
            (("--interface", "samr", *["--identity", "S-1-5-11"] * 17), "more than 16"):
        policy(said, 2, None, said, "why", FILE, *arguments)


def suggestions():
    line = {"interface": "4b324fc8-1670-01d3-1278-5a47bf6ee188", "interface_name": "srvsvc", "opnum": 15,
            "operation": "NetrShareEnum", "identity": r"OFFICE\alice", "transport": "ncacn_ip_tcp", "level": "privacy", "calls": 12}
    text = json.dumps(line).encode()
    policy("two lines of one kind", 0, r"^allow interface=srvsvc operation=NetrShareEnum identity=OFFICE\\alice transport=ncacn_ip_tcp "
           r"level>=privacy # 24 calls\ndefault deny\n\Z", None, "suggest", stdin=text + b"\n\n" + text)
    policy("nothing", 0, r"^default deny$", None, "suggest", stdin=b"")
    for change in {"opnum": 65536}, {"opnum": -1}, {"opnum": "15"}, {"calls": 1.5}, {"level": "high"}, {"transport": "tcp"}, \
            {"interface": "x"}, {"identity": None}:
        policy(f"wrong: {change}", 2, None, r"-:2: this is no recorded call", "suggest", stdin=text + b"\n" + json.dumps(line | change).encode())
    for garbage in b"{", b"[]", b"\0", b"null", bytes(range(256)), b"[" * 100000:
        policy("garbage", 2, None, r"-:\d: this is no recorded call", "suggest", stdin=garbage)


def start():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    conf = HERE / "conf"
    conf.write_text(f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {port}\nports = any\ndirectory = {HERE}/run\n"
                    f"[store]\npath = {HERE}/shares.db\naccounts = {HERE}/of/accounts.db\n"
                    f"[policy]\nfile = {FILE}\nrecord = {RECORD}\n[service rpcecho]\nenabled = yes\n"
                    f"[workers]\nconfined = {CONFINED}\n")
    daemon = subprocess.Popen([DAEMON, "--config", conf], stdout=subprocess.PIPE, stderr=open(LOG, "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon, f"ncacn_ip_tcp:127.0.0.1[,epmapper={port}]"
    raise SystemExit("penstockd did not start:\n" + LOG.read_text())


def echo(name, is_allowed, binding, *options):
    expect(name, 0 if is_allowed else 3, '"out_data": 42' if is_allowed else None,
           None if is_allowed else r"ERROR_ACCESS_DENIED \(0x5\)", TOOL, "call", *options, binding, "rpcecho.echo_AddOne",
           '{"in_data": 41}', env=ENV)


def await_log(text):
    for _ in range(1000):
        if text in LOG.read_text():
            return
        time.sleep(0.01)
    check(f"the log says {text}", False, LOG.read_text())


def ruled():
    FILE.write_text("allow interface=epm\n" + r"allow interface=rpcecho identity=TESTED\alice level=privacy".replace("level=", "level>=") +
                    f"\nallow interface=rpcecho identity=uid:{os.geteuid()} transport=ncalrpc\ndefault deny\n")
    run(TOOL, "user", "add", "alice", "--password-stdin", "--accounts", HERE / "of/accounts.db", env=ENV, stdin=PASSWORD.encode())
    secret = HERE / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    alice = "-U", "alice", "--password-file", secret
    daemon, tcp = start()
    try:
        echo("a user of this machine", True, "ncalrpc:")
        echo("nobody", False, tcp, "--anonymous")
        echo("who is named", True, tcp, *alice)
        echo("at a lower level", False, tcp, *alice, "--level", "integrity")
        check("the log says why", "rpcecho.echo_AddOne: fault 0x5, " in LOG.read_text() and
              "Denied by line 4 of the policy: no rule allows it: default deny" in LOG.read_text(), LOG.read_text())
        FILE.write_text("allow interface=rpcech\n")
        daemon.send_signal(signal.SIGHUP)
        await_log("there is no interface rpcech; did you mean rpcecho?")
        echo("as before", True, tcp, *alice)
        FILE.write_text("audit interface=rpcecho\ndeny interface=rpcecho identity=authenticated\n")
        n = LOG.read_text().count(" info reload")
        daemon.send_signal(signal.SIGHUP)
        for _ in range(1000):
            if LOG.read_text().count(" info reload") > n:
                break
            time.sleep(0.01)
        echo("read again", False, tcp, *alice)
        check("noted", "audit: rpcecho.echo_AddOne denied: TESTED\\alice from 127.0.0.1 by ncacn_ip_tcp, privacy: line 1: "
              in LOG.read_text().replace("\\\\", "\\"), LOG.read_text())
    finally:
        daemon.send_signal(signal.SIGTERM)
        check("ends", daemon.wait(30) == 0 and "Sanitizer" not in LOG.read_text(), LOG.read_text())
    check("nobody else reads it", stat.S_IMODE(RECORD.stat().st_mode) == 0o600)
    policy("what was called", 0, rf"(?s)^allow interface=rpcecho operation=echo_AddOne identity=TESTED\\alice transport=ncacn_ip_tcp "
           rf"level>=privacy # 2 calls\n.*^default deny\n\Z", None, "suggest", RECORD)
    FILE.write_bytes(run(TOOL, "policy", "suggest", RECORD, env=ENV).stdout)
    policy("is a policy", 0, "is right", None, "check", FILE)
    call = "--interface", "rpcecho", "--operation", "echo_AddOne"
    check("that allows it", why(*call, "--identity", r"TESTED\alice", "--level", "privacy")["is_allowed"] and
          why(*call, "--identity", f"uid:{os.geteuid()}", "--transport", "ncalrpc")["is_allowed"], FILE.read_text())
    check("and no more", not why(*call)["is_allowed"] and
          not why(*call, "--identity", r"TESTED\alice", "--level", "integrity")["is_allowed"], FILE.read_text())


files()
questions()
suggestions()
ruled()
finish()

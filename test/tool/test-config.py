#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstockd's command line and configuration: what is wrong is said, with its place."""
import os
import pathlib
import tempfile

from check import DAEMON, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
FILE = pathlib.Path(WORK.name, "penstockd.conf")
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name}


def diagnosis(name, text, pattern):
    FILE.write_bytes(text if isinstance(text, bytes) else text.encode())
    expect(name, 2, None, pattern, DAEMON, "--check-config", "--config", FILE, env=ENV)


def right(name, text):
    FILE.write_text(text)
    expect(name, 0, "is right", None, DAEMON, "--check-config", "-c", FILE, env=ENV)


right("nothing at all", "")
right("comments and blanks", "# one\n ; two\n\n[server]\n\tname =  A B  \n")
right("no newline at the end", "[log]\nlevel = debug")
right("line ends of DOS", "[log]\r\nlevel = debug\r\n")

diagnosis("a key mistyped", "[server]\nlisen = *\n", r"conf:2:1: there is no key lisen; did you mean listen\?\n\tlisen = \*\n\t\^")
diagnosis("a section mistyped", "[sever]\nname = X\n", r"conf:1:2: there is no section sever; did you mean server\?")
diagnosis("a service mistyped", "[service rpcecko]\n", r"conf:1:10: .*service rpcecko; did you mean rpcecho\?")
diagnosis("a key of another section", "[store]\nname = X\n", r"conf:2:1: name belongs to \[server\]")
diagnosis("before a section", "name = X\n", r"conf:1:1: a key before the first")
diagnosis("no equals sign", "[server]\nname\n", r"conf:2:1: a line is")
diagnosis("no value", "[server]\nname =\n", r"conf:2:7: name has no value")
diagnosis("no end of a section", "[server\n", r"conf:1:1: a section is")
diagnosis("a port too large", "[server]\nport = 65536\n", r"conf:2:8: port is a number from 1 to 65535")
diagnosis("no number", "[server]\nport = -1\n", r"conf:2:8: port is a number")
diagnosis("no range", "[server]\nports = 9-1\n", r"conf:2:9: ports is a range")
diagnosis("no address", "[server]\nlisten = 127.0.0.1 localhost\n", r"conf:2:10: localhost is no numeric address")
diagnosis("a relative path", "[store]\npath = x.db\n", r"conf:2:8: path is an absolute path")
diagnosis("a level", "[log]\nlevel = loud\n", r"conf:2:9: level is error")
diagnosis("a format", "[log]\nformat = xml\n", r"conf:2:10: format is text or json")
diagnosis("yes and no", "[service rpcecho]\nenabled = perhaps\n", r"conf:2:11: enabled is yes or no")
diagnosis("seconds", "[limits]\nbind_timeout = 0\n", r"conf:2:16: .* of seconds from 1")
diagnosis("a NUL byte", b"[server]\nname = \0\n", r"conf:2:8: a NUL byte")
diagnosis("bytes", bytes(range(1, 256)), r"conf:1:")
diagnosis("all of them", "[a]\n[b]\nx\n", r"(?s)conf:1:.*conf:2:.*conf:3:")

POLICY = pathlib.Path(WORK.name, "policy")
POLICY.write_text("deny interface=srvsv\n")
diagnosis("its policy", f"[policy]\nfile = {POLICY}\n", r"policy:1:16: there is no interface srvsv; did you mean srvsvc\?\n\t.*\n\t +\^")
POLICY.write_text("deny interface=rpcecho\n")
right("a policy of what does not run", f"[policy]\nfile = {POLICY}\n")
diagnosis("no policy", "[policy]\nfile = /nonexistent\n", r"^penstockd: cannot read /nonexistent: No such file")

FILE.write_text("[server]\nname = N\nports = 50000-50001\n[shares]\nsmb_conf = /x\n[limits]\n"
                "idle_timeout = 7\n[service rpcecho]\nenabled = yes\n[log]\nformat = json\n")
printed = expect("print", 0, r"(?s)name = N\n.*ports = 50000-50001\n.*smb_conf = /x\n.*idle_timeout = 7\n"
                 r".*\[service rpcecho\]\nenabled = yes", None, DAEMON, "--print-config", "-c", FILE, env=ENV)
FILE.write_text(printed)
again = run(DAEMON, "--print-config", "-c", FILE, env=ENV).stdout.decode()
check("what is printed gives the same", printed == again, again)
user = run(DAEMON, "--print-config", env=ENV).stdout.decode()
if os.geteuid():
    check("a user's defaults", "listen = 127.0.0.1\nport = 11350\nports = any\n" in user, user)
else:
    check("root's defaults", "listen = *\nport = 135\nports = 49152-65535\n" in user, user)

expect("no file", 2, None, r"cannot read /nonexistent: No such file", DAEMON, "-c", "/nonexistent", env=ENV)
expect("an option mistyped", 2, None, r"no option --chek-config; did you mean --check-config\?", DAEMON, "--chek-config")
expect("an option without its value", 2, None, r"--config needs a value", DAEMON, "--config")
expect("an argument", 2, None, r"what is garbage\?", DAEMON, "garbage")
expect("help", 0, r"Usage: penstockd", None, DAEMON, "--help")
expect("version", 0, r"^penstockd \d", None, DAEMON, "--version")
finish()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock user, machine and group: on a file of accounts of their own."""
import json
import os
import pathlib
import pty
import re
import sqlite3
import stat
import subprocess
import tempfile

from check import DAEMON, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
FILE = pathlib.Path(WORK.name, "of", "accounts.db")
KEY = pathlib.Path(WORK.name, "of-authd", "accounts.key")
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_STATE_HOME": f"{WORK.name}/state"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
PASSWORD = "Geheim-4711"


def tool(name, end, out, error, *arguments, stdin=b""):
    return expect(name, end, out, error, TOOL, *arguments, "--accounts", FILE, stdin=stdin, env=ENV)


def as_json(name, end, *arguments, stdin=b""):
    seen = run(TOOL, *arguments, "--json", "--accounts", FILE, env=ENV, stdin=stdin)
    try:
        value = json.loads(seen.stdout)
    except ValueError:
        value = None
    check(name, seen.returncode == end and value is not None, f"{arguments}\n{seen}")
    return value


def users():
    tool("no file yet", 1, None, r"there is no file .*\n.*makes it", "user", "ls")
    check("nor is it made", not FILE.exists())
    tool("add", 0, "^alice: added$", None, "user", "add", "alice", "--full-name", "Alice Ärmel",
         "--password-stdin", stdin=PASSWORD.encode() + b"\n")
    check("nobody else's", stat.S_IMODE(FILE.stat().st_mode) == 0o600, oct(FILE.stat().st_mode))
    tool("add again", 1, None, "another account has that name", "user", "add", "ALICE", "--no-password")
    tool("a group's name", 1, None, "in common", "user", "add", "domain users", "--no-password")
    tool("no name", 2, None, "a name has none of", "user", "add", "a/b", "--no-password")
    tool("ls", 0, r"^alice +1000 +Alice Ärmel$", None, "user", "ls")
    tool("list", 0, r"^Guest +501  disabled", None, "user", "list")
    tool("show", 0, r"(?s)^full name +Alice Ärmel\n.*^has password +yes\n.*^groups +Domain Users$", None,
         "user", "show", "Alice")
    value = as_json("as JSON", 0, "user", "show", "alice")
    check("what it shows", value["rid"] == 1000 and value["sid"].endswith("-1000") and value["has_password"]
          and not value["is_disabled"] and value["groups"] == ["Domain Users"] and value["expires"] is None, value)
    check("never a hash", not any("hash" in name for name in value), value)
    value = as_json("ls as JSON", 0, "user", "ls")
    check("all of them", [u["name"] for u in value] == ["Administrator", "alice", "Guest"], value)
    tool("mistyped", 1, None, r"there is no user alise; did you mean alice\?", "user", "show", "alise")
    tool("a group is no user", 1, None, "there is no user Users", "user", "show", "Users")
    tool("set", 0, "alice: changed", None, "user", "set", "alice", "--comment", "c", "--expires", "2030-12-31",
         "--disable", "--must-change", "--unix-name", "nobody", "--password-expires", "no", "--home", "\\\\s\\h")
    value = as_json("set and shown", 0, "user", "show", "alice")
    check("all that was set", value["comment"] == "c" and value["expires"] == "2030-12-31T00:00:00Z"
          and value["is_disabled"] and value["unix_name"] == "nobody" and value["home_directory"] == "\\\\s\\h"
          and value["control"] & 0x200 and value["password_set"] is None, value)
    tool("set back", 0, "changed", None, "user", "set", "alice", "--enable", "--expires", "never", "--name", "Alicia")
    tool("and renamed", 1, None, "there is no user alice", "user", "show", "alice")
    tool("another name that is taken", 1, None, "Guest: another", "user", "set", "alicia", "--name", "Guest")
    tool("both", 2, None, "both --disable and --enable", "user", "set", "alicia", "--enable", "--disable")
    tool("a day that is none", 2, None, "--expires is a day", "user", "set", "alicia", "--expires", "tomorrow")
    tool("a rid", 0, "added", None, "user", "add", "rid", "--rid", "5000", "--no-password")
    check("that rid", as_json("rid", 0, "user", "show", "rid")["rid"] == 5000)
    tool("a rid that is none", 2, None, "--rid 500 is not", "user", "add", "x", "--rid", "500", "--no-password")
    tool("a primary group", 0, "changed", None, "user", "set", "rid", "--primary-group", "domain guests")
    check("both groups", as_json("show", 0, "user", "show", "rid")["groups"] == ["Domain Users", "Domain Guests"])
    tool("no group of the domain", 2, None, "no group of the domain", "user", "set", "rid", "--primary-group", "Users")
    tool("rm", 0, "rid: removed", None, "user", "rm", "rid")
    tool("rm again", 1, None, "there is no user rid", "user", "rm", "rid")
    tool("always there", 1, None, "is always there", "user", "rm", "guest")
    value = as_json("as JSON", 1, "user", "rm", "guest")
    check("its sentence", "always there" in value["error"]["message"], value)


def on_terminal(*answers):
    """The tool with a terminal of its own, which gives the answers in turn."""
    pid, terminal = pty.fork()
    if not pid:
        os.execve(TOOL, [TOOL, "user", "passwd", "alicia", "--accounts", str(FILE)], ENV)
    seen = b""
    for answer in answers:
        while not seen.endswith(b": "):
            seen += os.read(terminal, 1000)
        os.write(terminal, answer.encode() + b"\n")
        seen += b"\n"
    try:
        while piece := os.read(terminal, 1000):
            seen += piece
    except OSError: # that is how a terminal ends
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen.decode(errors="replace")


def passwords():
    for password in ("kurz", "allesklein", ""):
        tool("by policy", 1, None, "the (password is shorter|policy wants)", "user", "passwd", "alicia",
             "--password-stdin", stdin=password.encode() + b"\n")
    tool("nothing", 1, None, "there is nothing", "user", "passwd", "alicia", "--password-stdin")
    tool("a NUL", 1, None, "there is a NUL", "user", "passwd", "alicia", "--password-stdin", stdin=b"a\0b\n")
    tool("too long", 1, None, "too long", "user", "passwd", "alicia", "--password-stdin", stdin=b"a" * 5000)
    tool("never an argument", 2, None, "usage: penstock user passwd NAME|too many", "user", "passwd", "alicia", PASSWORD)
    tool("nor an option", 2, None, "there is no option --password", "user", "passwd", "alicia", "--password", PASSWORD)
    with tempfile.TemporaryFile() as file:
        file.write(PASSWORD.encode() + b"\r\nmore")
        file.seek(0)
        seen = run(TOOL, "user", "passwd", "alicia", "--accounts", FILE, "--password-fd", str(file.fileno()),
                   env=ENV, pass_fds=[file.fileno()])
    check("a descriptor", seen.returncode == 0 and b"password changed" in seen.stdout, seen)
    tool("no number", 2, None, "--password-fd x is not", "user", "passwd", "alicia", "--password-fd", "x")
    tool("no descriptor", 1, None, "Bad file descriptor", "user", "passwd", "alicia", "--password-fd", "77")
    seen = subprocess.run([TOOL, "user", "passwd", "alicia", "--accounts", FILE], env=ENV, capture_output=True,
                          stdin=subprocess.DEVNULL, start_new_session=True, timeout=60)
    check("no terminal", seen.returncode == 2 and b"--password-stdin reads" in seen.stderr, seen)

    end, seen = on_terminal(PASSWORD, PASSWORD)
    check("a terminal", end == 0 and "password changed" in seen and PASSWORD not in seen, seen)
    end, seen = on_terminal(PASSWORD, PASSWORD + "x")
    check("two that differ", end == 1 and "not the same" in seen and PASSWORD not in seen, seen)

    sealed()
    tool("no password", 0, "password removed", None, "user", "passwd", "alicia", "--no-password")
    check("none is there", not as_json("show", 0, "user", "show", "alicia")["has_password"])


def md4(password):
    seen = run("openssl", "dgst", "-md4", "-provider", "legacy", "-provider", "default", "-binary",
               stdin=password.encode("utf-16-le"))
    return seen.stdout


def sealed():
    """Who has the file has no hash of it, and who has another key sets none in it."""
    with sqlite3.connect(FILE) as db:
        kept, = db.execute("SELECT nt_hash FROM account WHERE name = 'Alicia'").fetchone()
        check("what is kept is sealed", len(kept) == 45 and kept[0] == 1, kept)
    everything = b"".join(path.read_bytes() for path in FILE.parent.iterdir())
    check("no hash is in the files", len(md4(PASSWORD)) == 16 and md4(PASSWORD) not in everything)
    check("the key is nobody else's", KEY.stat().st_size == 32 and stat.S_IMODE(KEY.stat().st_mode) == 0o600
          and stat.S_IMODE(KEY.parent.stat().st_mode) == 0o700, KEY)
    check("nor is it in the files", KEY.read_bytes() not in everything)
    other = pathlib.Path(WORK.name, "other.key")
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    words = "user", "passwd", "alicia", "--password-stdin", "--accounts-key", other
    tool("another key", 1, None, "of/accounts.db and the key in .*other.key do not belong together", *words,
         stdin=PASSWORD.encode() + b"\n")
    other.chmod(0o644)
    tool("a key that others read", 1, None, "other.key can be read or changed by others", *words)
    KEY.rename(other)
    tool("who sets none needs none", 0, "changed", None, "user", "set", "alicia", "--comment", "without")
    check("and makes none", not KEY.exists())
    other.rename(KEY)
    KEY.chmod(0o600)


def machines():
    value = as_json("add", 0, "machine", "add", "desk7")
    check("with its dollar", value["name"] == "desk7$", value)
    tool("ls", 0, r"^desk7\$ ", None, "machine", "ls")
    value = as_json("show", 0, "machine", "show", "DESK7")
    check("a workstation", value["control"] == 0x80 and value["groups"] == ["Domain Computers"], value)
    tool("no user", 1, None, "there is no user desk7", "user", "show", "desk7$")
    tool("a user is no machine", 1, None, r"there is no machine Alicia\$", "machine", "show", "Alicia")
    tool("any password", 0, "password changed", None, "machine", "passwd", "desk7", "--password-stdin", stdin=b"desk7\n")
    tool("a controller", 0, "changed", None, "machine", "set", "desk7", "--controller")
    check("it is one", as_json("show", 0, "machine", "show", "desk7")["control"] == 0x100)
    tool("rm", 0, "removed", None, "machine", "rm", "desk7$")


def groups():
    tool("add", 0, "staff: added", None, "group", "add", "staff", "--comment", "all of us")
    tool("an alias", 0, "local: added", None, "group", "add", "local", "--alias")
    tool("ls", 0, r"(?s)^staff +group +\d+  all of us$.*^local +alias .*^Administrators +builtin +544 ", None, "group", "ls")
    tool("a member", 0, "staff: member added", None, "group", "add-member", "staff", "alicia")
    tool("again", 1, None, "alicia is in staff already", "group", "add-member", "staff", "alicia")
    tool("no user", 2, None, "(?s)local is no user.*An alias can", "group", "add-member", "staff", "local")
    tool("a group in an alias", 0, "added", None, "group", "add-member", "local", "STAFF")
    tool("an alias in an alias", 1, None, "neither a user nor a group", "group", "add-member", "local", "Users")
    tool("any SID", 0, "added", None, "group", "add-member", "local", "S-1-5-21-1-2-3-500")
    tool("an administrator", 0, "added", None, "group", "add-member", "administrators", "Alicia")
    value = as_json("show", 0, "group", "show", "local")
    check("its members", sorted(value["members"]) == ["S-1-5-21-1-2-3-500", "staff"] and value["type"] == "alias", value)
    tool("show", 0, r"^members +.*Alicia", None, "group", "show", "administrators")
    value = as_json("ls as JSON", 0, "group", "ls")
    check("each once", len({g["name"] for g in value}) == len(value) and
          {g["type"] for g in value} == {"group", "alias", "builtin"}, value)
    tool("set", 0, "team: changed", None, "group", "set", "staff", "--name", "team", "--comment", "us")
    tool("rm-member", 0, "member removed", None, "group", "rm-member", "team", "alicia")
    tool("no more", 1, None, "alicia is not in team", "group", "rm-member", "team", "alicia")
    tool("a primary group", 1, None, "as its primary group", "group", "rm-member", "Domain Users", "alicia")
    tool("nobody", 1, None, r"there is no user alicja; did you mean Alicia\?", "group", "add-member", "team", "alicja")
    tool("mistyped", 1, None, r"there is no group Administrator[^s]*; did you mean Administrators\?", "group", "show",
         "Administratoren")
    tool("rm", 0, "removed", None, "group", "rm", "team")
    check("nor in the alias", as_json("show", 0, "group", "show", "local")["members"] == ["S-1-5-21-1-2-3-500"])
    tool("always there", 1, None, "is always there", "group", "rm", "Administrators")


def policy():
    value = as_json("show", 0, "policy", "show")
    check("as it begins", value["min_length"] == 7 and value["complex"] and value["max_age_days"] is None and
          value["lockout_threshold"] == 10 and value["lockout_duration_minutes"] == 10, value)
    tool("set", 0, "policy: changed", None, "policy", "set", "--min-length", "3", "--complex", "no", "--max-age", "42",
         "--lockout-duration", "never", "--lockout-threshold", "5", "--lockout-window", "30", "--history", "2")
    value = as_json("shown", 0, "policy", "show")
    check("all of it", (value["min_length"], value["complex"], value["max_age_days"], value["lockout_duration_minutes"],
                        value["lockout_threshold"], value["lockout_window_minutes"], value["history"])
          == (3, False, 42, None, 5, 30, 2), value)
    tool("show", 0, r"(?s)^min length +3\n.*^lockout duration minutes +never$", None, "policy", "show")
    tool("a password by it", 0, "changed", None, "user", "passwd", "alicia", "--password-stdin", stdin=b"abc\n")
    tool("it expires", 0, "changed", None, "user", "set", "alicia", "--password-expires", "yes")
    check("that expires", as_json("show", 0, "user", "show", "alicia")["password_expires"] is not None)
    tool("no number", 2, None, "--max-age x is not a number of days up to 999, nor never", "policy", "set", "--max-age", "x")
    tool("too large", 2, None, "--min-length 500 is not a number up to 127\\.$", "policy", "set", "--min-length", "500")
    tool("never nothing", 2, None, "--lockout-window never", "policy", "set", "--lockout-window", "never")
    tool("yes and no", 2, None, "--complex is yes or no", "policy", "set", "--complex", "maybe")


def usage():
    for arguments in (["user"], ["user", "shwo", "x"], ["user", "show"], ["user", "ls", "x"], ["group", "add-member", "x"],
                      ["machine", "add", "a", "b"], ["user", "add", "x", "--expire", "never"]):
        tool(f"usage {arguments}", 2, None, ".", *arguments)
    tool("a verb mistyped", 2, None, r"there is no command user shwo; did you mean show\?", "user", "shwo", "x")
    for command in ("user", "machine", "group", "policy"):
        expect("help", 0, r"(?s)Usage: penstock .*--accounts FILE.*Examples:", None, TOOL, command, "--help", env=ENV)
    other = pathlib.Path(WORK.name, "other.db")
    other.write_bytes(b"no database at all" * 100)
    expect("no accounts", 1, None, "cannot open the accounts in .*other.db: ", TOOL, "user", "ls", "--accounts", other, env=ENV)


def usual_place():
    """Where penstockd's configuration says."""
    if not os.geteuid():
        return
    printed = run(DAEMON, "--print-config", env=ENV).stdout.decode()
    path = pathlib.Path(re.search("^accounts = (.*)$", printed, re.M)[1])
    expect("made there", 0, "^Administrator ", None, TOOL, "user", "ls", env=ENV)
    check("where penstockd looks", path.exists() and str(path).startswith(WORK.name), path)
    conf = pathlib.Path(WORK.name, ".config/penstock/penstockd.conf")
    conf.parent.mkdir(parents=True)
    conf.write_text(f"[store]\naccounts = {WORK.name}/elsewhere/a.db\n")
    expect("or as it says", 0, "^Administrator ", None, TOOL, "user", "ls", env=ENV)
    check("elsewhere", pathlib.Path(WORK.name, "elsewhere/a.db").exists())
    conf.write_text("[stor]\n")
    expect("unless it is wrong", 2, None, r"penstockd.conf:1:2: .*\n.*--accounts FILE", TOOL, "user", "ls", env=ENV)


users()
passwords()
machines()
groups()
policy()
usage()
usual_place()
finish()

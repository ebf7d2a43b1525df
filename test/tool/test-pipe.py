#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock pipe and penstock ns, with an object manager of their own.

    test-pipe.py PENSTOCK-OBJECTD PENSTOCK
"""
import hashlib
import json
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import time

from check import DAEMON as OBJECTD, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
OBJECTS = pathlib.Path(WORK.name, "objects")
# The library starts the object manager when it is first asked for.
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_OBJECTS_DIR": str(OBJECTS),
       "PENSTOCK_OBJECTD": OBJECTD}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
PATIENCE = 60
BIG = os.urandom(1 << 16) * 64  # 4 MiB


def tool(name, end, out, error, *arguments, stdin=b""):
    return expect(name, end, out, error, TOOL, *arguments, stdin=stdin, env=ENV)


def as_json(name, end, *arguments):
    seen = run(TOOL, *arguments, "--json", env=ENV, stdin=b"")
    try:
        value = json.loads(seen.stdout)
    except ValueError:
        value = None
    check(name, seen.returncode == end and value is not None, f"{arguments}\n{seen}")
    return value


def names():
    return [pipe["name"] for pipe in json.loads(run(TOOL, "pipe", "ls", "--json", env=ENV).stdout)]


class Program:
    """One that runs meanwhile; its standard error is a file."""

    def __init__(self, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([TOOL, *arguments], stdin=stdin, stdout=stdout, stderr=self.log, env=ENV)
        self.name = " ".join(arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.log):
            if stream:
                stream.close()

    def read(self, n):
        """So many bytes, or what came until then."""
        text = b""
        while len(text) < n and select.select([self.process.stdout], [], [], PATIENCE)[0]:
            piece = os.read(self.process.stdout.fileno(), n - len(text))
            if not piece:
                break
            text += piece
        return text

    def write(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def ends(self, end=0, number=None):
        if number:
            self.process.send_signal(number)
        try:
            seen = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            seen = "not at all"
        self.log.seek(0)
        log = self.log.read().decode(errors="replace")
        check(f"{self.name}: its end", seen == end and "Sanitizer" not in log, f"{seen}\n{log}")
        return log


class Server(Program):
    """penstock pipe serve; entered, the pipe is there."""

    def __init__(self, name, *options, **streams):
        super().__init__("pipe", "serve", name, *options, **streams)
        self.pipe = name

    def __enter__(self):
        until = time.monotonic() + PATIENCE
        while self.pipe not in names() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        return self


# ---- what there is ----


def shows():
    tool("no pipes", 0, None, None, "pipe", "ls")
    check("no pipes, in JSON", as_json("ls", 0, "pipe", "ls") == [])
    with Server("Shown", "--message", "--instances", "3", "--quota", "1000", "--exec", "cat") as server:
        tool("ls", 0, r"^Shown +1 of 3$", None, "pipe", "ls")
        check("ls in JSON", as_json("ls", 0, "pipe", "ls") == [{"name": "Shown", "instances": 1, "instances_max": 3}])
        tool("info", 0, r"(?s)^name            Shown\ntype            messages\n.*1000\n.*of 3\n.*rights     0x", None,
             "pipe", "info", "shown")
        value = as_json("info in JSON", 0, "pipe", "info", "\\\\.\\pipe\\SHOWN")
        check("what it has", value["type"] == "messages" and value["configuration"] == "duplex" and
              value["inbound_quota"] == value["outbound_quota"] == 1000 and value["instances_max"] == 3 and
              value["server_process"] == server.process.pid and re.match(r"O:S-.*D:\(A;;FA;;;SY\)", value["sddl"]), value)
        tool("ns ls", 0, r"^Directory +BaseNamedObjects", None, "ns", "ls")
        tool("ns ls of pipes", 0, r"^Pipe +Shown +\d of 3$", None, "ns", "ls", "\\Device\\NamedPipe\\")
        value = as_json("ns ls in JSON", 0, "ns", "ls", "\\")
        check("a link", any(entry["type"] == "SymbolicLink" and entry["target"] for entry in
                            as_json("ns ls of links", 0, "ns", "ls", "\\??")), value)
        tool("ns why", 0, r"(?s)In \\Device\\NamedPipe it is Shown.*3 there may be.*are granted\.", None,
             "ns", "why", "Shown", "--access", "rw")
        value = as_json("ns why in JSON", 0, "ns", "why", "shown")
        check("sentences", value["name"] == "\\Device\\NamedPipe\\shown" and len(value["steps"]) > 3, value)
        server.ends(number=signal.SIGTERM)
    tool("ns why of nothing", 0, "There is nothing of that name", None, "ns", "why", "Local\\nothing")
    check("gone", names() == [])


def watches():
    with Server("first", "--exec", "cat") as first, \
            Program("pipe", "watch", stdout=subprocess.PIPE) as watch, \
            Program("pipe", "watch", "--json", stdout=subprocess.PIPE) as other:
        check("what is there", watch.read(8) == b"+ first\n")
        lines = [other.read(len('{"change":"+","name":"first"}\n'))]
        with Server("second", "--exec", "cat") as second:
            check("what comes", watch.read(9) == b"+ second\n")
            lines.append(other.read(31))
            second.ends(number=signal.SIGKILL, end=-signal.SIGKILL)
        check("what goes", watch.read(9) == b"- second\n")
        lines.append(other.read(31))
        first.ends(number=signal.SIGINT)
        check("and the rest", watch.read(8) == b"- first\n")
        lines.append(other.read(30))
        check("in JSON", [tuple(json.loads(line).values()) for line in lines] ==
              [("+", "first"), ("+", "second"), ("-", "second"), ("-", "first")], lines)
        watch.ends(number=signal.SIGINT)
        other.process.stdout.close()
        other.ends()


def refusals():
    tool("an unknown name", 3, None, r"OBJECT_NAME_NOT_FOUND \(0xc0000034\).*\.\n.*penstock pipe ls", "pipe", "cat", "none")
    value = as_json("in JSON", 3, "pipe", "call", "none", "x")
    check("its status", value["error"]["status_name"] == "STATUS_OBJECT_NAME_NOT_FOUND", value)
    tool("waiting for an unknown name", 3, None, "NOT_FOUND", "pipe", "wait", "none")
    tool("a slash is a letter", 3, None, r"cannot open \\\\\.\\pipe\\a/b: ", "pipe", "send", "a/b", "x")
    tool("another machine", 3, None, "NOT_SUPPORTED", "pipe", "send", "\\\\far\\pipe\\x", "x")
    tool("no name", 3, None, "OBJECT_NAME_INVALID", "pipe", "send", "\\\\.\\pipe\\", "x")
    tool("a verb mistyped", 2, None, r"did you mean serve\?", "pipe", "serv", "x")
    tool("no name at all", 2, None, "usage: penstock pipe info NAME", "pipe", "info")
    tool("no framing", 2, None, "line, nul, len or raw, not word", "pipe", "cat", "x", "--framing", "word")
    tool("no access", 2, None, "r, w or rw", "ns", "why", "x", "--access", "x")
    tool("no number", 2, None, "--instances 0 is not", "pipe", "serve", "x", "--instances", "0")
    tool("no SDDL", 2, None, "--sddl D:x: at ", "pipe", "serve", "x", "--sddl", "D:x")
    tool("no command", 2, None, "--exec needs a command", "pipe", "serve", "x", "--exec")
    tool("no hex", 2, None, "odd number", "pipe", "send", "x", "123", "--hex")
    tool("no directory of objects", 1, None, r"(?s)OBJECT_PATH_NOT_FOUND.*--objects-dir", "pipe", "ls", "--objects-dir",
         "/proc/nowhere")
    tool("help", 0, r"(?s)Usage: penstock pipe .*Examples:.*Exit status", None, "pipe", "--help")
    tool("help", 0, r"(?s)Usage: penstock ns .*Examples:.*Exit status", None, "ns", "--help")
    with Server("bytes", "--exec", "cat") as server:
        tool("bytes are not called", 3, None, r"only a pipe of messages.*\n.*pipe cat", "pipe", "call", "bytes", "x")
        tool("one pipe of a name", 3, None, r"ACCESS_DENIED.*\n.*already", "pipe", "serve", "Bytes")
        server.ends(number=signal.SIGTERM)
    if os.geteuid():
        return
    with Server("closed", "--sddl", "D:(A;;GA;;;S-1-22-1-4711)", "--exec", "cat") as server:
        tool("why not", 0, r"are (denied|granted)\.", None, "ns", "why", "closed", "--access", "rw")
        server.ends(number=signal.SIGTERM)


# ---- messages ----


def calls():
    with Server("echo", "--message", "--exec", "cat") as server:
        tool("call", 0, r"\Aa few words\Z", None, "pipe", "call", "echo", "a few words")
        tool("from standard input", 0, r"\Aüber\Z", None, "pipe", "call", "ECHO", "-", stdin="über".encode())
        tool("hexadecimal", 0, "^00ff20$", None, "pipe", "call", "echo", "00 Ff 20", "--hex")
        check("in JSON", as_json("call", 0, "pipe", "call", "echo", "ab") == {"size": 2, "hex": "6162"})
        tool("an empty message", 0, None, None, "pipe", "call", "echo", stdin=b"")
        check("a big message", run(TOOL, "pipe", "call", "echo", "-", stdin=b"x" * 500000, env=ENV).stdout ==
              b"x" * 500000)
        with Program("pipe", "cat", "echo", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            for text in (b"one\n", b"\n", b"three words here\n"):
                cat.write(text)
                check("a line comes back", cat.read(len(text)) == text)
            server.ends(number=signal.SIGINT)
            cat.ends()


def framings():
    messages = [b"", b"one", b"t\nw\0o", b"x" * 200000, b""]
    framed = b"".join(struct.pack("<I", len(m)) + m for m in messages)
    with Server("frames", "--message", "--once", "--framing", "len", stdout=subprocess.PIPE) as server:
        tool("messages with lengths", 0, None, None, "pipe", "cat", "frames", "--framing", "len", "--close", stdin=framed)
        check("come as they are", server.read(len(framed)) == framed)
        server.ends()
    with Server("frames", "--message", "--once", "--framing", "nul", stdout=subprocess.PIPE) as server:
        tool("lines", 0, None, None, "pipe", "cat", "frames", "--close", stdin=b"a\n\nb c\nlast")
        check("are messages", server.read(12) == b"a\0\0b c\0last\0")
        server.ends()
    with Server("frames", "--message", "--once", "--framing", "len", stdout=subprocess.PIPE) as server:
        tool("half a length", 1, None, "ends within a message", "pipe", "cat", "frames", "--framing", "len", "--close",
             stdin=b"\1\0\0\0x\4\0")
        check("what was whole", server.read(5) == b"\1\0\0\0x")
        server.ends()
    with Server("frames", "--message", "--framing", "len", stdout=subprocess.PIPE) as server:
        tool("send", 0, None, None, "pipe", "send", "frames", "a word")
        tool("send nothing", 0, '{"name":".*","sent":0}', None, "pipe", "send", "frames", "", "--json")
        check("one message each", server.read(14) == b"\6\0\0\0a word\0\0\0\0")
        server.ends(number=signal.SIGINT)


# ---- bytes ----


def big(*options, framing):
    digest = hashlib.sha256(BIG).digest()
    path = pathlib.Path(WORK.name, "big")
    path.write_bytes(BIG)
    with Server("big", *options, "--once", "--framing", framing, stdout=subprocess.PIPE) as server:
        with open(path, "rb") as file, \
                Program("pipe", "cat", "big", "--close", "--framing", framing, stdin=file) as cat:
            check(f"big to the server {options}", hashlib.sha256(server.read(len(BIG))).digest() == digest)
            cat.ends()
        server.ends()
    with open(path, "rb") as file, \
            Server("big", *options, "--once", "--close", "--framing", framing, stdin=file) as server, \
            Program("pipe", "cat", "big", "--framing", framing, stdout=subprocess.PIPE) as cat:
        check(f"big to the client {options}", hashlib.sha256(cat.read(len(BIG) + 1)).digest() == digest)
        cat.ends()
        server.ends()


def both_ways():
    """As much as fits nowhere, so that who writes must read too."""
    with Server("mirror", "--exec", "cat") as server, \
            Program("pipe", "cat", "mirror", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        seen, at = b"", 0
        os.set_blocking(cat.process.stdin.fileno(), False)
        while len(seen) < len(BIG):
            writers = [cat.process.stdin] if at < len(BIG) else []
            ready = select.select([cat.process.stdout], writers, [], PATIENCE)
            if ready[1]:
                at += os.write(cat.process.stdin.fileno(), BIG[at:at + 65536])
            if ready[0]:
                seen += os.read(cat.process.stdout.fileno(), 1 << 20)
            if not ready[0] and not ready[1]:
                break
        check("all comes back", seen == BIG, f"{at} there, {len(seen)} back")
        server.ends(number=signal.SIGTERM)
        cat.ends()


# ---- ends ----


def closings():
    with Server("once", "--once", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server, \
            Program("pipe", "cat", "once", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        cat.write(b"hello")
        check("to the server", server.read(5) == b"hello")
        server.write(b"hi")
        check("to the client", cat.read(2) == b"hi")
        cat.ends(number=signal.SIGINT, end=-signal.SIGINT)
        server.ends()
    with Server("again", stdout=subprocess.PIPE) as server:
        for text in ("one", "two", "three"):
            tool("one client after the other", 0, None, None, "pipe", "send", "again", text)
        check("and what they said", server.read(11) == b"onetwothree")
        with Program("pipe", "cat", "again", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            cat.write(b"x")
            check("still there", server.read(1) == b"x")
            server.process.stdout.close()
            server.ends()  # nobody reads what it would write
            cat.ends()
    with Server("deaf", "--exec", "yes") as server, \
            Program("pipe", "cat", "deaf", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        check("a lot", cat.read(4) == b"y\ny\n")
        cat.process.stdout.close()
        cat.ends()
        server.ends(number=signal.SIGTERM)
    with Server("broken", "--exec", "cat") as server, \
            Program("pipe", "cat", "broken", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        cat.write(b"x")
        check("there", cat.read(1) == b"x")
        server.ends(number=signal.SIGKILL, end=-signal.SIGKILL)
        cat.ends()
    check("no name is left", names() == [])


def waits():
    with Server("busy", "--instances", "1", "--exec", "cat") as server:
        tool("one listens", 0, None, None, "pipe", "wait", "busy", "--timeout", "20")
        with Program("pipe", "cat", "busy", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            cat.write(b"x")
            check("taken", cat.read(1) == b"x")
            tool("none listens", 1, None, r"IO_TIMEOUT.*\n--timeout", "pipe", "wait", "busy", "--timeout", "0.2")
            tool("nor for others", 1, None, "IO_TIMEOUT", "pipe", "send", "busy", "x", "--timeout", "0.2")
            with Program("pipe", "wait", "busy", "--timeout", "0") as wait:
                check("it waits", wait.process.poll() is None)
                cat.ends(number=signal.SIGTERM, end=-signal.SIGTERM)
                wait.ends()
        check("in JSON", as_json("wait", 0, "pipe", "wait", "busy")["is_listening"])
        server.ends(number=signal.SIGTERM)


# ---- a process for each client ----


def executes():
    script = 'read name; echo "$name $PENSTOCK_CLIENT_PID $PENSTOCK_CLIENT_UID $PENSTOCK_CLIENT_SESSION"'
    with Server("many", "--exec", "sh", "-c", script) as server:
        clients = [Program("pipe", "cat", "many", stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(12)]
        for n, client in enumerate(clients):
            client.write(b"client%d\n" % n)
        for n, client in enumerate(clients):
            words = client.read(100).decode().split()
            check("its own process", words[:3] == [f"client{n}", str(client.process.pid), str(os.geteuid())], words)
            client.ends()
            client.__exit__()
        server.ends(number=signal.SIGTERM)
    path = pathlib.Path(WORK.name, "saved")
    with Server("save", "--once", "--exec", "sh", "-c", f"cat > '{path}'") as server:
        tool("all is read", 0, None, None, "pipe", "cat", "save", "--close", stdin=b"a line\n")
        server.ends()
    check("and kept", path.read_bytes() == b"a line\n")
    with Server("silent", "--exec", "true", "-x") as server:
        tool("who ends at once", 0, None, None, "pipe", "cat", "silent")
        server.ends(number=signal.SIGTERM)
    with Server("wrong", "--once", "--exec", "/nowhere/program") as server:
        tool("who is not there", 0, None, None, "pipe", "cat", "wrong")
        check("is told", "cannot run /nowhere/program: No such file" in server.ends(1))


def completion():
    root = pathlib.Path(__file__).resolve().parents[2]

    def complete(*words):
        script = (f"source '{root}/completion/penstock.bash'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
                  "_penstock; echo \"${COMPREPLY[*]}\"")
        return run("bash", "-c", script, "bash", TOOL, *words, env=ENV).stdout.decode().split()

    check("verbs", complete("pipe", "s") == ["serve", "send"] and complete("ns", "w") == ["why"])
    check("options", "--framing" in complete("pipe", "cat", "x", "--"))
    check("framings", complete("pipe", "cat", "x", "--framing", "l") == ["line", "len"])
    with Server("complete", "--exec", "cat") as server:
        check("names", complete("pipe", "call", "com") == ["complete"])
        server.ends(number=signal.SIGTERM)


def stop_objects():
    """The object manager that the library has started: by the process that holds its socket."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and str(OBJECTS).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            pass  # gone meanwhile
    for pid in found:
        os.kill(pid, signal.SIGTERM)
    return found


def main():
    try:
        for part in (shows, watches, refusals, calls, framings, both_ways, closings, waits, executes, completion):
            part()
        big(framing="raw")
        big("--message", framing="raw")
    finally:
        found = stop_objects()
    check("one object manager", len(found) == 1, found)
    finish()


main()

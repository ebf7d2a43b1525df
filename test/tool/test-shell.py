#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock shell against a server of transfer.idl: by scripts, and at a terminal."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import termios
import time

from check import DAEMON as SERVER, TOOL, check, expect, finish

IDL = pathlib.Path(__file__).with_name("transfer.idl")
WORK = tempfile.TemporaryDirectory()
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_RUNTIME_DIR": WORK.name, "TERM": "xterm"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
LONG = 60


def script(name, end, out, error, binding, *lines, options=()):
    return expect(name, end, out, error, TOOL, "shell", "--idl", IDL, *options, binding,
                  stdin="".join(line + "\n" for line in lines).encode(), env=ENV)


def handles(b):
    seen = script("handles", 0, r"^\$h1 = counter$", None, b, "# a comment", "", 'Open {"first": 40}',
                  'Add {"counter": $h1, "n": 2}', 'Add {"counter": "$h1", "n": 3}', "handles", "close $h1", "handles")
    check("they are kept", '"total": 42' in seen and '"total": 45' in seen, seen)
    check("they are listed once", len(re.findall(r"^\$h1 +transfer\.counter  0:", seen, re.M)) == 1, seen)
    seen = script("names", 0, r"^\$mine = counter$", None, b, 'mine = Open {"first": 1}', '$other = Open {"first": 2}',
                  'transfer.Add {"counter": $other, "n": 5}', 'Add{"counter":$mine,"n":5}', "quit", "no such")
    check("each its own", seen.index('"total": 7') < seen.index('"total": 6'), seen)
    seen = script("an operation that closes", 2, "total", r"there is no handle \$h1", b, "Open", 'Add {"counter": $h1}',
                  'Close {"counter": $h1}', 'Add {"counter": $h1}')
    script("none", 2, None, r"there is no handle \$nobody\.\n\"handles\"", b, "close $nobody")
    script("a text that is none", 2, "total", "counter", b, "Open", 'Add {"counter": $h1}', 'Add {"counter": "$h2"}')


def as_json(b):
    seen = script("as JSON", 0, "total", None, b, "Open", 'Add {"counter": $h1, "n": 9}', "handles", "close $h1",
                  options=("--json",))
    values = [json.loads(line) for line in seen.splitlines()]
    check("a line each", values[1] == {"total": 9, "result": 0} and values[2][0]["name"] == "h1" and
          values[2][0]["handle"] == values[0]["counter"], values)


def errors(b):
    seen = script("errors do not end it", 2, r'"total": 1\b', r"has no operation Opn; did you mean Open\?", b, "Opn", "Open {",
                  'Open {"frst": 1}', "Open x", "bind nobody", "close", 'Open {"first": 1}', 'Add {"counter": $h1}')
    script("the first counts", 3, '"total"', "fault", b, 'Add {"n": 1}', "Opn", "Open", 'Add {"counter": $h1}')
    script("a name that is none", 2, None, "is no name for a handle", b, "a-b = Open")
    script("nothing", 0, None, None, b)
    script("nobody there", 1, None, "Connection refused|No route", "ncacn_ip_tcp:127.0.0.1[1]", "Open")


def other_idl():
    path = pathlib.Path(WORK.name, "other.idl")
    path.write_text("[uuid(11111111-2222-3333-4444-555555555555), version(1.0)] interface other { void Nothing(); }")
    return path


def several(b):
    """Two IDL files; one interface that the server has not."""
    script("two files", 3, r"^other\.Nothing, operation 0$", "other: ", b, "bind other", "Open", 'Add {"counter": $h1}', "ls other",
           "help other.Nothing", options=("--idl", other_idl()))
    seen = script("what there is", 0, r"^   7  Open  first$", None, b, "ls", "help Turn", "help")
    check("pipes", re.search(r"in  given +pipe of POINT$", seen, re.M), seen)
    script("time", 0, "counter", r"^\d+\.\d{3} ms$", b, "time Open")


def pipes(b):
    file = pathlib.Path(WORK.name, "file")
    script("a pipe to a file", 0, '"sum": 10', None, b, f'Get {{"n": 5}} data={file}')
    check("what came", file.read_bytes() == bytes(range(5)))
    script("and back", 0, r'"n": 5\b', None, b, f"Put data={file}")
    script("without one", 2, None, "data is a pipe", b, "Put")
    script("not from the session", 2, None, "standard input is the session's", b, "Put data=-")
    script("to standard output", 0, "\0\1\2\3", '"sum": 6', b, 'Get {"n": 4} data=-')


class Terminal:
    def __init__(self, binding):
        ours, theirs = pty.openpty()
        self.fd, self.text = ours, ""
        self.process = subprocess.Popen([TOOL, "shell", "--idl", IDL, binding], stdin=theirs, stdout=theirs,
                                        stderr=theirs, env=ENV, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)

    def wait(self, pattern, keys=None):
        """What has come up to the pattern; the rest stays for the next. Until then keys are typed."""
        until = time.monotonic() + LONG
        while not (found := re.search(pattern, self.text)) and time.monotonic() < until:
            if not select.select([self.fd], [], [], 1)[0]:
                self.type(keys or "")
                continue
            try:
                piece = os.read(self.fd, 4096)
            except OSError:
                break
            self.text += piece.decode(errors="replace")
        check(f"the terminal says {pattern}", found, repr(self.text))
        if found:
            self.text = self.text[found.end():]
        return found

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def end(self):
        """Control-D until it ends. Between the prompt and the editor's mode it is the terminal's, which
        may leave a NUL in the line: so the line is emptied before."""
        until = time.monotonic() + LONG
        while self.process.poll() is None and time.monotonic() < until:
            self.type("\3\4")
            time.sleep(0.1)
        return self.process.poll()


def at_terminal(b):
    t = Terminal(b)
    t.wait("transfer> ")
    t.type("Op\t")
    t.wait("en ")  # what was not typed
    t.type('{"fi\t4}\r')
    t.wait(r"\$h1 = counter")
    t.wait("transfer> ")
    t.type('Add {"coun\t$\t, "n": 3}\r')
    t.wait(r'"total": 7')
    t.wait("transfer> ")
    t.type("Wait\r")
    t.wait(r"(?s)transfer\.Wait: .*(cancel|CANCEL)", "\3")
    t.wait("transfer> ")
    t.type("nonsense\3")
    t.type("handles\r")
    t.wait(r"\$h1 +transfer.counter")
    t.wait("transfer> ")
    t.type("\x1b[A\x1b[A\x1b[A\r")  # the line before the line before the last
    t.wait(r'"total": 10')
    t.wait("transfer> ")
    end = t.end()
    check("the end", end == 0, (end, t.text))
    os.close(t.fd)
    history = pathlib.Path(WORK.name, ".local/state/penstock/history")
    check("a history, for nobody else", history.exists() and "Wait" in history.read_text() and
          not history.stat().st_mode & 0o077, history)


def main():
    server = subprocess.Popen([SERVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    try:
        binding = server.stdout.readline().strip()
        for part in (handles, as_json, errors, several, pipes, at_terminal):
            part(binding)
    finally:
        server.terminate()
        _, error = server.communicate(timeout=60)
    check("a clean end of the server", server.returncode == 0 and not error, error)
    finish()


main()

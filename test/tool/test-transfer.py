#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock call with pipes, against a server of transfer.idl."""
import json
import os
import pathlib
import pty
import subprocess
import tempfile
import threading
import time

from check import DAEMON as SERVER, TOOL, check, expect, finish

IDL = pathlib.Path(__file__).with_name("transfer.idl")
WORK = tempfile.TemporaryDirectory()
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_RUNTIME_DIR": WORK.name}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
MANY = 5 << 20


def path(name, content=None):
    file = pathlib.Path(WORK.name, name)
    if content is not None:
        file.write_bytes(content)
    return file


def counted(n):
    return bytes(range(251)) * (n // 251) + bytes(range(n % 251))


def call(name, end, out, error, binding, operation, parameters, *pipes, stdin=None):
    options = [word for pipe in pipes for word in ("--pipe", pipe)]
    return expect(name, end, out, error, TOOL, "call", "--idl", IDL, binding, f"transfer.{operation}", parameters,
                  *options, stdin=stdin, env=ENV)


def uploads(b):
    file = path("up", counted(MANY))
    seen = json.loads(call("a file of some MiB", 0, '"n"', None, b, "Put", "{}", f"data={file}"))
    check("all of it came", seen == {"n": MANY, "sum": sum(counted(MANY))}, seen)
    call("from standard input", 0, r'"n": 5\b', None, b, "Put", "{}", "data=-", stdin=b"12345")
    call("nothing", 0, r'"n": 0\b', None, b, "Put", "{}", "data=/dev/null")
    call("what the server refuses", 3, None, "fault", b, "Put", '{"least": 9}', "data=-", stdin=b"12345")


def descriptors(b):
    file = path("measured", b"12345")

    def measure(name, end, out, error, binding, parameters):
        return expect(name, end, out, error, "sh", "-c", 'exec "$@" 7<"$0"', file, TOOL, "call", "--idl", IDL,
                      binding, "transfer.Measure", parameters, env=ENV | {"PENSTOCK_NCALRPC_DIR": WORK.name})

    seen = json.loads(measure("a descriptor that the shell opened", 0, '"size"', None, "ncalrpc:[transfer]", '{"file": 7}'))
    check("and what came back", seen["size"] == 5 and isinstance(seen["same"], int), seen)
    measure("none", 0, '"same": null', None, "ncalrpc:[transfer]", "{}")
    measure("one that is not open", 1, None, "Descriptor 77 is no sh_file", "ncalrpc:[transfer]", '{"file": 77}')
    measure("not a number", 2, None, "file: is not a descriptor's number", "ncalrpc:[transfer]", '{"file": "seven"}')
    measure("not over TCP", 1, None, "local socket", b, '{"file": 7}')


def downloads(b):
    file = path("down", b"x" * 1000)
    call("into a file", 0, r'"sum"', None, b, "Get", f'{{"n": {MANY}}}', f"data={file}")
    check("all of it", file.read_bytes() == counted(MANY))
    call("a shorter one", 0, r'"sum"', None, b, "Get", '{"n": 9}', f"data={file}")
    check("nothing is left of the other", file.read_bytes() == counted(9))
    call("standard output", 0, "^\0\1\2\3\4$", r'"sum": 10', b, "Get", '{"n": 5}', "data=-")
    call("none", 0, r'"sum": 0', None, b, "Get", "{}", f"data={file}")
    check("an empty file", file.read_bytes() == b"")
    call("a full disk", 1, None, "cannot write /dev/full: No space left", b, "Get", '{"n": 100000}', "data=/dev/full")


def both(b):
    file, other = path("both", counted(300000)), path("other")
    call("read and written", 0, r'"result": 0', None, b, "Mirror", "{}", f"data={file}")
    check("the same again", file.read_bytes() == counted(300000))
    call("from one into another", 0, r'"result": 0', None, b, "Mirror", "{}", f"data={file}", f"data={other}")
    check("as the first", other.read_bytes() == file.read_bytes())
    seen = subprocess.run([TOOL, "call", "--idl", IDL, b, "transfer.Mirror", "{}", "--pipe", "data=-"],
                          input=b"a\0b\n", capture_output=True, timeout=60, env=ENV)
    check("through", seen.returncode == 0 and seen.stdout == b"a\0b\n" and b"result" in seen.stderr, seen)


def lines(b):
    points = path("points", b'{"x": 1, "y": 9007199254740993, "colour": "GREEN"}\n\n{"y": -7}')
    turned = path("turned")
    call("structs", 0, r'"n": 2', None, b, "Turn", "{}", f"given={points}", f"turned={turned}")
    seen = [json.loads(line) for line in turned.read_text().splitlines()]
    check("turned", seen == [{"x": 1, "y": 1, "colour": "GREEN"}, {"x": -7, "y": 0, "colour": "RED"}], seen)
    points.write_text("".join(f'{{"x": {i}}}\n' for i in range(30000)))
    call("many", 0, r'"n": 30000', None, b, "Turn", "{}", f"given={points}", f"turned={turned}")
    seen = [json.loads(line)["y"] for line in turned.read_text().splitlines()]
    check("in order", seen == list(range(30000)), seen[:10])
    points.write_text('{"x": 1}\n{"z": 1}\n')
    call("a wrong one", 2, None, r"points:2: .*z", b, "Turn", "{}", f"given={points}", f"turned={turned}")
    points.write_text('{"x": 1}\n{"x"')
    call("half of one", 2, None, r"points:2: ", b, "Turn", "{}", f"given={points}", f"turned={turned}")


def refusals(b):
    call("a pipe without a file", 2, None, "data is a pipe: --pipe data=FILE says where it comes from", b, "Put", "{}")
    call("a file without a pipe", 2, None, "Put has no pipe dat", b, "Put", "{}", "data=-", "dat=-")
    call("given twice", 2, None, "--pipe data= is given 2 times", b, "Put", "{}", "data=-", "data=-")
    call("no file", 2, None, "cannot open /none/there: No such file", b, "Put", "{}", "data=/none/there")
    call("no name", 2, None, "is not NAME=FILE", b, "Put", "{}", "data")
    call("no pipes there", 2, None, "has no pipes", b, "Wait", "{}", "data=-")
    call("one input for two", 2, None, "cannot also have the parameters", b, "Put", "-", "data=-", stdin=b"{}")
    call("a pipe is no parameter", 2, None, "data", b, "Put", '{"data": "00"}', "data=/dev/null")


def callbacks(b):
    script = path("script", b'{ "Number" : [{"value": 1}, {"value": 20} ,{"value":300}] }')

    def ask(name, end, out, error, times, source, operation="Ask"):
        return expect(name, end, out, error, TOOL, "call", "--idl", IDL, b, f"transfer.{operation}",
                      f'{{"times": {times}}}', "--callbacks", source, env=ENV)

    ask("three answers", 0, r'"sum": 321$', r'(?s)callback Number \{"i":0\}.*callback Number \{"i":2\}', 3, script)
    ask("the last is for all", 0, r'"sum": 921$', "callback", 5, script)
    ask("the same each time", 0, r'"sum": 8$', "callback", 4, '{"Number": {"value": 2}}')
    ask("none", 0, r'"sum": 0$', None, 0, script)
    ask("a fault", 3, None, r"fault .*0x7b", 2, '{"Number": [{"value": 2}, {"$fault": 123}]}')
    ask("nothing to say", 3, None, "the callback Number: the script has no answer", 1, "{}")
    ask("the wrong answer", 3, None, "the callback Number: .*valve", 1, '{"Number": {"valve": 2}}')
    ask("mistyped", 2, None, r"transfer has no callback Numbre; did you mean Number\?", 1, '{"Numbre": {}}')
    ask("no JSON", 2, None, "no JSON object, from byte 10", 1, '{"Number" {}}')
    ask("no answer", 2, None, "is an object, or a list", 1, '{"Number": 7}')
    ask("no fault", 2, None, "fault of a callback is a number", 1, '{"Number": {"$fault": 0}}')
    ask("no file", 2, None, "cannot read the parameters: No such file", 1, "/none/there")
    expect("no script", 3, None, "fault", TOOL, "call", "--idl", IDL, b, "transfer.Ask", '{"times": 1}', env=ENV)
    expect("in a session", 0, r'"sum": 7$', "callback", TOOL, "shell", "--idl", IDL, b, env=ENV,
           stdin=b'callbacks {"Number": {"value": 7}}\nAsk {"times": 1}\n')


def slowly(b):
    """What comes late is waited for, longer than --timeout; a server that does nothing is not."""
    command = [TOOL, "call", "--timeout", "1", "--idl", IDL, b, "transfer.Put", "{}", "--pipe", "data=-"]
    seen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    for _ in range(2):
        seen.stdin.write(b"slow")
        seen.stdin.flush()
        time.sleep(1.2)
    out, error = seen.communicate(timeout=60)
    check("a slow input", seen.returncode == 0 and b'"n": 8' in out, (out, error))


def memory(b):
    """However much passes through, the memory that is needed stays the same."""
    env = ENV | {"ASAN_OPTIONS": ENV.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
    zeros = path("zeros", b"")

    def peak(operation, parameters, file):
        seen = subprocess.Popen([TOOL, "call", "--idl", IDL, b, f"transfer.{operation}", parameters, "--pipe", f"data={file}"],
                                stdout=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(seen.pid, 0)
        check("a long one", status == 0, status)
        return usage.ru_maxrss
    peaks = []
    for n in (4 << 20, 64 << 20):
        os.truncate(zeros, n)
        peaks.append((peak("Get", f'{{"n": {n}}}', "/dev/null"), peak("Put", "{}", zeros)))
    check("constant memory", all(more - few < 8 << 10 for few, more in zip(*peaks)), peaks)


def progress(b):
    """On a terminal a line says how far it is, and is taken away at the end."""
    ours, theirs = pty.openpty()
    command = [TOOL, "call", "--idl", IDL, b, "transfer.Put", "{}", "--pipe", "data=-"]
    seen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs, env=ENV)
    os.close(theirs)
    text = []

    def read():
        try:
            while piece := os.read(ours, 4096):
                text.append(piece)
        except OSError:
            pass
    reader = threading.Thread(target=read)
    reader.start()
    seen.stdin.write(b"x" * 3000)
    seen.stdin.flush()
    for _ in range(300):
        if text:
            break
        time.sleep(0.1)
    out, _ = seen.communicate(timeout=60)
    reader.join()
    os.close(ours)
    text = b"".join(text).decode()
    check("progress", seen.returncode == 0 and "sent 2.9 KiB, received 0 bytes; " in text and text.endswith("\r"), text)


def main():
    server = subprocess.Popen([SERVER, WORK.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    try:
        binding = server.stdout.readline().strip()
        for part in (uploads, descriptors, downloads, both, lines, refusals, callbacks, slowly, memory, progress):
            part(binding)
    finally:
        server.terminate()
        _, error = server.communicate(timeout=60)
    check("a clean end of the server", server.returncode == 0 and not error, error)
    finish()


main()

#!/usr/bin/env python3
"""Runs the examples against each other.

    test-examples.py FOLDER-WITH-THE-PROGRAMS
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

folder = pathlib.Path(sys.argv[1])


def run(name, *args):
    done = subprocess.run([folder / name, *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{name} {args}: {done.stderr}"
    return done.stdout


class Server:
    """A server in a process of its own; its first line is the binding it listens at."""

    def __init__(self, name, binding):
        self.process = subprocess.Popen([folder / name, binding], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, "the server did not end well"
        self.process.stdout.close()


def main():
    numbers = "".join(f"{n}\n" for n in range(1, 17))
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PENSTOCK_NCALRPC_DIR"] = directory
        for asked in ("ncacn_ip_tcp:127.0.0.1[0]", "ncalrpc:[echo]"):
            with Server("echo-server", asked) as binding:
                assert run("echo-client", binding, "a few words") == "a few words\n"
                assert run("poll-client", binding) == numbers
            with Server("uv-server", asked) as binding:
                assert run("poll-client", binding) == numbers
    print("the examples work")


main()

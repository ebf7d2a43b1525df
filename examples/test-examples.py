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
import time

folder = pathlib.Path(sys.argv[1])


def run(name, *args, returns=0):
    done = subprocess.run([folder / name, *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == returns, f"{name} {args}: {done.stderr}"
    return done.stdout if returns == 0 else done.stderr


class Server:
    """A server in a process of its own; its first line is the binding it listens at."""

    def __init__(self, name, *args):
        self.process = subprocess.Popen([folder / name, *args], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, "the server did not end well"
        self.process.stdout.close()


def secure(directory):
    """Who has the password comes in, and the server knows who it is; nobody else does."""
    users, right, wrong = (pathlib.Path(directory) / name for name in ("users", "right", "wrong"))
    users.write_text("bob 0123456789abcdef0123456789abcdef\nann 878d8014606cda29677a44efa1353fc7\n")
    for path, password in ((right, "secret"), (wrong, "Secret")):
        path.write_text(f"machine server login ann password {password}\n")
        path.chmod(0o600)
    server = Server("secure-server", "ncacn_ip_tcp:127.0.0.1[0]", users)
    with server as binding:
        assert run("echo-client", binding, "sealed", right) == "sealed\n"
        assert server.process.stdout.readline() == "ann calls, by privacy\n"
        run("echo-client", binding, "sealed", wrong, returns=1)
        assert "lacks the right" in run("echo-client", binding, "open", returns=1)


def windows(directory):
    """A Windows program's instances answer one client after the other, and then it ends."""
    os.environ["PENSTOCK_OBJECTS_DIR"] = directory
    objectd = subprocess.Popen([os.environ["PENSTOCK_OBJECTD"], "--directory", directory])
    while not (pathlib.Path(directory) / "objects").exists():
        assert objectd.poll() is None, "penstock-objectd does not run"
        time.sleep(0.01)
    server = subprocess.Popen([folder / "win32-echo", "serve", "echo", "6"], stdout=subprocess.PIPE,
                              text=True)
    assert server.stdout.readline() == "ready\n"
    for n in range(6):
        assert run("win32-echo", "call", "echo", f"call {n}") == f"call {n}\n"
    assert server.wait(30) == 0, "the server did not end well"
    server.stdout.close()
    assert "no file of this name" in run("win32-echo", "call", "echo", "x", returns=1)
    objectd.terminate()
    objectd.wait(30)


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
        secure(directory)
    with tempfile.TemporaryDirectory() as directory:
        windows(directory)
    print("the examples work")


main()

#!/usr/bin/env python3
"""Runs the examples against each other.

    test-examples.py FOLDER-WITH-THE-PROGRAMS PENSTOCK
"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

folder, penstock = pathlib.Path(sys.argv[1]), sys.argv[2]


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


@contextlib.contextmanager
def objects():
    """An object manager of our own."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PENSTOCK_OBJECTS_DIR"] = directory
        objectd = subprocess.Popen([os.environ["PENSTOCK_OBJECTD"], "--directory", directory])
        while not (pathlib.Path(directory) / "objects").exists():
            assert objectd.poll() is None, "penstock-objectd does not run"
            time.sleep(0.01)
        yield
        objectd.terminate()
        objectd.wait(30)


def call(name, message):
    done = subprocess.run([penstock, "pipe", "call", name, message], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class PipeServer(Server):
    """One whose first line is its pipe's name; it ends by the signal, or well if it takes it."""

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) in (0, -signal.SIGTERM), "the server did not end well"
        self.process.stdout.close()


def pipes():
    """Messages come back, of several clients at once too; and files are read as the client."""
    with PipeServer("pipe-echo", r"\\.\pipe\one") as name:
        assert [call(name, f"message {n}") for n in range(3)] == [f"message {n}" for n in range(3)]
    with PipeServer("pipe-uv", r"\\.\pipe\many") as name:
        clients = [subprocess.Popen([penstock, "pipe", "cat", "many"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True) for _ in range(8)]
        for text in ("all of them\n", "and again\n"):
            for client in clients:
                client.stdin.write(text)
                client.stdin.flush()
            assert all(client.stdout.readline() == text for client in clients)
        for client in clients:
            client.kill()
            client.wait(30)
            client.stdin.close()
            client.stdout.close()
        assert call(name, "and now") == "and now"
    server = PipeServer("pipe-impersonate", r"\\.\pipe\files")
    with server as name:
        assert call(name, __file__).startswith("#!/usr/bin/env python3")
        assert server.process.stdout.readline().startswith("S-1-22-1-")
        assert "No such file" in call(name, "/nowhere")


def waiting():
    """A client waits for a pipe that is not there, and one for an instance; and one gives up."""
    program = folder / "pipe-uv-client"

    def wait(name):
        client = subprocess.Popen([program, name, "at last"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True)
        assert client.stderr.readline() == f"waiting for {name}\n"
        return client

    early, other = wait(r"\\.\pipe\one"), wait(r"\\.\pipe\other")
    with PipeServer("pipe-echo", r"\\.\pipe\one") as name:
        assert early.communicate(timeout=60)[0] == "at last\n"
        with subprocess.Popen([penstock, "pipe", "cat", "one"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as holder:
            holder.stdin.write("mine\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "mine\n"
            late = wait(name)
            holder.kill()
        assert late.communicate(timeout=60)[0] == "at last\n"
    other.send_signal(signal.SIGINT)
    assert "nobody came" in other.communicate(timeout=60)[1] and other.returncode == 2


def windows():
    """A Windows program's instances answer one client after the other, and then it ends."""
    server = subprocess.Popen([folder / "win32-echo", "serve", "echo", "6"], stdout=subprocess.PIPE,
                              text=True)
    assert server.stdout.readline() == "ready\n"
    for n in range(6):
        assert run("win32-echo", "call", "echo", f"call {n}") == f"call {n}\n"
    assert server.wait(30) == 0, "the server did not end well"
    server.stdout.close()
    assert "no file of this name" in run("win32-echo", "call", "echo", "x", returns=1)


def worker():
    """A service that does not listen says what it serves, for people and for programs."""
    lines = run("hello-service", "--list-interfaces").splitlines()
    assert lines == ["5", "60", "6f1d7c1e-3b0a-4c5e-9a57-2f0c8e5b41d3/0x00000001 hello", " ncacn_ip_tcp:",
                     r" ncacn_np:[\pipe\hello]", " ncalrpc:"], lines
    listing = json.loads(run("hello-service", "--list-interfaces", "--json"))
    assert listing["program"] == "hello-service" and listing["interfaces"][0]["endpoints"][2] == "ncalrpc:"
    assert "penstockd" in run("hello-service", returns=2)


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
    worker()
    with objects():
        windows()
        pipes()
        waiting()
    print("the examples work")


main()

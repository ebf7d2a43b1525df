#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A penstockd with many who wish it ill: whoever does not is served all the same."""
import os
import pathlib
import random
import resource
import select
import signal
import socket
import subprocess
import tempfile

from check import CONFINED, DAEMON, TOOL, check, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
PER_PEER = 50


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    def __init__(self, more="", n_files=None):
        self.port = free_port()
        (HERE / "conf").write_text(
            f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {self.port}\nports = any\ndirectory = {HERE}/run\n"
            f"[store]\npath = {HERE}/state/shares.db\naccounts = {HERE}/state/accounts.db\n[service rpcecho]\nenabled = yes\n"
            f"[workers]\nconfined = {CONFINED}\nleave_timeout = 1\n[limits]\nconnections_per_peer = {PER_PEER}\n{more}")
        self.process = subprocess.Popen(
            [DAEMON, "--config", HERE / "conf"], stdout=subprocess.PIPE, stderr=open(HERE / "log", "w"), env=ENV, text=True,
            preexec_fn=lambda: n_files and resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, n_files)))
        for line in self.process.stdout:
            if line.startswith("Control-C"):
                return
        raise SystemExit("penstockd did not start:\n" + (HERE / "log").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.send_signal(signal.SIGTERM)
        check("it ends well", self.process.wait(60) == 0, (HERE / "log").read_text()[-4000:])
        log = (HERE / "log").read_text()
        check("the sanitizers found nothing", "Sanitizer: " not in log and "runtime error" not in log, log[-4000:])

    def serves(self, name):
        """By TCP from the first address, which is nobody else's here, and locally."""
        for binding in f"ncacn_ip_tcp:127.0.0.1[,epmapper={self.port}]", "ncalrpc:":
            seen = run(TOOL, "call", "--timeout", "50", binding, "rpcecho.echo_AddOne", '{"in_data": 41}', env=ENV)
            check(f"{name}: {binding}", seen.returncode == 0 and b"42" in seen.stdout, f"{seen}\n{(HERE / 'log').read_text()[-2000:]}")

    def come(self, address):
        s = socket.socket()
        s.bind((address, 0))
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", self.port))
        return s


def address_of(n):
    """Each has as many connections as one may."""
    return f"127.0.{1 + n // PER_PEER // 200}.{2 + n // PER_PEER % 200}"


def await_connected(s):
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    poll.poll(10000)


def closed_of(connections, seconds):
    """Those that were closed on us."""
    poll = select.poll()
    for s in connections:
        poll.register(s, select.POLLIN)
    closed = set()
    while poll_result := poll.poll(1000 * seconds):
        for fd, _ in poll_result:
            closed.add(fd)
            poll.unregister(fd)
    return closed


def leave(connections):
    for s in connections:
        s.close()


def one_peer_has_its_share():
    with Daemon() as daemon:
        silent = [daemon.come("127.0.9.9") for _ in range(PER_PEER + 20)]
        closed = closed_of(silent, 2)
        check("what is more is closed at once, and no more", len(closed) == 20, len(closed))
        daemon.serves("beside one who takes all that he may")
        leave(silent)


def slow_peers(n):
    with Daemon() as daemon:
        connections = [daemon.come(address_of(i)) for i in range(n)]
        for i, s in enumerate(connections):
            await_connected(s)
            if i % 2:
                s.send(b"\x05")
        daemon.serves("beside slow ones")
        for byte in b"\x00\x0b\x03\x10":
            for s in connections[1::2]:
                s.send(bytes([byte]))
            daemon.serves("while they say a byte each")
        check("they are all heard out", not closed_of(connections, 0), "")
        leave(connections)


def no_descriptors_left():
    with Daemon("bind_timeout = 2\n", n_files=256) as daemon:
        connections = [daemon.come(address_of(i)) for i in range(600)]
        daemon.serves("with all descriptors taken")
        leave(connections)
        daemon.serves("and with them back")


def garbage(n):
    random.seed(2026)
    with Daemon() as daemon:
        for i in range(n):
            with daemon.come(address_of(i * PER_PEER)) as s:
                await_connected(s)
                kind = i % 4
                head = (b"", b"\x05\x00", b"\x05\x00\x0b\x03\x10\x00\x00\x00", b"\x05\x00\x00\x03\x10\x00\x00\x00")[kind]
                try:
                    s.send(head + random.randbytes(random.randrange(1, 3000)))
                except OSError:
                    pass
            if i % (n // 4) == 0:
                daemon.serves("between garbage")
        daemon.serves("after garbage")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    one_peer_has_its_share()
    slow_peers(min(5000, hard - 200))
    no_descriptors_left()
    garbage(400)
    finish()


main()

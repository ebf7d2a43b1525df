#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The life of a penstockd under a service manager, which is played here: sockets handed over, what it is told, upgrades and reloads."""
import json
import os
import pathlib
import re
import signal
import socket
import tempfile
import threading
import time

from check import CONFINED, DAEMON, TOOL, check, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
CONF = (f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = 135\nports = any\ndirectory = {HERE}/run\n"
        f"[store]\npath = {HERE}/state/shares.db\naccounts = {HERE}/state/accounts.db\n"
        f"[workers]\nconfined = {CONFINED}\nleave_timeout = 5\n[status]\nlisten = 127.0.0.1:0\n")


class Manager:
    """Opens the sockets, starts it, and hears what it says."""

    def __init__(self):
        self.listener, self.stranger, self.any = (socket.create_server(("127.0.0.1", 0)) for _ in range(3))
        self.port, self.any_port = self.listener.getsockname()[1], self.any.getsockname()[1]
        (HERE / "run/ncalrpc").mkdir(parents=True)
        self.local = socket.socket(socket.AF_UNIX)
        self.local.bind(f"{HERE}/run/ncalrpc/EPMAPPER")
        self.local.listen(100)
        # That of a path is known by it, whatever its name is.
        handed = {self.listener: "ncacn_ip_tcp-135", self.stranger: "nobody", self.local: "penstockd.socket", self.any: "ncacn_ip_tcp"}
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{HERE}/notify")
        self.notify.settimeout(60)
        (HERE / "conf").write_text(CONF)
        fds = [one.fileno() for one in handed]

        def hand_over():
            for i, fd in enumerate([os.dup(fd) for fd in fds]):
                os.dup2(fd, 50 + i)
            for i in range(len(fds)):
                os.dup2(50 + i, 3 + i)
            os.closerange(3 + len(fds), 200)
            os.environ.update(ENV, LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=":".join(handed.values()),
                              NOTIFY_SOCKET=f"{HERE}/notify")
            os.execv(DAEMON, [DAEMON, "--quiet", "--config", f"{HERE}/conf"])

        self.pid = os.fork()
        if not self.pid:
            log = os.open(HERE / "log", os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            hand_over()

    def hear(self, beginning):
        while True:
            said = self.notify.recv(4096).decode()
            if said.startswith(beginning):
                return said

    def tell(self, number):
        os.kill(self.pid, number)

    def children(self):
        """All but those which begin anew with each image."""
        pids = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return {pid for pid in pids if pathlib.Path(f"/proc/{pid}/comm").read_text() not in ("penstock-authd\n", "penstock-status\n")}

    def log(self):
        return (HERE / "log").read_text()


class Watcher(threading.Thread):
    """Connects all the time."""

    def __init__(self, family, address):
        super().__init__(daemon=True)
        self.family, self.address, self.n, self.failures, self.is_over = family, address, 0, [], False
        self.start()

    def turn(self):
        with socket.socket(self.family) as s:
            try:
                s.connect(self.address)
            except OSError as error:
                self.failures.append(error)
        time.sleep(0.002)

    def run(self):
        while not self.is_over:
            self.turn()
            self.n += 1

    def stop(self):
        self.is_over = True
        self.join()


class Asker(Watcher):
    """The same of penstock status."""

    def __init__(self):
        super().__init__(None, None)

    def turn(self):
        seen = run(TOOL, "status", env=ENV)
        if seen.returncode:
            self.failures.append(seen)


def ports(pid):
    """Where a process listens."""
    own = {os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}


def own_children():
    return {child["name"]: child for child in json.loads(run(TOOL, "status", "--json", env=ENV).stdout)["children"]}


def call(name, binding, method, arguments, expected):
    seen = run(TOOL, "call", "--timeout", "50", binding, method, arguments, env=ENV)
    check(name, seen.returncode == 0 and expected in seen.stdout, f"{seen}")


def endpoints(manager):
    return run(TOOL, "endpoints", f"ncacn_ip_tcp:127.0.0.1[{manager.port}]", env=ENV).stdout.decode()


def main():
    manager = Manager()
    said = manager.hear("READY=1")
    check("it says that it serves", re.search(r"^STATUS=\d+ programs, \d+ processes, 0 connections$", said, re.M), said)
    before = endpoints(manager)
    check("the socket of that name is the endpoint mapper's", "srvsvc" in before, before)
    check("the one for any port is the others'", f"ncacn_ip_tcp:127.0.0.1[{manager.any_port}]" in before, before)
    name = (HERE / "run/ncalrpc/EPMAPPER").stat().st_ino
    check("one that nobody wants is closed", "are no endpoint" in manager.log(), manager.log())
    manager.stranger.close()

    page, = ports(manager.pid) - {manager.port, manager.any_port}
    # Somebody stays through all of it.
    keeper = socket.create_connection(("127.0.0.1", manager.port))
    children = manager.children()
    watchers = [Watcher(socket.AF_UNIX, f"{HERE}/run/ncalrpc/penstock-control"), Watcher(socket.AF_INET, ("127.0.0.1", page))]
    asked = Asker()
    for _ in range(3):
        manager.tell(signal.SIGUSR2)
        said = manager.hear("RELOADING=1")
        check("it says since when", re.search(r"^MONOTONIC_USEC=\d+$", said, re.M), said)
        manager.hear("READY=1")
    for watcher in watchers:
        watcher.stop()
        check("who watches always gets in", watcher.n > 10 and not watcher.failures, f"{watcher.n}, {watcher.failures}")
    asked.stop()
    check("and is told", asked.n and not asked.failures, f"{asked.n}, {asked.failures}")
    check("the status page stays where it is", page in ports(manager.pid), page)
    after = endpoints(manager)
    check("an upgrade keeps every endpoint", sorted(after.splitlines()) == sorted(before.splitlines()), f"{before}\n{after}")
    now = manager.children()
    check("and every process", children and children <= now, f"{children} {now}")
    call("and serves", "ncalrpc:", "srvsvc.NetrServerGetInfo", '{"Level": 101}', b"TESTED")
    keeper.send(b"\5\0\v")
    check("who has said nothing yet is heard", not select_closed(keeper))
    keeper.close()

    seen = own_children()
    check("penstockd's own children are told of", seen.keys() == {"penstock-greeter", "penstock-authd", "penstock-status"}, seen)
    check("who goes on is counted on", seen["penstock-greeter"]["started"] == 1 and seen["penstock-greeter"]["handed"] >= 2 and
          seen["penstock-greeter"]["age_ms"] > seen["penstock-authd"]["age_ms"], seen)
    check("who begins anew, too", [seen[name]["started"] for name in ("penstock-authd", "penstock-status")] == [4, 4], seen)
    os.kill(seen["penstock-authd"]["pid"], signal.SIGKILL)
    for _ in range(1000):
        seen = own_children()
        if seen["penstock-authd"]["started"] == 5:
            break
        time.sleep(0.01)
    check("who crashes is started again, and asked again", seen["penstock-authd"]["crashed"] == 1 and seen["penstock-authd"]["pid"] and
          seen["penstock-authd"]["holds"] >= 1, seen)

    # A service is switched on, and off.
    (HERE / "conf").write_text(CONF + "[service rpcecho]\nenabled = yes\n")
    manager.tell(signal.SIGHUP)
    manager.hear("RELOADING=1")
    manager.hear("READY=1")
    call("a service that was added is served", "ncalrpc:", "rpcecho.echo_AddOne", '{"in_data": 41}', b"42")
    (HERE / "conf").write_text(CONF)
    manager.tell(signal.SIGHUP)
    manager.hear("RELOADING=1")
    manager.hear("READY=1")
    seen = run(TOOL, "call", "--timeout", "50", "ncalrpc:", "rpcecho.echo_AddOne", '{"in_data": 41}', env=ENV)
    check("and is not when it was removed", seen.returncode != 0, f"{seen}")
    check("the others are", "srvsvc" in endpoints(manager))

    # What is wrong changes nothing.
    (HERE / "conf").write_text("[nonsense\n")
    manager.tell(signal.SIGUSR2)
    manager.hear("RELOADING=1")
    manager.hear("READY=1")
    check("a configuration that is wrong stops an upgrade", "the trial run" in manager.log(), manager.log())
    check("and nothing else", "srvsvc" in endpoints(manager))

    manager.tell(signal.SIGTERM)
    said = manager.hear("STOPPING=1")
    check("it says how long it may take", re.search(r"^EXTEND_TIMEOUT_USEC=7000000$", said, re.M), said)
    _, status = os.waitpid(manager.pid, 0)
    check("it ends well", status == 0, manager.log())
    check("the sanitizers found nothing", "Sanitizer: " not in manager.log() and "runtime error" not in manager.log(), manager.log())
    left = [str(path) for path in (HERE / "run").rglob("*") if path.is_socket()]
    check("no socket is left but the manager's", left == [f"{HERE}/run/ncalrpc/EPMAPPER"], f"{left}")
    check("which is the same", (HERE / "run/ncalrpc/EPMAPPER").stat().st_ino == name)


def select_closed(s):
    """Whether the other side has closed it."""
    s.setblocking(False)
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False


main()
finish()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-kills.py PENSTOCKD PENSTOCK [N [KIND...]]: penstockd's children are killed under load.

Each kind is N times (5), one kind after the other, or those KINDs all at once (penstock-authd, say). Nobody hears a wrong answer, nobody waits for ever, only who calls what was killed hears of it, and
every share that was added is there in the end.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from check import CONFINED, DAEMON, TOOL, check, finish

KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
TOGETHER = sys.argv[4:]
KINDS = ("penstock-rpcecho", "penstock-srvsvc", "penstock-epm", "penstock-lsass", "penstock-authd", "penstock-status",
         "penstock-relay", "penstock-porter", "penstock-greeter")
WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {"PENSTOCK_OBJECTS_DIR": f"{HERE}/objects"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
PASSWORD = "Se-cret12x"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start():
    (HERE / "conf").write_text(f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {free_port()}\nports = any\ndirectory = {HERE}/run\nobjects = {HERE}/objects\n"
                               f"[store]\npath = {HERE}/shares/shares.db\naccounts = {HERE}/state/accounts.db\n"
                               f"[service rpcecho]\nenabled = yes\n[workers]\nconfined = {CONFINED}\nleave_timeout = 1\n"
                               f"[limits]\nconnections_per_peer = 10000\n[status]\nlisten = {HERE}/page\n[samba]\nnp = {HERE}/samba/np\n")
    (HERE / "secret").write_text(PASSWORD)
    (HERE / "secret").chmod(0o600)
    daemon = subprocess.Popen([DAEMON, "--config", HERE / "conf"], stdout=subprocess.PIPE,
                              stderr=open(HERE / "log", "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon
    raise SystemExit("penstockd did not start:\n" + (HERE / "log").read_text())


def tool(*arguments, stdin=None):
    """Its exit and what it says; None: it did not come to an end."""
    try:
        seen = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, timeout=60, env=ENV)
    except subprocess.TimeoutExpired:
        return None, b""
    return seen.returncode, seen.stdout + seen.stderr


class Client(threading.Thread):
    """Calls all the time, and counts; depends: on which programs its calls do."""

    def __init__(self, depends):
        super().__init__()
        self.depends = depends | {"penstock-greeter"}
        self.counts = {"right": 0, "refused": 0, "wrong": 0, "hung": 0, "of others": 0}
        self.seen = []
        self.is_over = False

    def run(self):
        n = 0
        while not self.is_over:
            n += 1
            before = set(victims)
            end, text = self.call(n)
            kind = "hung" if end is None else "right" if end == 0 and self.is_right(n, text) else "wrong" if end == 0 else "refused"
            if kind == "refused" and not self.depends & (before | set(victims)):
                kind = "of others"
            self.counts[kind] += 1
            time.sleep(0.05 if TOGETHER else 0.005)
            if kind not in ("right", "refused"):
                self.seen.append((kind, victims, text[-300:]))


class Echo(Client):
    binding, options = "ncalrpc:[rpcecho]", ()

    def call(self, n):
        return tool("call", *self.options, self.binding, "rpcecho.echo_AddOne", json.dumps({"in_data": n}))

    def is_right(self, n, text):
        return json.loads(text) == {"out_data": n + 1}


class Proof(Echo):
    options = "-U", "alice", "--password-file", str(HERE / "secret")


class Shares(Client):
    def call(self, n):
        return tool("call", "ncalrpc:[srvsvc]", "srvsvc.NetrShareAdd", json.dumps({"Level": 2, "InfoStruct": {"ShareInfo2": {
            "shi2_netname": f"s{id(self) % 997}x{n}", "shi2_type": 0, "shi2_remark": "", "shi2_permissions": 0, "shi2_max_uses": 1,
            "shi2_current_uses": 0, "shi2_path": "C:\\tmp", "shi2_passwd": ""}}}))

    def is_right(self, n, text):
        added.append(f"s{id(self) % 997}x{n}")
        return json.loads(text)["result"] == 0


class Endpoints(Client):
    def call(self, n):
        return tool("endpoints", "ncalrpc:[EPMAPPER]")

    def is_right(self, n, text):
        return b"rpcecho" in text and b"ncalrpc:[srvsvc]" in text


class Page(Client):
    def call(self, n):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(60)
                s.connect(f"{HERE}/page")
                s.sendall(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                text = b""
                while more := s.recv(65536):
                    text += more
        except TimeoutError:
            return None, b""
        except OSError as error:
            return 1, str(error).encode()
        return (0, text) if text else (1, b"nothing")

    def is_right(self, n, text):
        return text.startswith(b"HTTP/1.1 200") and "programs" in json.loads(text.split(b"\r\n\r\n", 1)[1])


class Relayed(Client):
    """To a service of somebody else's, in whose place there is an echo."""

    def call(self, n):
        want = (b"%d." % n) * 1000
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(60)
                s.connect(f"{HERE}/run/np/echoes")
                s.sendall(want)
                text = b""
                while len(text) < len(want) and (more := s.recv(65536)):
                    text += more
        except TimeoutError:
            return None, b""
        except OSError as error:
            return 1, str(error).encode()
        return (0, text) if len(text) == len(want) else (1, b"closed")

    def is_right(self, n, text):
        return text == (b"%d." % n) * 1000


class Piped(Echo):
    binding = "ncacn_np:[\\pipe\\rpcecho]"


class Names(Client):
    def call(self, n):
        return tool("call", "ncalrpc:[lsarpc]", "lsarpc.LsarGetUserName", '{"UserName": null, "DomainName": null}')

    def is_right(self, n, text):
        return b'"result": 0' in text or b'"result":0' in text


def echoes():
    """What penstock-relay carries connections to."""
    def serve(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                pass

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    (HERE / "samba/np").mkdir(parents=True, mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{HERE}/samba/np/echoes")
    listener.listen(100)
    threading.Thread(target=accept, daemon=True).start()


def child_of(daemon, name):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(daemon.pid)], capture_output=True, text=True).stdout
    found = [int(line.split()[0]) for line in listed.splitlines() if f"/{name}" in line]
    return found[-1] if found else None


victims, added = (), []


def kill(daemon, name, n):
    done = 0
    until = time.time() + 60 + 2 * n
    while done < n and time.time() < until:
        pid = child_of(daemon, name)
        if pid:
            os.kill(pid, signal.SIGKILL)
            done += 1
        time.sleep(0.02)
    check(f"{name} was killed {n} times", done == n, done)


def kill_all(daemon, names, n):
    global victims
    victims = tuple(names)
    killers = [threading.Thread(target=kill, args=(daemon, name, n)) for name in names]
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.join()
    # What hears of it late has its dependence still.
    time.sleep(1)


def main():
    echoes()
    (HERE / "objects").mkdir()
    objectd = subprocess.Popen([pathlib.Path(DAEMON).parent / "penstock-objectd", "--directory", HERE / "objects"], env=ENV)
    while not list((HERE / "objects").iterdir()):
        time.sleep(0.05)
    daemon = start()
    clients = []
    try:
        end, text = tool("user", "add", "alice", "--password-stdin", "--accounts", f"{HERE}/state/accounts.db", stdin=PASSWORD.encode())
        check("an account", end == 0, text)
        seen = tool("endpoints", "ncalrpc:[EPMAPPER]")[1].decode()
        Proof.binding = re.search(r"^rpcecho .*?(ncacn_ip_tcp:\S+)", seen, re.M | re.S)[1]
        clients += [Echo({"penstock-rpcecho"}), Proof({"penstock-rpcecho", "penstock-authd"}), Shares({"penstock-srvsvc"}),
                    Endpoints({"penstock-epm"}), Names({"penstock-lsass"}), Page({"penstock-status"}), Relayed({"penstock-relay"}),
                    Piped({"penstock-rpcecho", "penstock-porter"})]
        for client in clients:
            client.start()
        for names in [TOGETHER] if TOGETHER else [[name] for name in KINDS]:
            kill_all(daemon, names, KILLS)
        for client in clients:
            client.is_over = True
        for client in clients:
            client.join()
        for client in clients:
            print(f"{type(client).__name__}: {client.counts}")
            check(f"{type(client).__name__}", client.counts["right"] and not client.counts["wrong"] + client.counts["hung"] +
                  client.counts["of others"], (client.counts, client.seen[:5]))
        # Who was killed a moment ago may be about to be started.
        for _ in range(60):
            end, text = tool("call", "ncalrpc:[srvsvc]", "srvsvc.NetrShareEnum", json.dumps(
                {"InfoStruct": {"Level": 0, "ShareInfo": {"Level0": {}}}, "PreferedMaximumLength": 0xffffffff}))
            if end == 0:
                break
            time.sleep(1)
        lost = [name for name in added if f'"{name}"'.encode() not in text]
        check("every share is there", end == 0 and added and not lost, (end, len(added), lost[:5]))
        print(f"{len(added)} shares were added")
    finally:
        for client in clients:
            client.is_over = True
        daemon.send_signal(signal.SIGTERM)
        check("it ends well", daemon.wait(60) == 0)
        objectd.terminate()
        objectd.wait(60)
    log = (HERE / "log").read_text()
    check("the sanitizers found nothing", CONFINED == "yes" or ("Sanitizer: " not in log and "runtime error" not in log), log[-3000:])
    finish()


main()

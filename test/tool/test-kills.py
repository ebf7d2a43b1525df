#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""[PEN_TEST_SEED=SEED] test-kills.py PENSTOCKD PENSTOCK [N [KIND...]]: penstockd's children are killed under load.

Each kind is N times (3), one kind after the other, or those KINDs all at once (srvsvc, say). It is killed a while
after it was started, or some time after it has answered a call, or, now and then, before it is ready. Nobody hears a
wrong answer, nobody waits for ever, only who calls what was killed hears of it, and every share that was added is
there in the end, once and whole.
"""
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from adder import Adder
from check import CONFINED, DAEMON, TOOL, check, finish

KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
TOGETHER = [kind if kind.startswith("penstock-") else f"penstock-{kind}" for kind in sys.argv[4:]]
SEED = os.environ.get("PEN_TEST_SEED") or str(random.randrange(1000000))
LATER = 0.5 if TOGETHER else 0.2  # seconds at most
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


def end_of(end, is_right, text):
    """What became of a call: None is who did not come to an end, and who waited for too long has said so."""
    if end is None or re.search(rb"no answer within|in time", text):
        return "hung"
    return "refused" if end else "right" if is_right else "wrong"


class Client(threading.Thread):
    """Calls all the time, and counts; depends: on which programs its calls do."""

    def __init__(self, depends):
        super().__init__()
        self.depends = depends | {"penstock-greeter"}
        self.pause = 0.005
        self.answered = 0  # the last call that was answered right: when it began
        self.counts = {"right": 0, "refused": 0, "wrong": 0, "hung": 0, "of others": 0}
        self.seen = []
        self.is_over = False

    def run(self):
        n = 0
        while not self.is_over:
            n += 1
            before, began = set(victims), time.monotonic()
            end, text = self.call(n)
            kind = end_of(end, end == 0 and self.is_right(n, text), text)
            if kind == "refused" and not self.depends & (before | set(victims)):
                kind = "of others"
            if kind == "right":
                self.answered = began
            self.counts[kind] += 1
            time.sleep(self.pause)
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


def share(name):
    return {"shi2_netname": name, "shi2_type": 0, "shi2_remark": name * 10, "shi2_permissions": 0, "shi2_max_uses": len(name),
            "shi2_current_uses": 0, "shi2_path": f"C:\\{name}", "shi2_passwd": ""}


class Shares(Client):
    n_clients = 0

    def __init__(self, depends):
        super().__init__(depends)
        Shares.n_clients += 1
        self.number = Shares.n_clients

    def call(self, n):
        name = f"s{self.number}x{n}"
        asked.append(name)
        return tool("call", "ncalrpc:[srvsvc]", "srvsvc.NetrShareAdd", json.dumps({"Level": 2, "InfoStruct": {"ShareInfo2": share(name)}}))

    def is_right(self, n, text):
        is_added = json.loads(text)["result"] == 0
        if is_added:
            added.append(f"s{self.number}x{n}")
        return is_added


class Adds(Shares):
    """By a connection that stays, so that it is in one call or the other nearly always."""

    def __init__(self, depends):
        super().__init__(depends)
        self.pause = 0.003
        self.adder = Adder(f"{HERE}/run/ncalrpc/srvsvc")

    def call(self, n):
        name = f"s{self.number}x{n}"
        asked.append(name)
        try:
            return 0, b'{"result": %d}' % self.adder.add(share(name))
        except TimeoutError:
            return None, b""
        except OSError as error:
            return 1, str(error).encode()


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


def child_of(daemon, name, but):
    """One of its processes of that name, which is not that one; None: there is none."""
    for children in pathlib.Path(f"/proc/{daemon.pid}/task").glob("*/children"):
        for pid in map(int, children.read_text().split()):
            try:
                program = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            except OSError:
                continue
            if pid != but and program.endswith(f"/{name}".encode()):
                return pid
    return None


victims, asked, added, clients = (), [], [], []


def await_answer(name, since):
    """Of who was called since then."""
    for _ in range(2000):
        if any(name in client.depends and client.answered > since for client in clients):
            return True
        time.sleep(0.01)
    return False


def kill(daemon, name, n):
    """Half of them after a while, half some time after an answer; one in ten before that, as it starts."""
    dice = random.Random(SEED + name)
    done, last, died, gaps = {"early": 0, "later": 0, "answered": 0}, None, 0, []
    until = time.time() + 60 + 10 * n
    while sum(done.values()) < n and time.time() < until:
        pid = child_of(daemon, name, last)
        if not pid:
            time.sleep(0.002)
            continue
        seen = time.monotonic()
        gaps += [seen - died] if died else []
        how = "early" if dice.random() < 0.1 else dice.choice(["later", "answered"])
        if how == "answered" and not await_answer(name, seen):
            break
        time.sleep(dice.uniform(0, 0.02) if how == "early" else dice.uniform(0, 0.05) if how == "answered" else dice.uniform(0.05, LATER))
        try:
            os.kill(pid, signal.SIGKILL)
            done[how] += 1
        except ProcessLookupError:
            pass  # it had left by itself
        last, died = pid, time.monotonic()
    print(f"{name}: killed {done}; the next one after {statistics.median(gaps or [0]):.2f} s, {max(gaps or [0]):.2f} s at most")
    check(f"{name} was killed {n} times", sum(done.values()) == n, done)


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


def check_status():
    """penstockd has counted them."""
    end, text = tool("status", "--json")
    children = {child["name"]: child for child in json.loads(text)["children"]}
    check("it knows its children", children.keys() == set(KINDS[4:]), children)
    for name in set(TOGETHER or KINDS) & children.keys():
        check(f"and how often {name} was started and crashed", children[name]["started"] > KILLS <= children[name]["crashed"], children[name])
    for name in "penstock-relay", "penstock-porter":
        check(f"and what {name} was given, or has brought", children[name]["handed"] > 0, children[name])


def listed_shares():
    """As penstock-srvsvc lists them; who was killed a moment ago may be about to be started."""
    for _ in range(60):
        end, text = tool("call", "--json", "ncalrpc:[srvsvc]", "srvsvc.NetrShareEnum", json.dumps(
            {"InfoStruct": {"Level": 2, "ShareInfo": {"Level2": {}}}, "PreferedMaximumLength": 0xffffffff}))
        if end == 0:
            return json.loads(text)["InfoStruct"]["ShareInfo"]["Level2"]["Buffer"]
        time.sleep(1)
    raise SystemExit(f"the shares cannot be listed: {text}")


def check_shares():
    listed = [one for one in listed_shares() if re.fullmatch("s[0-9]+x[0-9]+", one["shi2_netname"])]
    names = [one["shi2_netname"] for one in listed]
    check("every share is there", added and set(added) <= set(names), sorted(set(added) - set(names))[:5])
    check("none is there twice", len(names) == len(set(names)), len(names) - len(set(names)))
    check("none that nobody asked for", set(names) <= set(asked), sorted(set(names) - set(asked))[:5])
    half = [one for one in listed if {**one, "shi2_passwd": ""} != share(one["shi2_netname"])]
    check("each is whole", not half, half[:5])
    unsaid = set(names) - set(added)
    print(f"{len(added)} shares were added, {len(unsaid)} without an answer, {len(asked) - len(names)} that were asked for were not")


def check_store():
    with sqlite3.connect(f"file:{HERE}/shares/shares.db?mode=ro", uri=True) as store:
        found = store.execute("PRAGMA integrity_check").fetchall()
    store.close()
    check("the store is whole", found == [("ok",)], found)


def main():
    echoes()
    (HERE / "objects").mkdir()
    objectd = subprocess.Popen([pathlib.Path(DAEMON).parent / "penstock-objectd", "--directory", HERE / "objects"], env=ENV)
    while not list((HERE / "objects").iterdir()):
        time.sleep(0.05)
    daemon = start()
    print(f"seed {SEED}")
    try:
        end, text = tool("user", "add", "alice", "--password-stdin", "--accounts", f"{HERE}/state/accounts.db", stdin=PASSWORD.encode())
        check("an account", end == 0, text)
        seen = tool("endpoints", "ncalrpc:[EPMAPPER]")[1].decode()
        Proof.binding = re.search(r"^rpcecho .*?(ncacn_ip_tcp:\S+)", seen, re.M | re.S)[1]
        clients.extend([Echo({"penstock-rpcecho"}), Proof({"penstock-rpcecho", "penstock-authd"}), Shares({"penstock-srvsvc"}),
                    Endpoints({"penstock-epm"}), Names({"penstock-lsass"}), Page({"penstock-status"}), Relayed({"penstock-relay"}),
                    Piped({"penstock-rpcecho", "penstock-porter"})])
        clients.extend(Adds({"penstock-srvsvc"}) for _ in range(2))
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
        check_status()
        check_shares()
    finally:
        for client in clients:
            client.is_over = True
        daemon.send_signal(signal.SIGTERM)
        check("it ends well", daemon.wait(60) == 0)
        objectd.terminate()
        objectd.wait(60)
    check_store()
    log = (HERE / "log").read_text()
    check("the sanitizers found nothing", CONFINED == "yes" or ("Sanitizer: " not in log and "runtime error" not in log), log[-3000:])
    finish()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstockd and the programs behind it: which there are, what they are told, how they come and go."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

WORK = tempfile.TemporaryDirectory()
HERE = pathlib.Path(WORK.name)
OWN = pathlib.Path(DAEMON).parent / "programs"
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "PENSTOCK_NCALRPC_DIR": f"{HERE}/run/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
TEMPORARY = 0x40000000
WRONG_PASSWORD, INTERNAL_DB_ERROR = 0xc000006a, 0xc0000158
HASH = bytes.fromhex("554dc2a32ced7e10143b1a8caa7e2cb3") # NT's, of Se-cret12x
OURS = {"penstock-greeter", "penstock-authd"}


def configure(more="", confined=CONFINED):
    (HERE / "conf").write_text(f"[server]\nname = TESTED\nlisten = none\ndirectory = {HERE}/run\n"
                               f"[store]\npath = {HERE}/state/shares/shares.db\naccounts = {HERE}/state/accounts.db\n"
                               f"[workers]\nconfined = {confined}\n{more}")


def start(more="", confined=CONFINED):
    configure(more, confined)
    daemon = subprocess.Popen([DAEMON, "--config", HERE / "conf"], stdout=subprocess.PIPE,
                              stderr=open(HERE / "log", "w"), env=ENV, text=True)
    for line in daemon.stdout:
        if line.startswith("Control-C"):
            return daemon
    raise SystemExit("penstockd did not start:\n" + (HERE / "log").read_text())


def stop(daemon):
    daemon.send_signal(signal.SIGTERM)
    check("it ends well", daemon.wait(60) == 0, (HERE / "log").read_text())
    log = (HERE / "log").read_text()
    check("the sanitizers found nothing", "Sanitizer: " not in log and "runtime error" not in log, log)
    return log


def until(name, condition):
    for _ in range(600):
        if condition():
            break
        time.sleep(0.05)
    check(name, condition(), (HERE / "log").read_text())


def call(operation, arguments):
    seen = run(TOOL, "call", "ncalrpc:", operation, json.dumps(arguments), env=ENV)
    return json.loads(seen.stdout) if seen.returncode == 0 else seen.stderr.decode()


def shares():
    seen = call("srvsvc.NetrShareEnum", {"InfoStruct": {"Level": 0, "ShareInfo": {"Level0": {}}}, "PreferedMaximumLength": 65536})
    try:
        return sorted(row["shi0_netname"] for row in seen["InfoStruct"]["ShareInfo"]["Level0"]["Buffer"])
    except (KeyError, TypeError):
        return seen


def add_share(name, kind):
    seen = call("srvsvc.NetrShareAdd", {"Level": 2, "InfoStruct": {"ShareInfo2": {
        "shi2_netname": name, "shi2_type": kind, "shi2_remark": "", "shi2_permissions": 0, "shi2_max_uses": 1,
        "shi2_current_uses": 0, "shi2_path": "C:\\tmp", "shi2_passwd": ""}}})
    check(f"{name} is added", isinstance(seen, dict) and seen["result"] == 0, seen)


def processes(daemon):
    """Of penstockd's children: pid and name."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(daemon.pid)], capture_output=True, text=True).stdout
    return {line.split()[1].rsplit("/", 1)[1]: int(line.split()[0]) for line in listed.splitlines() if "penstock-" in line}


def programs():
    """A directory of programs, some of which are none."""
    there = HERE / "programs"
    there.mkdir()
    for name in "epm", "srvsvc":
        (there / f"penstock-{name}").symlink_to(OWN / f"penstock-{name}")
    for name, text in ("fails", "#!/bin/sh\nexit 3\n"), ("garbage", "#!/bin/sh\necho x\n"), ("readme", "not to be executed\n"):
        (there / name).write_text(text)
        (there / name).chmod(0o644 if name == "readme" else 0o755)
    return there


def chosen_programs(there):
    daemon = start(f"programs = {there} /nonexistent\n")
    try:
        check("only those that all need run before somebody calls", set(processes(daemon)) == OURS, processes(daemon))
        expect("those that are there serve", 0, r"(?s)^epm .*srvsvc", None, TOOL, "endpoints", env=ENV)
        seen = run(TOOL, "endpoints", env=ENV).stdout.decode()
        check("and no others", "samr" not in seen, seen)
        check("the mapper was started, and nothing else", set(processes(daemon)) == OURS | {"penstock-epm"}, processes(daemon))
    finally:
        log = stop(daemon)
    check("who fails is left out", "/fails" in log, log)
    check("and who speaks garbage", "/garbage" in log, log)
    check("what cannot be executed is no program", "readme" not in log, log)
    check("a directory that is not there is told", "directory=/nonexistent" in log, log)


def deaths():
    daemon = start()
    try:
        call("srvsvc.NetrServerGetInfo", {"Level": 101})
        first = processes(daemon)["penstock-srvsvc"]
        os.kill(first, signal.SIGKILL)
        until("its death is seen", lambda: "process" in (HERE / "log").read_text())
        seen = call("srvsvc.NetrServerGetInfo", {"Level": 101})
        check("another serves then", isinstance(seen, dict) and seen["result"] == 0, seen)
        check("which is not the same", processes(daemon).get("penstock-srvsvc") not in (None, first), processes(daemon))
    finally:
        stop(daemon)


def secrets_of_others():
    """What a program's processes may reach is what it lists: no service has the keytab, one has the accounts."""
    configure(f"[security]\nkeytab = FILE:{HERE}/keytab\nmachine_secret = {HERE}/secret\n[service rpcecho]\nenabled = yes\n")
    told = HERE / "run" / "config" # as penstockd writes it
    told.mkdir(parents=True, exist_ok=True)
    (HERE / "conf").rename(told / "conf")
    for name in "epm", "srvsvc", "rpcecho", "lsass":
        seen = run(OWN / f"penstock-{name}", "--list-interfaces", "--json", env=ENV | {"PENSTOCKD_CONFIG": str(told / "conf")})
        needs = json.loads(seen.stdout)["needs"]
        paths = [pathlib.Path(path) for path in needs.get("reads", []) + needs.get("writes", [])]
        reaches = lambda path: any(path.is_relative_to(one) for one in paths)
        check(f"{name} has no keytab", not reaches(HERE / "keytab") and not reaches(pathlib.Path("/etc/krb5.keytab")), needs)
        check(f"{name} has no machine's secret", not reaches(HERE / "secret"), needs)
        check(f"{name} has no replay cache", not reaches(pathlib.Path("/var/tmp/krb5_0.rcache2")), needs)
        check(f"{name} and the accounts", reaches(HERE / "state/accounts.db") == (name == "lsass"), needs)
        check(f"{name} has not their key", not reaches(HERE / "state-authd/accounts.key"), needs)


def another_user():
    """All but penstockd is another user's, and root keeps the accounts by the tool."""
    if os.geteuid():
        return
    HERE.chmod(0o755)
    theirs = f"[store]\npath = {HERE}/their/shares/shares.db\naccounts = {HERE}/their/accounts/accounts.db\n[service rpcecho]\nenabled = yes\n"
    options, ENV["ASAN_OPTIONS"] = ENV.get("ASAN_OPTIONS"), "detect_leaks=0" # a confined process cannot look for them
    theirs += f"[security]\nkeylog = {HERE}/keys\n[policy]\nrecord = {HERE}/calls\n"
    daemon = start(f"user = nobody\n{theirs}", "yes")
    password = HERE / "password"
    password.write_text("Se-cret12x\n")
    password.chmod(0o600)
    accounts = f"{HERE}/their/accounts/accounts.db"
    try:
        for name in "alice", "bob":
            expect(f"root adds {name}", 0, "added", None, TOOL, "user", "add", name, "--password-stdin", "--accounts", accounts,
                   stdin=b"Se-cret12x\n", env=ENV)
            expect(f"{name} calls", 0, '"out_data": 42', None, TOOL, "call", "-U", name, "--password-file", password,
                   "ncalrpc:[rpcecho]", "rpcecho.echo_AddOne", '{"in_data": 41}', env=ENV)
        call("samr.SamrConnect5", {})
        check("who has the files has no hash", not found_in(HASH, pathlib.Path(accounts).parent))
        key = HERE / "their/accounts-authd/accounts.key"
        check("and not the key", key.stat().st_uid == 0 and key.stat().st_mode & 0o077 == 0 and key.parent.stat().st_mode & 0o077 == 0)
        users = subprocess.run(["ps", "-o", "user=", "--ppid", str(daemon.pid)], capture_output=True, text=True).stdout.split()
        check("all of them are that user", len(users) >= 3 and set(users) == {"nobody"}, users)
    finally:
        stop(daemon)
    check("keys are that user's", (HERE / "keys").owner() == "nobody" and (HERE / "keys").stat().st_size)
    check("what was called is penstockd's", (HERE / "calls").owner() == "root" and "echo_AddOne" in (HERE / "calls").read_text())
    daemon = start(f"user = nobody\n{theirs}", "yes")
    try:
        call("srvsvc.NetrServerGetInfo", {"Level": 101})
    finally:
        stop(daemon)
        ENV.pop("ASAN_OPTIONS")
        if options is not None:
            ENV["ASAN_OPTIONS"] = options
    os.unlink(accounts)
    os.symlink("/etc/passwd", accounts)
    expect("what that user has put there instead is not opened", 1, None, "no file of that directory's user", TOOL, "user", "list",
           "--accounts", accounts, env=ENV)


def found_in(secret, directory):
    """As who has taken a service over would look: through all that is there, byte for byte."""
    return secret in b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def in_memory(secret, pid):
    """Where in a process' memory, but for what a sanitizer has mapped and nobody uses."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            first, last = (int(end, 16) for end in line.split()[0].split("-"))
            if line.split()[1][0] != "r" or last - first > 1 << 28:
                continue
            try:
                memory.seek(first)
                if secret in memory.read(last - first):
                    return line
            except OSError: # what the kernel shows to nobody
                pass
    return ""


def change_password(name):
    """With nonsense, which whoever may judge it says is a wrong password."""
    seen = run(TOOL, "call", "ncalrpc:", "samr.SamrUnicodeChangePasswordUser2", json.dumps({
        "ServerName": None, "UserName": {"Length": 2 * len(name), "MaximumLength": 2 * len(name), "Buffer": [ord(c) for c in name]},
        "NewPasswordEncryptedWithOldNt": {"Buffer": "00" * 516}, "OldNtOwfPasswordEncryptedWithNewNt": {"data": "00" * 16},
        "LmPresent": 0, "NewPasswordEncryptedWithOldLm": None, "OldLmOwfPasswordEncryptedWithNewNt": None}), env=ENV)
    return json.loads(seen.stdout)["result"] & 0xffffffff if seen.returncode == 0 else seen.stderr.decode()


def who_may_ask_about_passwords():
    """penstock's own program of the accounts, and none that is only called so."""
    daemon = start()
    try:
        seen = run(TOOL, "user", "add", "alice", "--password-stdin", "--accounts", f"{HERE}/state/accounts.db",
                   stdin=b"Se-cret12x\n", env=ENV)
        check("an account", seen.returncode == 0, seen)
        seen = change_password("alice")
        check("its questions are answered", seen == WRONG_PASSWORD, seen)
        check("no hash is in its files", not found_in(HASH, HERE / "state"))
        if not os.geteuid():
            lsass = processes(daemon)["penstock-lsass"]
            check("its memory can be looked through", in_memory(b"SamrUnicodeChangePasswordUser2", lsass))
            check("nor in its memory", not in_memory(HASH, lsass), in_memory(HASH, lsass))
        conf = (HERE / "conf").read_text()
        (HERE / "conf").write_text(conf.replace("state/accounts.db", "other/accounts.db"))
        daemon.send_signal(signal.SIGHUP)
        until("other accounts wait for another start", lambda: "key=store.accounts " in (HERE / "log").read_text())
        told = HERE / "run/config/penstockd.conf"
        until("it is read again", lambda: re.search("(?m)^accounts = .*state/accounts.db$", told.read_text()))
        os.kill(processes(daemon)["penstock-lsass"], signal.SIGKILL)
        seen = change_password("alice")
        check("who serves them has the same as who judges", seen == WRONG_PASSWORD and not (HERE / "other").exists(), seen)
    finally:
        log = stop(daemon)
    check("and nobody complains", "no question" not in log, log)
    others = HERE / "others"
    others.mkdir()
    shutil.copy(OWN / "penstock-epm", others)
    for how in shutil.copy, os.symlink:
        how(OWN / "penstock-lsass", others / "penstock-lsass")
        daemon = start(f"programs = {others}\n")
        try:
            seen = change_password("alice")
            check(f"one elsewhere is not believed, {how}", seen == INTERNAL_DB_ERROR, seen)
        finally:
            log = stop(daemon)
            (others / "penstock-lsass").unlink()
        check("which the log says", re.search("penstock-lsass.*no question, or not one of its own", log), log)


def secrets_beside_others():
    for name, more in ("accounts.db", f"[store]\npath = {HERE}/state/shares.db\n"), ("secret", f"[store]\npath = {HERE}/shares.db\n"):
        daemon = start(f"[security]\nmachine_secret = {HERE}/secret\n{more}")
        log = stop(daemon)
        check(f"{name} is where others may read", re.search(rf"warning directory path=\S*{name} .*services may read", log), log)


def secrets_that_are_not_there():
    configure("[security]\nkeytab = FILE:/nonexistent/keytab\n")
    seen = subprocess.run([DAEMON, "--config", HERE / "conf"], capture_output=True, text=True, env=ENV, timeout=60)
    check("without its keytab it does not start", seen.returncode == 1, seen)
    check("and says so", "the keytab FILE:/nonexistent/keytab cannot be read" in seen.stderr, seen)


def temporary_shares():
    daemon = start()
    try:
        add_share("kept", 0)
        add_share("temporary", TEMPORARY)
        os.kill(processes(daemon)["penstock-srvsvc"], signal.SIGKILL)
        until("its death is seen", lambda: "process" in (HERE / "log").read_text())
        check("a temporary share outlives a process", shares() == ["IPC$", "kept", "temporary"], shares())
    finally:
        stop(daemon)
    daemon = start()
    try:
        check("and not penstockd", shares() == ["IPC$", "kept"], shares())
    finally:
        stop(daemon)


def shares_move():
    smb = HERE / "smb.conf"
    smb.write_text("[ofsamba]\npath = /tmp\n")
    daemon = start(confined="no") # a confined process may read what it was to read when it started

    def reload(more):
        configure(more, "no")
        daemon.send_signal(signal.SIGHUP)

    try:
        check("shares of the store", shares() == ["IPC$", "kept"], shares())
        reload(f"[shares]\nsmb_conf = {smb}\n")
        until("then of the file", lambda: "ofsamba" in shares())
        reload("")
        until("and of the store again", lambda: shares() == ["IPC$", "kept"])
        reload("[shares]\nsmb_conf = relative\n")
        until("what is wrong is told", lambda: "absolute path" in (HERE / "log").read_text())
        check("and changes nothing", shares() == ["IPC$", "kept"], shares())
        reload("[limits]\nconnections = 7\n")
        until("what waits is told", lambda: "key=limits.connections" in (HERE / "log").read_text())
    finally:
        stop(daemon)


def idle_clients_do_not_hold_it():
    daemon = start("leave_timeout = 1\n")
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(f"{HERE}/run/ncalrpc/srvsvc")
        call("srvsvc.NetrServerGetInfo", {"Level": 101})
    finally:
        stop(daemon)
        client.close()


def main():
    chosen_programs(programs())
    deaths()
    secrets_of_others()
    who_may_ask_about_passwords()
    secrets_beside_others()
    another_user()
    secrets_that_are_not_there()
    temporary_shares()
    shares_move()
    idle_clients_do_not_hold_it()
    finish()


main()

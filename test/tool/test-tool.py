#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""penstock against a penstockd of its own: every command, with and without --json."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

from check import CONFINED, DAEMON, TOOL, check, expect, finish, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = tempfile.TemporaryDirectory()
DIRECTORY = pathlib.Path(WORK.name, "run")
ENV = {"PATH": os.environ["PATH"], "HOME": WORK.name, "XDG_RUNTIME_DIR": WORK.name,
       "PENSTOCK_NCALRPC_DIR": f"{DIRECTORY}/ncalrpc"}
ENV |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(port, *options):
    conf = pathlib.Path(WORK.name, "penstockd.conf")
    conf.write_text(f"[server]\nname = TESTED\nlisten = 127.0.0.1\nport = {port}\nports = any\n"
                    f"directory = {DIRECTORY}\n[store]\npath = {WORK.name}/state/shares.db\naccounts = {WORK.name}/state/accounts.db\n"
                    f"[service rpcecho]\nenabled = yes\n[workers]\nconfined = {CONFINED}\n")
    daemon = subprocess.Popen([DAEMON, "--config", conf, *options], stdout=subprocess.PIPE,
                              stderr=open(f"{WORK.name}/log", "w"), env=ENV, text=True)
    greeting = ""
    for line in daemon.stdout:
        greeting += line
        if line.startswith("Control-C"):
            return daemon, greeting
    raise SystemExit("penstockd did not start:\n" + pathlib.Path(WORK.name, "log").read_text())


def tool(name, end, out, error, *arguments, stdin=None):
    return expect(name, end, out, error, TOOL, *arguments, stdin=stdin, env=ENV)


def as_json(name, end, *arguments):
    seen = run(TOOL, *arguments, "--json", env=ENV)
    try:
        value = json.loads(seen.stdout)
    except ValueError:
        value = None
    check(name, seen.returncode == end and value is not None, f"{arguments}\n{seen}")
    return value


def pasted_lines(greeting):
    for line in greeting.split("paste into another terminal:\n")[1].splitlines()[:-1]:
        seen = run("bash", "-c", line, env=ENV)
        check("a line to paste", seen.returncode == 0, f"{line}\n{seen}")
    run(TOOL, "share", "rm", "demo", env=ENV)


def endpoints(tcp):
    tool("endpoints", 0, r"^srvsvc  4b324fc8-1670-01d3-1278-5a47bf6ee188 v3\.0", None, "endpoints")
    tool("over TCP", 0, r"^    ncalrpc:\[srvsvc\]$", None, "endpoints", tcp)
    tool("a host with a port", 0, r"ncacn_np:\[\\pipe\\srvsvc\]", None, "endpoints", tcp.split(":")[1])
    value = as_json("endpoints as JSON", 0, "endpoints")
    names = [group["name"] for group in value]
    check("each interface once", sorted(names) == sorted(set(names)) and "rpcecho" in names, names)
    check("its endpoints", any(e["binding"] == "ncalrpc:[EPMAPPER]"
                               for e in value[names.index("epm")]["endpoints"]), value)


def shares():
    tool("an empty store", 0, r"^IPC\$ +ipc", None, "share", "ls")
    tool("add", 0, "^demo: added$", None, "share", "add", "demo", "/tmp", "--remark", "höflich")
    tool("add again", 3, None, r"NERR_DuplicateShare \(0x846\): .*\.", "share", "add", "demo", "/tmp")
    tool("ls", 0, r"^demo +disk +höflich$", None, "share", "ls")
    tool("ls -l", 0, r"^demo +disk +\S+tmp", None, "share", "ls", "-l")
    tool("show", 0, r"^remark     höflich$", None, "share", "show", "demo")
    value = as_json("ls as JSON", 0, "share", "ls", "--long")
    check("the remark", [s["remark"] for s in value if s["name"] == "demo"] == ["höflich"], value)
    value = as_json("show as JSON", 0, "share", "show", "DEMO")
    check("what it shows", value["type"] == "disk" and value["max_users"] is None, value)
    check("rm as JSON", as_json("rm", 0, "share", "rm", "demo") == {"name": "demo", "done": "removed"})
    tool("rm again", 3, None, r"demo: the server answered NERR_NetNameNotFound \(0x906\)", "share", "rm", "demo")
    value = as_json("and as JSON", 3, "share", "rm", "demo")
    check("its status", value["error"]["status"] == 2310, value)
    as_json("limits", 0, "share", "add", "few", "/tmp", "--max-users", "3")
    check("of users", as_json("show", 0, "share", "show", "few")["max_users"] == 3)
    run(TOOL, "share", "rm", "few", env=ENV)


def calls(mapper):
    groups = json.loads(run(TOOL, "endpoints", mapper, "--json", env=ENV).stdout)
    tcp = next(e["binding"] for g in groups if g["name"] == "rpcecho" for e in g["endpoints"]
               if e["binding"].startswith("ncacn_ip_tcp:"))
    tool("call", 0, r'^  "out_data": 42$', None, "call", "ncalrpc:", "rpcecho.echo_AddOne", '{"in_data": 41}')
    tool("from standard input", 0, "42", None, "call", tcp, "rpcecho.echo_AddOne", "-", stdin=b'{"in_data": 41}')
    value = as_json("as JSON", 0, "call", tcp, "rpcecho.echo_TestCall", '{"s1": "\\ud83d\\ude00"}')
    check("text", value == {"s2": "\U0001f600"}, value)
    tool("server", 0, '"sv101_name": "TESTED"', None, "call", "ncalrpc:", "srvsvc.NetrServerGetInfo", '{"Level": 101}')
    tool("an error answered", 3, '"result": 2310', r"NERR_NetNameNotFound", "call", "ncalrpc:",
         "srvsvc.NetrShareGetInfo", '{"NetName": "none", "Level": 1}')
    idl = pathlib.Path(WORK.name, "echo.idl")
    idl.write_text('[uuid(60a15ec5-4de8-11d7-a637-005056a20182), version(1.0)] interface mine {\n'
                   'void AddOne([in] unsigned long n, [out] unsigned long *next);\n}\n')
    tool("by IDL", 0, r'"next": 8', None, "call", "--idl", idl, "ncalrpc:", "mine.AddOne", '{"n": 7}')
    idl.write_text('[uuid(60a15ec5-4de8-11d7-a637-005056a20182), version(1.0)] interface mine {\n'
                   'void AddOne([in] unsigned long n, [out] unsigned long *next);\n'
                   'void Unsent([in] void *any);\n}\n')
    tool("beside what cannot be sent", 0, r'"next": 8', None, "call", "--idl", idl, "ncalrpc:", "mine.AddOne",
         '{"n": 7}')
    tool("what cannot be sent", 2, None, r"(?s)no operation Unsent.*echo\.idl:3:24: warning: a pointer to nothing",
         "call", "--idl", idl, "ncalrpc:", "mine.Unsent")
    idl.write_text("interface mine {")
    tool("IDL that is wrong", 2, None, r"echo\.idl:1:", "call", "--idl", idl, "ncalrpc:", "mine.AddOne")
    tool("why it failed", 3, None, r"(?s)the server answered with the fault.*\n  server \S+, process \d+, at \d{4}-.* UTC: "
         r'the application: .*location 60004: "there is no level 99"', "call", "ncalrpc:", "rpcecho.echo_TestCall2",
         '{"level": 99}')
    value = as_json("why as JSON", 3, "call", "ncalrpc:", "rpcecho.echo_TestCall2", '{"level": 99}')
    record = value["error"]["extended_errors"][0]
    check("its parts", record["component"] == 1 and record["parameters"] == ["there is no level 99"] and
          record["time"].endswith("Z"), record)
    value = as_json("not over TCP", 3, "call", tcp, "rpcecho.echo_TestCall2", '{"level": 99}')
    check("nothing of it", "extended_errors" not in value["error"], value)
    tool("no such member", 2, None, "in_dat", "call", "ncalrpc:", "rpcecho.echo_AddOne", '{"in_dat": 1}')
    tool("no JSON", 2, None, "the parameters of echo_AddOne: ", "call", "ncalrpc:", "rpcecho.echo_AddOne", "{")
    tool("too late", 1, None, r"(?s)--timeout SECONDS waits longer", "call", "--timeout", "0.3", "ncalrpc:",
         "rpcecho.echo_TestSleep", '{"seconds": 2}')
    tool("an operation mistyped", 2, None, r"did you mean echo_AddOne\?", "call", "ncalrpc:", "rpcecho.echo_AddOn")
    tool("an interface mistyped", 2, None, r"did you mean rpcecho\?", "call", "ncalrpc:", "rpcekho.x")
    tool("nobody there", 1, None, r"Connection refused\.\nIs a server running", "call", f"127.0.0.1[{free_port()}]",
         "rpcecho.echo_AddOne")
    value = as_json("as JSON", 1, "call", "ncalrpc:[none]", "rpcecho.echo_AddOne")
    check("its result", value["error"]["result"] == "ENOENT", value)
    tool("no binding", 2, None, r"A binding is PROTSEQ:HOST", "call", "ncalrpc:[x", "rpcecho.echo_AddOne")
    tool("not offered there", 3, None, r"penstock endpoints HOST", "call", "ncalrpc:[srvsvc]", "rpcecho.echo_AddOne")


def pings(tcp):
    tool("ping", 0, r"^4 sent, 4 answered; min/avg/max [\d.]+/[\d.]+/[\d.]+ ms$", None, "ping", "-i", "0.01", "ncalrpc:")
    value = as_json("ping as JSON", 0, "ping", "-c", "2", "-i", "0.01", tcp)
    check("counts", value["sent"] == value["answered"] == 2 and value["min_ms"] <= value["max_ms"], value)
    tool("a count that is none", 2, None, "x is not a count", "ping", "-c", "x", "ncalrpc:")


BIND = ("05000b03100000004800000001000000d016d016000000000100000000000100c55ea160e84dd711a637005056a20182"
        "01000000045d888aeb1cc9119fe808002b10486002000000")
REQUEST = "05000003100000001c000000020000000400000000000000" + "29000000"
RESPONSE = "05000203100000001c000000020000000400000000000000" + "2a000000"
FAULT = "050003031000000020000000020000000000000000000000" + "0200011c00000000"
EERR = pathlib.Path(ROOT, "test/corpus/fuzz-eerr/one").read_bytes().hex()
FAULT_EERR = "050003031000000078000000020000007800000000000001" + "0200011c00000000" + EERR
SECRET = "00" * 20 + "01000000" + "0200000002000000" + "01000000" + "02000000" + "00000000" + "02000000" + "5ec20000" + "00000000"
NAK_EERR = "05000d031000000080000000010000000200010500000000" + "20037490d0fad31182d7009027b130ab" + EERR


def decodes():
    value = as_json("decode", 0, "decode", BIND + REQUEST + RESPONSE + FAULT)
    check("four PDUs", [p["ptype"] for p in value] == ["bind", "request", "response", "fault"], value)
    check("the context", value[0]["contexts"][0]["interface"] == "rpcecho", value[0])
    check("the request", value[1]["in"] == {"in_data": 41} and value[1]["operation"] == "rpcecho.echo_AddOne", value[1])
    check("the response", value[2]["out"] == {"out_data": 42}, value[2])
    check("the fault", value[3]["status_name"] == "nca_s_op_rng_error", value[3])
    for pdu in FAULT_EERR, NAK_EERR:
        record = as_json("extended errors", 0, "decode", pdu)[0]["extended_errors"][0]
        check("a record", record["computer"] == "h" and record["status_name"] == "ERROR_ACCESS_DENIED" and
              record["process_id"] == 42 and record["location"] == 60003 and record["parameters"] == [9], record)
        broken = as_json("broken ones", 0, "decode", pdu.replace(EERR[:8], "01100801"))[0]
        check("they harm nothing", broken["extended_errors_error"] and broken["ptype"] in ("fault", "bind_nak"), broken)
    binary = pathlib.Path(WORK.name, "pdus")
    binary.write_bytes(bytes.fromhex(BIND + REQUEST))
    check("a binary file", as_json("decode", 0, "decode", str(binary)) == value[:2])
    tool("standard input", 0, '"in_data": 41', None, "decode", stdin=(BIND + REQUEST).encode())
    tool("a bind that was not seen", 0, '"in_data": 41', None, "decode", "--interface", "rpcecho", REQUEST)
    tool("stub data", 0, '"in_data": 41', None, "decode", "rpcecho.echo_AddOne", "--in", "29 00 00 00")
    tool("of an answer", 0, '"out_data": 41', None, "decode", "rpcecho.echo_AddOne", "--out", "--big-endian", "00000029")
    tool("a secret", 0, '"Buffer": "5ec2"', None, "decode", "lsarpc.LsarSetSecret", "--in", SECRET)
    tool("redacted", 0, '"Buffer": "<redacted>"', None, "decode", "--redact", "lsarpc.LsarSetSecret", "--in", SECRET)
    tool("what is left over", 0, '"left_over": "<redacted>"', None, "decode", "--redact", "lsarpc.LsarSetSecret", "--in",
         SECRET + "0000")
    tool("cut short", 1, '"stub_error"', "stub data that is not", "decode", "rpcecho.echo_AddOne", "--in", "2900")
    tool("no PDU", 1, None, "at byte 0: no PDU of RPC version 5", "decode", "00" * 32)
    tool("half a PDU", 1, None, "the PDU has 72 bytes, of which 40", "decode", BIND[:80])
    tool("half a byte", 2, None, "an odd number of hex digits", "decode", "050")
    tool("no direction", 2, None, "needs --in or --out", "decode", "rpcecho.echo_AddOne", "00")
    for cut in range(34, len(BIND), 6):
        seen = run(TOOL, "decode", BIND[:16] + f"{cut // 2:02x}" + BIND[18:cut], env=ENV)
        check("any cut of a bind ends in a sentence", seen.returncode in (0, 1) and b"Sanitizer" not in seen.stderr, seen)


def captures():
    """Those of the fuzz target's corpus: two bytes of length, so much of a key log, the file."""
    def one(name):
        data = pathlib.Path(ROOT, "test/corpus/fuzz-capture", name).read_bytes()
        n = int.from_bytes(data[:2], "little")
        log, capture = pathlib.Path(WORK.name, name + ".keys"), pathlib.Path(WORK.name, name)
        log.write_bytes(data[2:2 + n])
        capture.write_bytes(data[2 + n:])
        return log, capture

    log, capture = one("spnego-ntlm")
    seen = [json.loads(line) for line in run(TOOL, "decode", "--json", "--keylog", log, capture, env=ENV).stdout.splitlines()]
    check("a capture", [p["ptype"] for p in seen] == ["bind", "bind_ack", "alter_context", "alter_context_resp", "request",
                                                      "response"], seen)
    check("what was sealed", seen[4]["in"] == {"in_data": 41} and seen[5]["out"] == {"out_data": 42} and
          seen[5]["protection"] == "verified", seen[4:])
    check("who and when", seen[4]["source"] == seen[5]["destination"] and re.match("20..-..-..T.*Z$", seen[4]["time"]), seen[4])
    tool("indented", 0, '(?m)^  "protection": "verified",$', None, "decode", "--keylog", str(log), str(capture))
    tool("without keys", 0, '"protection": "no_key"', None, "decode", str(capture))
    tool("standard input, sealed", 0, '"in_data": 41', None, "decode", "--keylog", str(log), stdin=capture.read_bytes())
    other = pathlib.Path(WORK.name, "other.keys")
    other.write_text(re.sub("key=..", "key=ff", log.read_text()) + "old\n")
    tool("wrong keys", 1, '"protection": "refused"', "2 PDUs could not be verified with the key log", "decode", "--keylog",
         str(other), str(capture))
    tool("a line of no format", 1, "refused", "penstock: 1 lines of the key log passed over", "decode", "--keylog", str(other),
         str(capture))
    tool("no key log", 2, None, "cannot read the key log /no/where", "decode", "--keylog", "/no/where", str(capture))
    tool("half a capture", 1, '"alter_context"', r"the capture ends within the record at byte \d+", "decode",
         stdin=capture.read_bytes()[:-5])
    tool("then something else", 1, '"out_data"|"stub"', r"at byte \d+ of the capture: a block of a length", "decode",
         stdin=capture.read_bytes() + b"no block at all")
    # Out of a pipe, what has come is told before there is more.
    live = subprocess.Popen([TOOL, "decode", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV)
    for n in (2, 1000):
        live.stdin.write(capture.read_bytes()[:n] if n == 2 else capture.read_bytes()[2:n])
        live.stdin.flush()
    check("a capture that goes on", json.loads(live.stdout.readline())["ptype"] == "bind")
    out, _ = live.communicate(capture.read_bytes()[1000:], timeout=60)
    check("and its rest", live.returncode == 0 and out.count(b"\n") == 5, out)
    tool("no address", 2, None, "--address host is no address", "decode", "--address", "host", str(capture))
    tool("no operation", 2, None, "did you mean", "decode", "--call", "rpcecho.echo_AddOn", str(capture))
    tool("redacted", 0, '"auth_value": "<redacted>"', None, "decode", "--redact", "--keylog", str(log), str(capture))
    tool("of PDUs alone", 2, None, "are for captures", "decode", "--call", "rpcecho.echo_AddOne", BIND)
    check("one operation", run(TOOL, "decode", "--json", "--keylog", log, "--call", "rpcecho.echo_AddOne", capture,
                               env=ENV).stdout.count(b"\n") == 2)
    _, capture = one("pipe-info")
    tool("a pipe", 0, '"pipe": "srvsvc"', None, "decode", str(capture))
    tool("of another interface", 0, "^$", None, "decode", "--interface", "samr", str(capture))
    _, capture = one("encrypted")
    tool("encrypted SMB", 0, '"smb": "encrypted"', None, "decode", str(capture))


def sessions(tcp):
    """Interfaces at several endpoints, a handle kept meanwhile."""
    lines = ['p = LsarOpenPolicy2 {"DesiredAccess": 33554432}', 'srvsvc.NetrServerGetInfo {"Level": 101}',
             'LsarQueryInformationPolicy {"PolicyHandle": $p, "InformationClass": 3}', "close $p", "handles",
             "bind rpcecho", 'echo_AddOne {"in_data": 1}']
    script = "".join(line + "\n" for line in lines).encode()
    seen = tool("a session", 0, r'"out_data": 2$', None, "shell", "ncalrpc:", "lsarpc", stdin=script)
    check("all of it", "TESTED" in seen and "PolicyPrimaryDomInfo" in seen and "$p " in seen and seen.count("$p") == 1, seen)
    tool("an interface mistyped", 2, None, r"did you mean srvsvc\?", "shell", tcp, "srvsv", stdin=b"")


def garbage():
    for arguments in ([], ["cal"], ["call"], ["call", "a", "b", "c", "d"], ["share", "lss"], ["share", "show"],
                      ["ping"], ["ping", "--jsn", "x"], ["call", "--timeout", "soon", "a", "b.c"],
                      ["share", "add", "x", "/y", "--type", "cloud"], ["decode", "--interface"], [""], ["--", "--"]):
        seen = run(TOOL, *arguments, env=ENV)
        check("garbage", seen.returncode == 2 and seen.stderr and b"Sanitizer" not in seen.stderr, f"{arguments} {seen}")
    value = as_json("a usage error as JSON", 2, "share", "lss")
    check("has a sentence", "did you mean ls?" in value["error"]["message"], value)
    for command in ("call", "endpoints", "ping", "share", "user", "machine", "group", "policy", "decode", "interfaces",
                    "pickle", "shell"):
        tool("help", 0, r"(?s)Usage: penstock %s .*Examples:.*Exit status" % command, None, command, "--help")
    tool("help of all", 0, "(?s)call.*endpoints.*ping.*share.*decode.*interfaces", None, "--help")
    tool("version", 0, r"^penstock \d", None, "--version")
    tool("interfaces", 0, r"^   15  srvsvc\.NetrShareEnum$", None, "interfaces")
    value = as_json("as JSON", 0, "interfaces", "rpcecho")
    check("one of them", len(value) == 1 and value[0]["operations"][0]["name"] == "echo_AddOne", value)


def completion():
    def complete(*words):
        script = (f"source '{ROOT}/completion/penstock.bash'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
                  "_penstock; echo \"${COMPREPLY[*]}\"")
        return run("bash", "-c", script, "bash", TOOL, *words, env=ENV).stdout.decode().split()

    check("a command", complete("e") == ["endpoints"])
    check("a verb", complete("share", "s") == ["show"])
    check("an operation", complete("call", "ncalrpc:", "rpcecho.echo_Ad") == ["rpcecho.echo_AddOne"])
    check("an interface", complete("interfaces", "srv") == ["srvsvc"])
    check("options", "--remark" in complete("share", "--") and "--count" in complete("ping", "-"))
    check("a type", complete("share", "add", "x", "y", "--type", "p") == ["printer"])
    check("a verb of accounts", complete("group", "a") == ["add", "add-member"])
    if os.geteuid(): # root's accounts are the system's
        run(TOOL, "user", "add", "somebody", "--no-password", env=ENV)
        check("an account", complete("user", "show", "some") == ["somebody"])


def stop(daemon, number):
    daemon.send_signal(number)
    check("a clean stop", daemon.wait(timeout=30) == 0)
    daemon.stdout.close()
    log = pathlib.Path(WORK.name, "log").read_text()
    check("nothing found by the sanitizers", "Sanitizer" not in log and "runtime error" not in log, log)
    left = [str(p) for p in DIRECTORY.rglob("*") if p.is_socket()]
    check("no socket is left", not left, left)
    return log


def main():
    port = free_port()
    tcp = f"ncacn_ip_tcp:127.0.0.1[{port}]"
    daemon, greeting = start(port)
    try:
        pasted_lines(greeting)
        for part in (endpoints, calls, pings, sessions):
            part(tcp)
        shares()
        decodes()
        captures()
        garbage()
        completion()
        busy = run(DAEMON, "--config", f"{WORK.name}/penstockd.conf", env=ENV)
        check("a second one is refused", busy.returncode == 1 and b"Address already in use" in busy.stderr, busy)
        tool("and does no harm", 0, "IPC", None, "share", "ls")
        daemon.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        tool("nor does SIGHUP", 0, "IPC", None, "share", "ls")
    finally:
        log = stop(daemon, signal.SIGTERM)
    check("SIGHUP is logged", re.search(r"^\S+Z info reload message=done$", log, re.M), log)
    daemon, greeting = start(port, "--log-json")
    log = stop(daemon, signal.SIGINT)
    lines = [json.loads(line) for line in log.splitlines()]
    check("a log of JSON", [line["what"] for line in lines if line["level"] == "info"] == ["start", "stop"], log)
    finish()


main()

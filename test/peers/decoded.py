#!/usr/bin/env python3
"""What penstock decode told of the calls of test-decode.sh.

    decoded.py FILE FIRST LAST

FILE has a JSON object a line; echo_AddOne was called with each number from FIRST to LAST.
"""
import collections
import json
import sys

path, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seen = [json.loads(line) for line in open(path)]
ALICE = json.dumps(list(b"alice"))
passed = failed = 0


def check(name, condition, what=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {what}")


pdus = [s for s in seen if "ptype" in s]
protected = [p for p in pdus if "protection" in p]
states = collections.Counter(p["protection"] for p in protected)
check("all that is protected is verified", set(states) == {"verified"}, states)
levels = collections.Counter((p["auth"]["auth_type"], p["auth"]["auth_level"]) for p in protected)
for mechanism in (9, 10, 16):
    for level in (4, 5, 6):
        check(f"mechanism {mechanism}, level {level}", levels[mechanism, level] >= 2, levels)
check("netlogon's provider", levels[68, 6] >= 2, levels)

echoes = [p for p in pdus if p.get("operation") == "rpcecho.echo_AddOne"]
numbers = list(range(first, last + 1))
check("what went", [p["in"]["in_data"] for p in echoes if p["ptype"] == "request"] == numbers, echoes[:1])
check("what came", [p["out"]["out_data"] for p in echoes if p["ptype"] == "response"] == [n + 1 for n in numbers])
data = [p["out"]["data"] for p in pdus if p.get("operation") == "rpcecho.echo_SourceData" and "out" in p]
check("fragments are put together", len(data) == 1 and len(data[0]) == 40000, [len(d) for d in data])

names = [json.dumps(p["out"]) for p in pdus if p.get("operation", "").endswith("SamrEnumerateUsersInDomain") and "out" in p]
check("accounts by rpcclient and impacket", len(names) >= 4 and all(ALICE in n for n in names), names[:1])
pipes = collections.Counter(p["pipe"] for p in pdus if "pipe" in p)
check("pipes", pipes["srvsvc"] == 4 and pipes["samr"] > 6, pipes)
check("calls in pipes", any("NetrRemoteTOD" in p.get("operation", "") and "out" in p and "pipe" in p for p in pdus))
# rpcclient's, as it was told to, and impacket's, which does so by itself.
check("encrypted SMB", [s.get("smb") for s in seen].count("encrypted") == 2)
operations = collections.Counter(p.get("operation") for p in pdus if "in" in p)
check("netlogon's calls", operations["netlogon.NetrServerAuthenticate2"] >= 1 and
      operations["netlogon.NetrLogonSamLogonEx"] >= 1, operations)
check("no gap", not any("gap" in s for s in seen))
check("nothing is broken", not any("error" in s or "stub_error" in s for s in seen))
check("in the order of time", [s["time"] for s in seen] == sorted(s["time"] for s in seen))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)

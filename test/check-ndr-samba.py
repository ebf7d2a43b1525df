#!/usr/bin/python3
"""Holds our IDL against Samba's: what its python bindings pack, `penstock decode` reads,
all of it and nothing left over, with the values that went in. Without those
bindings the test is skipped.

    check-ndr-samba.py PENSTOCK
"""
import json
import subprocess
import sys

try:
    from samba.dcerpc import echo, epmapper, srvsvc
    from samba.ndr import ndr_pack_in
except ImportError:
    print("samba's python bindings are not here")
    sys.exit(77)


def decode(penstock, operation, direction, stub):
    run = subprocess.run([penstock, "decode", "--json", operation, direction, stub.hex()],
                         capture_output=True, text=True, timeout=60)
    if run.returncode:
        return None, run.stderr.strip()
    return json.loads(run.stdout), ""


def texts(value):
    """All values in a tree, as texts."""
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [str(value)]


def filled(info, start):
    """Gives each number and text of a Samba struct a value of its own."""
    wanted = []
    for name in sorted(x for x in dir(info) if not x.startswith("_")):
        for value in (start + len(wanted), f"text{start + len(wanted)}"):
            try:
                setattr(info, name, value)
                wanted.append(str(value))
                break
            except (TypeError, OverflowError):
                continue
    return info, wanted


def server_levels():
    # Not 599: Samba's lacks maxkeepsearch, which [MS-SRVS 2.2.4.46] has.
    for number in (100, 101, 102, 502, 503, 1005, 1107, 1010, 1501, 1502, 1523, 1556):
        call = srvsvc.NetSrvSetInfo()
        call.in_level = number
        info, wanted = filled(getattr(srvsvc, f"NetSrvInfo{number}")(), 1000)
        call.in_info = info
        yield "srvsvc.NetrServerSetInfo", number, call, wanted


def share_levels():
    for number in (0, 1, 2, 501, 1004, 1005, 1006):
        call = srvsvc.NetShareSetInfo()
        call.in_share_name = "share"
        call.in_level = number
        info, wanted = filled(getattr(srvsvc, f"NetShareInfo{number}")(), 1000)
        call.in_info = info
        yield "srvsvc.NetrShareSetInfo", number, call, wanted


def plain():
    call = srvsvc.NetPathCanonicalize()
    call.in_path, call.in_prefix, call.in_maxbuf, call.in_pathtype = "a", "b", 77, 5
    yield "srvsvc.NetprPathCanonicalize", "", call, ["a", "b", "77", "5"]
    call = srvsvc.NetShareEnumAll()
    call.in_info_ctr = srvsvc.NetShareInfoCtr()
    call.in_info_ctr.level = 1
    call.in_info_ctr.ctr = srvsvc.NetShareCtr1()
    call.in_max_buffer = 4321
    yield "srvsvc.NetrShareEnum", 1, call, ["4321"]
    call = epmapper.epm_Lookup()
    call.in_inquiry_type, call.in_max_ents, call.in_vers_option = 0, 17, 1
    call.in_entry_handle = __import__("samba.dcerpc.misc", fromlist=["x"]).policy_handle()
    yield "epm.ept_lookup", "", call, ["17"]
    call = echo.AddOne()
    call.in_in_data = 41
    yield "rpcecho.echo_AddOne", "", call, ["41"]


def main():
    penstock = sys.argv[1]
    failures = n = 0
    for operation, level, call, wanted in [*server_levels(), *share_levels(), *plain()]:
        n += 1
        value, error = decode(penstock, operation, "--in", ndr_pack_in(call))
        missing = [w for w in wanted if value is None or w not in texts(value)]
        if value is None or missing:
            failures += 1
            print(f"{operation} {level}: {error or 'lost ' + ', '.join(missing)}")
    print(f"{n} stubs of Samba's, {failures} of them not read as they are")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())

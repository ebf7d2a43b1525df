#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pickles that Samba packs (parts of a PAC) through penstock pickle, and ours unpacked by Samba.

    pickle_samba.py PENSTOCK KRB5PAC.IDL
"""
import json
import struct
import subprocess
import sys

try:
    from samba.dcerpc import krb5pac, lsa, netlogon, samr, security
    from samba.ndr import ndr_pack, ndr_unpack
except ImportError:
    print("needs python3-samba")
    sys.exit(77)

TOOL, IDL = sys.argv[1:3]
failed = 0


def check(name, is_right, seen=""):
    global failed
    if not is_right:
        failed += 1
        print(f"FAIL {name}\n{seen}")


def tool(*arguments, stdin):
    seen = subprocess.run([TOOL, "pickle", *arguments, "--idl", IDL, "--type", "PAC_LOGON_INFO"], input=stdin,
                          capture_output=True, timeout=60)
    if seen.returncode or seen.stderr:
        check("penstock pickle", False, (arguments, seen))
    return seen.stdout


def string(text, kind=lsa.String):
    value = kind()
    value.string = text
    return value


def logon(name, n_groups, n_sids):
    """A logon information, with so many groups and extra SIDs."""
    info3 = netlogon.netr_SamInfo3()
    base = info3.base
    base.account_name, base.full_name = string(name), string(name * 3)
    base.logon_server, base.logon_domain = string("DC", lsa.StringLarge), string("DOMAIN", lsa.StringLarge)
    base.domain_sid = security.dom_sid("S-1-5-21-1-2-3")
    base.rid, base.primary_gid = 1000 + n_groups, 513
    groups = []
    for i in range(n_groups):
        group = samr.RidWithAttribute()
        group.rid, group.attributes = 513 + i, 7
        groups.append(group)
    base.groups.rids, base.groups.count = groups, n_groups
    sids = []
    for i in range(n_sids):
        sid = netlogon.netr_SidAttr()
        sid.sid, sid.attributes = security.dom_sid(f"S-1-5-21-{i}-8-9-{i}"), 7
        sids.append(sid)
    info3.sidcount, info3.sids = n_sids, sids
    info = krb5pac.PAC_LOGON_INFO()
    info.info3 = info3
    return info


def pac_of(info):
    ctr = krb5pac.PAC_LOGON_INFO_CTR()
    ctr.info = info
    buffer = krb5pac.PAC_BUFFER()
    buffer.type, buffer.info = krb5pac.PAC_TYPE_LOGON_INFO, ctr
    pac = krb5pac.PAC_DATA()
    pac.num_buffers, pac.version, pac.buffers = 1, 0, [buffer]
    return ndr_pack(pac)


def part_of(pac):
    _, size, offset = struct.unpack("<IIQ", pac[8:24])
    return pac[offset:offset + size]


def user_of(pickle):
    """Whom Samba sees in it."""
    head = struct.pack("<IIIIQ", 1, 0, krb5pac.PAC_TYPE_LOGON_INFO, len(pickle), 24)
    pac = ndr_unpack(krb5pac.PAC_DATA, head + pickle)
    info3 = pac.buffers[0].info.info.info3
    return (info3.base.account_name.string, info3.base.rid, info3.base.groups.count, info3.sidcount,
            [str(sid.sid) for sid in info3.sids or []])


def one(name, n_groups, n_sids):
    pickle = part_of(pac_of(logon(name, n_groups, n_sids)))
    value = json.loads(tool("decode", "--json", stdin=pickle))["Info"]
    check("what was packed", value["UserId"] == 1000 + n_groups and value["GroupCount"] == n_groups and
          value["SidCount"] == n_sids, value)
    check("the same bytes again", tool("convert", stdin=pickle) == pickle, (pickle.hex(), tool("convert", stdin=pickle).hex()))
    for form in (["--big-endian"], ["--form", "2"], ["--ndr64"]):
        other = tool("convert", *form, stdin=pickle)
        back = tool("convert", "--form", "1", "--little-endian", stdin=other)
        check(f"through {form}", other != pickle and back == pickle, (other.hex(), back.hex()))
    ours = tool("encode", "-", stdin=json.dumps({"Info": value}).encode())
    check("Samba reads ours", user_of(ours) == user_of(pickle), ours.hex())
    # Samba does not look at the byte that says big-endian, and so cannot be asked about it.


for case in (("a", 0, 0), ("alice", 1, 0), ("bob", 3, 2), ("a much longer name", 40, 30)):
    one(*case)
print("failed" if failed else "all agree")
sys.exit(bool(failed))

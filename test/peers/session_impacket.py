#!/usr/bin/env python3
"""An srvsvc session by impacket, which knows nothing of us.

    session_impacket.py ROLE BINDING [USER PASSWORD]

The role is admin or plain. Every operation that works is called; a plain caller
expects the refusals that [MS-SRVS] gives it.
"""
import sys

from impacket.dcerpc.v5 import srvs, transport
from impacket.dcerpc.v5.ndr import NDRCALL
from impacket.dcerpc.v5.rpcrt import DCERPCException

NULL = "\x00"
passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


def refused(name, call, code):
    try:
        seen = call()["ErrorCode"]
    except DCERPCException as error:
        seen = error.get_error_code()
    check(name, seen == code, f"{seen:#x} where {code:#x} was due")


def connect(binding, user, password):
    link = transport.DCERPCTransportFactory(binding)
    if user:
        link.set_credentials(user, password, "")
    dce = link.get_dce_rpc()
    dce.connect()
    dce.bind(srvs.MSRPC_UUID_SRVS)
    return dce


def share_names(dce, level=1):
    answer = srvs.hNetrShareEnum(dce, level)
    entries = answer["InfoStruct"]["ShareInfo"][f"Level{level}"]["Buffer"]
    prefix = f"shi{level}_"
    return [entry[prefix + "netname"][:-1] for entry in entries]


def share_add(dce, name, path, remark):
    request = srvs.NetrShareAdd()
    request["ServerName"] = NULL
    request["Level"] = 2
    request["InfoStruct"]["tag"] = 2
    info = request["InfoStruct"]["ShareInfo2"]
    info["shi2_netname"] = name + NULL
    info["shi2_type"] = 0
    info["shi2_remark"] = remark + NULL
    info["shi2_permissions"] = 0
    info["shi2_max_uses"] = 0xFFFFFFFF
    info["shi2_current_uses"] = 0
    info["shi2_path"] = path + NULL
    info["shi2_passwd"] = NULL
    request["ParmErr"] = 0
    return dce.request(request)


def as_admin(dce):
    check("add a share", share_add(dce, "impa", "C:\\tmp", "made by impacket")["ErrorCode"] == 0)
    for level in (0, 1, 2, 501, 502):
        check(f"enumerate at level {level}", "impa" in share_names(dce, level), share_names(dce, level))
    for level, prefix in ((0, "0"), (1, "1"), (2, "2"), (501, "501"), (502, "502"), (1005, "1005")):
        info = srvs.hNetrShareGetInfo(dce, "impa" + NULL, level)["InfoStruct"][f"ShareInfo{level}"]
        if level != 1005:
            check(f"get the share at level {level}", info[f"shi{prefix}_netname"] == "impa" + NULL)
    info = srvs.hNetrShareGetInfo(dce, "impa" + NULL, 1)
    info["InfoStruct"]["ShareInfo1"]["shi1_remark"] = "changed" + NULL
    srvs.hNetrShareSetInfo(dce, "impa" + NULL, 1, info["InfoStruct"]["ShareInfo1"])
    info = srvs.hNetrShareGetInfo(dce, "impa" + NULL, 1)["InfoStruct"]["ShareInfo1"]
    check("set the remark", info["shi1_remark"] == "changed" + NULL, info["shi1_remark"])
    request = srvs.NetrShareCheck()
    request["ServerName"] = NULL
    request["Device"] = "C:\\tmp" + NULL
    check("check the device", dce.request(request)["ErrorCode"] == 0)
    sticky = srvs.hNetrShareEnumSticky(dce, 1)["InfoStruct"]["ShareInfo"]["Level1"]["Buffer"]
    check("enumerate the sticky ones", "impa" + NULL in [share["shi1_netname"] for share in sticky])
    as_owner_of_a_file(dce)
    srvs.hNetrShareDel(dce, "impa" + NULL)
    check("the share is gone", "impa" not in share_names(dce))
    delete_in_two_steps(dce)
    delete_sticky(dce)
    delete_by_level(dce)
    change_server(dce)
    refused("get a share that is not there",
            lambda: srvs.hNetrShareGetInfo(dce, "impa" + NULL, 1), 2310)
    for level in (100, 101, 102, 502, 503):
        check(f"server at level {level}",
              srvs.hNetrServerGetInfo(dce, level)["ErrorCode"] == 0)
    check("connections", srvs.hNetrConnectionEnum(dce, "IPC$" + NULL, 1)["ErrorCode"] == 0)
    check("files", srvs.hNetrFileEnum(dce, NULL, NULL, 3)["ErrorCode"] == 0)
    refused("a file that is not open", lambda: srvs.hNetrFileGetInfo(dce, 1, 3), 2314)
    refused("close a file that is not open", lambda: srvs.hNetrFileClose(dce, 1), 2314)
    refused("end a session that is not there",
            lambda: srvs.hNetrSessionDel(dce, "\\\\nobody" + NULL, "nobody" + NULL), 2312)
    check("sessions", srvs.hNetrSessionEnum(dce, NULL, NULL, 10)["ErrorCode"] == 0)
    check("statistics", srvs.hNetrServerStatisticsGet(dce, "LanmanServer" + NULL, 0, 0)["ErrorCode"] == 0)
    check("transports", srvs.hNetrServerTransportEnum(dce, 0)["ErrorCode"] == 0)
    check("disks", srvs.hNetrServerDiskEnum(dce, 0)["ErrorCode"] == 0)


def as_owner_of_a_file(dce):
    everything = 7  # owner, group, discretionary list
    descriptor = srvs.hNetrpGetFileSecurity(dce, "impa" + NULL, "\\" + NULL, everything)
    check("file security", descriptor[:4] == b"\x01\x00\x04\x80", descriptor)
    check("set file security",
          srvs.hNetrpSetFileSecurity(dce, "impa" + NULL, "\\" + NULL, everything, descriptor)["ErrorCode"] == 0)
    check("and it is the same",
          srvs.hNetrpGetFileSecurity(dce, "impa" + NULL, "\\" + NULL, everything) == descriptor)


def delete_in_two_steps(dce):
    share_add(dce, "impc", "C:\\tmp", "")
    handle = srvs.hNetrShareDelStart(dce, "impc" + NULL)["ContextHandle"]
    srvs.hNetrShareDelCommit(dce, handle)
    check("deleted in two steps", "impc" not in share_names(dce))


def delete_sticky(dce):
    share_add(dce, "impd", "C:\\tmp", "")
    srvs.hNetrShareDelSticky(dce, "impd" + NULL)
    check("no more sticky, but there until the server stops", "impd" in share_names(dce))
    srvs.hNetrShareDel(dce, "impd" + NULL)
    check("deleted for good", "impd" not in share_names(dce))


class ServerSetInfo(NDRCALL):
    """As [MS-SRVS 3.1.4.18] has it: impacket 0.10 leaves ParmErr out of the request."""
    opnum = 22
    structure = (
        ("ServerName", srvs.PSRVSVC_HANDLE),
        ("Level", srvs.DWORD),
        ("InfoStruct", srvs.SERVER_INFO),
        ("ParmErr", srvs.LPLONG),
    )


class ServerSetInfoResponse(NDRCALL):
    structure = (
        ("ParmErr", srvs.LPLONG),
        ("ErrorCode", srvs.ULONG),
    )


def set_comment(dce, comment):
    request = ServerSetInfo()
    request["ServerName"] = NULL
    request["Level"] = 1005
    request["InfoStruct"]["tag"] = 1005
    request["InfoStruct"]["ServerInfo1005"]["sv1005_comment"] = comment + NULL
    request["ParmErr"] = NULL
    return dce.request(request)


def change_server(dce):
    before = srvs.hNetrServerGetInfo(dce, 101)["InfoStruct"]["ServerInfo101"]["sv101_comment"]
    check("set the comment", set_comment(dce, "changed")["ErrorCode"] == 0)
    after = srvs.hNetrServerGetInfo(dce, 101)["InfoStruct"]["ServerInfo101"]["sv101_comment"]
    check("and it is the server's", after == "changed" + NULL, after)
    set_comment(dce, before[:-1])


def delete_by_level(dce):
    share_add(dce, "impe", "C:\\tmp", "")
    request = srvs.NetrShareDelEx()
    request["ServerName"] = NULL
    request["Level"] = 0
    request["ShareInfo"]["tag"] = 0
    request["ShareInfo"]["ShareInfo0"]["shi0_netname"] = "impe" + NULL
    check("delete by level", dce.request(request)["ErrorCode"] == 0)
    check("and it is gone", "impe" not in share_names(dce))


def as_plain(dce):
    refused("a plain caller adds a share",
            lambda: share_add(dce, "impb", "C:\\tmp", ""), 5)
    for level in (2, 502):
        refused(f"a plain caller enumerates at level {level}",
                lambda: srvs.hNetrShareEnum(dce, level), 5)
    refused("a plain caller deletes a share", lambda: srvs.hNetrShareDel(dce, "data" + NULL), 5)


def as_anybody(dce):
    check("shares at level 1", "IPC$" in share_names(dce, 1), share_names(dce, 1))
    check("server at level 101", srvs.hNetrServerGetInfo(dce, 101)["ErrorCode"] == 0)
    check("time of day", srvs.hNetrRemoteTOD(dce)["ErrorCode"] == 0)
    path = srvs.hNetprPathType(dce, "C:\\a\\b" + NULL, 0)
    check("path type", path["ErrorCode"] == 0)
    check("canonical path",
          srvs.hNetprPathCanonicalize(dce, "C:\\a\\..\\b" + NULL, NULL)["ErrorCode"] == 0)
    check("equal paths",
          srvs.hNetprPathCompare(dce, "C:\\a" + NULL, "c:\\A" + NULL)["ErrorCode"] == 0)
    check("canonical name",
          srvs.hNetprNameCanonicalize(dce, "share" + NULL, 50, 9)["ErrorCode"] == 0)
    check("validate a name", srvs.hNetprNameValidate(dce, "share" + NULL, 9)["ErrorCode"] == 0)
    check("equal names",
          srvs.hNetprNameCompare(dce, "Share" + NULL, "sHARE" + NULL, 9)["ErrorCode"] == 0)


def main():
    role, binding = sys.argv[1:3]
    user, password = (sys.argv[3:5] + ["", ""])[:2]
    dce = connect(binding, user, password)
    as_anybody(dce)
    if role == "admin":
        as_admin(dce)
    else:
        as_plain(dce)
    dce.disconnect()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

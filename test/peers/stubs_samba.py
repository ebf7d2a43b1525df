#!/usr/bin/env python3
"""Random calls of every operation in idl/, read and written again by Samba's code.

    stubs_samba.py STUBS

STUBS prints the calls. In NDR of either byte order and in NDR64 Samba must make the same bytes of one
call of each operation at least, of its request and of its answer; not of every one, since random values break
rules that no IDL tells. Operations that never agree are in LACKS, with the reason.
"""
import collections
import re
import subprocess
import sys
import tempfile

try:
    from samba.dcerpc import (atsvc, dfs, echo, epmapper, lsa, mgmt, netlogon, samr, spoolss, srvsvc, svcctl,
                              winreg, witness, wkssvc)
    from samba.ndr import ndr_pack_in, ndr_pack_out, ndr_unpack_in, ndr_unpack_out
except ImportError:
    print("needs python3-samba")
    sys.exit(77)

TRIES = 12
LAYOUTS = {"ndr": {}, "ndr64": {"ndr64": True}, "big": {"bigendian": True}}
MODULES = {"atsvc": atsvc, "netdfs": dfs, "rpcecho": echo, "epm": epmapper, "lsarpc": lsa, "mgmt": mgmt,
           "netlogon": netlogon, "samr": samr, "winspool": spoolss, "srvsvc": srvsvc, "svcctl": svcctl,
           "winreg": winreg, "Witness": witness, "wkssvc": wkssvc}
# Those that Samba has no bindings of: ndrdump knows them, of little-endian bytes.
DUMPED = {"IEventService": "eventlog6", "FrsTransport": "frstrans", "dssetup": "dssetup"}

TOWER = "a tower is taken apart, and random bytes are none"
BYTES = "what the document has as bytes is taken apart, and random bytes are no such thing"
TEXT = "counted letters are text, which has a length of its own and an end"
OTHER = "another form of it than the document's"
NOTHING = "there is no description of it"
EMPTY = "the elements of an array that has none are not aligned; in values, other types are missing"
LACKS = {
    "epm.ept_(delete|insert|map|mgmt_delete)": TOWER,
    "epm.ept_lookup": TOWER + "; full pointers are numbered from 1",
    "(lsarpc.Lsar|samr.Samr)SetSecurityObject": BYTES,
    "srvsvc.NetrpSetFileSecurity": BYTES,
    "winspool.Rpc(AddPrinter|AddPrinterEx|CreatePrinterIC|OpenPrinter|OpenPrinterEx|ResetPrinter|SetPrinter)": BYTES,
    "winspool.RpcGet(CorePrinterDrivers|Form|Job|PrintProcessorDirectory|Printer|PrinterDriver2?"
    "|PrinterDriverDirectory)": BYTES,
    "winspool.RpcEnum.*": BYTES,
    "netlogon.Netr(AccountSync|DatabaseRedo)": BYTES,
    "lsarpc.LsarCreateTrustedDomain(Ex2?)?": TEXT,
    "lsarpc.Lsar(EnumeratePrivileges|SetForestTrustInformation)": TEXT,
    "lsarpc.LsarOpenPolicy2?": "the object's name is an LSAPR_STRING there, which nobody sends",
    "winreg.BaseReg((Create|Delete|Enum|Load|Open|Replace|Restore|Save|UnLoad)(Key|KeyEx)|(Delete|Enum|Set)Value"
    "|QueryInfoKey|QueryMultipleValues2)": TEXT,
    "svcctl.R(ChangeService|QueryService|EnumServicesStatusEx|EnumDependentServices|CreateService|OpenService"
    "|StartService|GetService(DisplayName|KeyName)).*A": "narrow text is UTF-16 there; other pointers",
    "svcctl.RGetService(DisplayName|KeyName)W": "the name has a length of its own there",
    "svcctl.RChangeServiceConfig2?W": "dependencies are text, and the levels have no union",
    "lsarpc.LsarQueryDomainInformationPolicy": "the enum has 16 bits in NDR64 too",
    "netlogon.NetrLogonSamLogon": "the enum has 16 bits in NDR64 too",
    "lsarpc.Lsar(QuerySecret|RetrievePrivateData)": "the counts' alignment in NDR64",
    "atsvc.Netr(JobAdd|JobEnum)": "the time is no DWORD_PTR, which has 8 bytes in NDR64",
    "mgmt.rpc__mgmt_inq_stats": "the count goes out alone, and is no [in, out]",
    "srvsvc.NetrServerTransportAdd": "level 0 alone, without a union that has its level before it",
    "srvsvc.NetrShareDel(Start|Commit)": "a pointer to the handle is sent there",
    "winspool.RpcAddPortEx": OTHER,
    "winspool.RpcSendRecvBidiData": OTHER,
    "FrsTransport.(RequestRecords|UpdateCancel|RawGetFileData.*|Rdc.*|InitializeFileTransferAsync)": NOTHING,
    "FrsTransport.AsyncPoll": EMPTY,
    "FrsTransport.RequestUpdates": OTHER,
    "IEventService.EvtRpc(MessageRenderDefault|Get(ChannelConfig|PublisherMetadata|PublisherResourceMetadata"
    "|NextEventMetadata))": EMPTY,
    "IEventService.EvtRpcClose": "a pointer to the handle is sent there",
    "IEventService.EvtRpcGetPublisherListForChannel": "the channel's name is missing there",
    "wkssvc.NetrWkstaSetInfo": "the error's place is no pointer there",
}


def operations(module):
    kinds = [getattr(module, name) for name in dir(module)]
    return {kind.opnum(): kind for kind in kinds if hasattr(kind, "opnum")}


CALLS = {name: operations(module) for name, module in MODULES.items()}


def agrees_in_python(kind, direction, layout, request, answer):
    call, options = kind(), LAYOUTS[layout]
    try:
        ndr_unpack_in(call, request, **options)
        if direction == "in":
            return ndr_pack_in(call, **options) == request
        ndr_unpack_out(call, answer, **options)
        return ndr_pack_out(call, **options) == answer
    except Exception:  # its errors have no class in common, and any means that it does not agree
        return False


def agrees_in_ndrdump(pipe, opnum, direction, layout, request, answer):
    """Of what it prints, the bytes that it made again: as what it reads once more it takes them for NDR."""
    with tempfile.NamedTemporaryFile() as asked, tempfile.NamedTemporaryFile() as told:
        asked.write(request)
        asked.flush()
        told.write(answer)
        told.flush()
        command = ["ndrdump", "--validate", "--dump-data"] + (["--ndr64"] if layout == "ndr64" else [])
        command += ["-c", asked.name] if direction == "out" else []
        command += [pipe, opnum, direction, told.name if direction == "out" else asked.name]
        seen = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60).stdout
    _, is_made, again = seen.decode(errors="replace").partition("bytes generated (validate)\n")
    again = again.partition("\npull returned")[0]
    again = "".join(re.findall(r"^\[[0-9A-F]+\] ((?:[0-9A-F]{2} +)+)", again, re.MULTILINE))
    return bool(is_made) and bytes.fromhex(again) == (answer if direction == "out" else request)


def try_line(words):
    """Whether Samba agrees, or None where it has no such operation."""
    interface, opnum, _, direction, layout, *stubs = words
    request, answer = (bytes.fromhex("" if stub == "-" else stub) for stub in (stubs + ["-"])[:2])
    if interface in DUMPED and layout != "big":
        return agrees_in_ndrdump(DUMPED[interface], opnum, direction, layout, request, answer)
    kind = CALLS.get(interface, {}).get(int(opnum))
    if not kind:
        return None
    return agrees_in_python(kind, direction, layout, request, answer)


def lack_of(name):
    return next((pattern for pattern in LACKS if re.fullmatch(pattern.replace(".", r"\.", 1), name)), None)


def main():
    agreed = collections.Counter()
    lines = subprocess.run([sys.argv[1], str(TRIES)], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in lines.splitlines():
        words = line.split()
        interface, _, name, direction, layout = words[:5]
        key = (f"{interface}.{name}", direction, layout)
        # Samba reads without an end where some of these have a large count.
        if "NotUsedOnWire" in name or lack_of(key[0]) in ("winspool.RpcEnum.*",):
            continue
        # A process for each, so one that agrees will do.
        if interface in DUMPED and agreed[key]:
            continue
        seen = try_line(words)
        if seen is not None:
            agreed[key] += seen
    bad = [key for key, n in agreed.items() if not n]
    lacking = {lack_of(key[0]) for key in bad}
    unexpected = [key for key in bad if not lack_of(key[0])]
    unneeded = [pattern for pattern in LACKS if pattern not in lacking and pattern != "winspool.RpcEnum.*"]
    for key in unexpected:
        print("FAIL", *key, "is never as Samba has it")
    for pattern in unneeded:
        print("FAIL", pattern, "is as Samba has it, and said not to be")
    n_failed = len(unexpected) + len(unneeded)
    print(f"{sum(agreed.values())} calls agree; {len(bad)} of {len(agreed)} forms never do")
    print(f"{len(agreed) - len(bad)} passed, {n_failed} failed")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())

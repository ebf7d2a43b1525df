#!/usr/bin/env python3
"""samr by impacket, which knows nothing of us.

    samr_impacket.py HOST USER PASSWORD ACCOUNT ITS-PASSWORD [tcp] [krb5]

Over a pipe, or over TCP at privacy; by NTLM, or by Kerberos with the tickets in KRB5CCNAME.
"""
import sys

from impacket.dcerpc.v5 import epm, samr, transport
from impacket.dcerpc.v5.dtypes import NULL, MAXIMUM_ALLOWED
from impacket.dcerpc.v5.rpcrt import (RPC_C_AUTHN_GSS_NEGOTIATE, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
                                      DCERPCException)

host, user, password, account, secret = sys.argv[1:6]
is_tcp = "tcp" in sys.argv[6:]
is_krb5 = "krb5" in sys.argv[6:]
passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


def works(name, function, *arguments, **named):
    try:
        answer = function(*arguments, **named)
        check(name, True)
        return answer
    except Exception as error:
        check(name, False, repr(error))
        return None


def refused(name, code, function, *arguments, **named):
    try:
        function(*arguments, **named)
        check(name, False, "it was done")
    except DCERPCException as error:
        seen = error.get_error_code() if error.get_error_code() is not None else str(error).strip()
        check(name, seen == code, f"{seen!r} where {code!r} was due")


if is_tcp:
    binding = epm.hept_map(host, samr.MSRPC_UUID_SAMR, protocol="ncacn_ip_tcp")
else:
    binding = f"ncacn_np:{host}[\\pipe\\samr]"
link = transport.DCERPCTransportFactory(binding)
if is_krb5:
    link.set_credentials(user, "", "PENSTOCK.TEST")
    link.set_kerberos(True, "127.0.0.1")
else:
    link.set_credentials(user, password, "")
dce = link.get_dce_rpc()
if is_tcp:
    dce.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
if is_tcp and is_krb5:
    dce.set_auth_type(RPC_C_AUTHN_GSS_NEGOTIATE)
dce.connect()
dce.bind(samr.MSRPC_UUID_SAMR)

server = works("connect", samr.hSamrConnect, dce, "\\\\s\x00")["ServerHandle"]
works("connect 2", samr.hSamrConnect2, dce)
works("connect 4", samr.hSamrConnect4, dce)
works("connect 5", samr.hSamrConnect5, dce)
domains = [row["Name"] for row in samr.hSamrEnumerateDomainsInSamServer(dce, server)["Buffer"]["Buffer"]]
check("domains", domains[1] == "Builtin", domains)
sid = samr.hSamrLookupDomainInSamServer(dce, server, domains[0])["DomainId"]
domain = samr.hSamrOpenDomain(dce, server, domainId=sid)["DomainHandle"]
found = samr.hSamrLookupNamesInDomain(dce, domain, (account,))
rid = found["RelativeIds"]["Element"][0]["Data"]
for level in samr.DOMAIN_INFORMATION_CLASS.enumItems:
    works(f"domain {level.name}", samr.hSamrQueryInformationDomain2, dce, domain, level)
handle = samr.hSamrOpenUser(dce, domain, MAXIMUM_ALLOWED, rid)["UserHandle"]
for level in samr.USER_INFORMATION_CLASS.enumItems:
    if "Internal" not in level.name:
        works(f"user {level.name}", samr.hSamrQueryInformationUser2, dce, handle, level)
works("groups of the user", samr.hSamrGetGroupsForUser, dce, handle)
for level in samr.DOMAIN_DISPLAY_INFORMATION.enumItems:
    works(f"display {level.name}", samr.hSamrQueryDisplayInformation3, dce, domain, level)
works("users one by one", samr.hSamrEnumerateUsersInDomain, dce, domain, preferedMaximumLength=0xffffffff)
works("sid", samr.hSamrRidToSid, dce, handle, rid)
works("descriptor", samr.hSamrQuerySecurityObject, dce, handle, 7)

works("change 2", samr.hSamrUnicodeChangePasswordUser2, dce, "\x00", account, secret, "Impacket-first1")
refused("with the old one", 0xc000006a, samr.hSamrUnicodeChangePasswordUser2, dce, "\x00", account, secret,
        "Impacket-other1")
works("change of hashes", samr.hSamrChangePasswordUser, dce, handle, "Impacket-first1", "Impacket-second2")
last = "Impacket-second2"
if not is_tcp:  # impacket knows no session key but SMB's
    works("set at level 18", samr.hSamrSetNTInternal1, dce, handle, "Impacket-third3")
    works("set at level 26", samr.hSamrSetPasswordInternal4New, dce, handle, "Impacket-fourth4")
    last = "Impacket-fourth4"
works("change at last", samr.hSamrUnicodeChangePasswordUser2, dce, "\x00", account, last, "Impacket-fifth5")
made = works("an alias", samr.hSamrCreateAliasInDomain, dce, domain, "by impacket")
alias = made["AliasHandle"]
for level in samr.ALIAS_INFORMATION_CLASS.enumItems:
    works(f"alias {level.name}", samr.hSamrQueryInformationAlias, dce, alias, level)
member = samr.hSamrRidToSid(dce, domain, rid)["Sid"]
works("its member", samr.hSamrAddMemberToAlias, dce, alias, member)
members = works("its members", samr.hSamrGetMembersInAlias, dce, alias)
check("are one", members["Members"]["Count"] == 1, members["Members"]["Count"])
works("and none", samr.hSamrRemoveMemberFromAlias, dce, alias, member)
works("the alias goes", samr.hSamrDeleteAlias, dce, alias)
works("closing", samr.hSamrCloseHandle, dce, handle)
refused("a closed handle", "nca_s_fault_context_mismatch", samr.hSamrQueryInformationUser2, dce, handle)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)

"""Samba's netlogon client against our daemon.

    netlogon_samba.py CONF MACHINE PASSWORD [unsealed]

The machine has an account; so have alice (Al1cePassw0rd) and eve (disabled). unsealed:
the daemon takes signed calls.
"""
import hashlib
import hmac
import os
import struct
import sys

from samba import NTSTATUSError, credentials, ntstatus, param
from samba.dcerpc import lsa, misc, netlogon, samr

conf, MACHINE, PASSWORD, *options = sys.argv[1:]
USER, USER_PASSWORD = "alice", "Al1cePassw0rd"
DOMAIN = "PENTEST"
passed = failed = 0
lp = param.LoadParm()
lp.load(conf)
lp.set("debug level", "0")


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


def refused(name, status, call, *arguments):
    try:
        check(name, False, call(*arguments))
    except NTSTATUSError as error:
        check(name, error.args[0] & 0xffffffff == status, error)


def machine(password=PASSWORD):
    who = credentials.Credentials()
    who.guess(lp)
    who.set_username(MACHINE + "$")
    who.set_password(password)
    who.set_workstation(MACHINE)
    who.set_domain(DOMAIN)
    who.set_secure_channel_type(misc.SEC_CHAN_WKSTA)
    who.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    return who


def connect(who, flags):
    return netlogon.netlogon(f"ncacn_ip_tcp:127.0.0.1[{flags}]", lp, who)


def authenticator(who):
    made = who.new_client_authenticator()
    out = netlogon.netr_Authenticator()
    out.cred.data = list(made["credential"])
    out.timestamp = made["timestamp"]
    return out


def text(string, kind=lsa.String):
    out = kind()
    out.string = string
    return out


def identity(user, domain=DOMAIN):
    out = netlogon.netr_IdentityInfo()
    out.domain_name, out.account_name, out.workstation = text(domain), text(user), text("\\\\" + MACHINE)
    return out


def nt_hash(password):
    who = credentials.Credentials()
    who.set_password(password)
    return bytes(who.get_nt_hash())


def network(user, password, domain=DOMAIN):
    """What a client's NTLMv2 response is, and the key that comes of it."""
    key = hmac.new(nt_hash(password), (user.upper() + domain).encode("utf-16-le"), hashlib.md5).digest()
    challenge = os.urandom(8)
    blob = bytes([1, 1]) + bytes(6) + bytes(8) + os.urandom(8) + bytes(4) + bytes(4)
    proof = hmac.new(key, challenge + blob, hashlib.md5).digest()
    info = netlogon.netr_NetworkInfo()
    info.identity_info = identity(user, domain)
    info.challenge = list(challenge)
    response = netlogon.netr_ChallengeResponse()
    response.data = list(proof + blob)
    response.length = response.size = len(proof + blob)
    info.nt, info.lm = response, netlogon.netr_ChallengeResponse()
    return info, hmac.new(key, proof, hashlib.md5).digest()


def interactive(who, user, password):
    info = netlogon.netr_PasswordInfo()
    info.identity_info = identity(user)
    plain = samr.Password()
    plain.hash = list(nt_hash(password))
    who.encrypt_samr_password(plain)
    info.ntpassword = plain
    info.lmpassword = samr.Password()
    return info


def logons(conn, who):
    for level, kind in ((2, netlogon.netr_SamInfo2), (3, netlogon.netr_SamInfo3), (6, netlogon.netr_SamInfo6)):
        info, key = network(USER, USER_PASSWORD)
        validation, authoritative, _ = conn.netr_LogonSamLogonEx("", MACHINE, 2, info, level, 0)
        check(f"network logon, level {level}", isinstance(validation, kind) and authoritative == 1)
        check("the user's name", validation.base.account_name.string == USER, validation.base.account_name.string)
        check("the domain", validation.base.logon_domain.string == DOMAIN)
        # At level 6 the channel alone protects it, as with Samba's domain controller.
        check("the key is under the session's", (bytes(validation.base.key.key) == key) == (level == 6))
        check("the user's groups", [g.rid for g in validation.base.groups.rids] == [513])
    for password, status in ((USER_PASSWORD, 0), ("wrong", ntstatus.NT_STATUS_WRONG_PASSWORD)):
        info = interactive(who, USER, password)
        if status:
            refused("a wrong password", status, conn.netr_LogonSamLogonEx, "", MACHINE, 1, info, 3, 0)
        else:
            validation, _, _ = conn.netr_LogonSamLogonEx("", MACHINE, 1, info, 3, 0)
            check("interactive logon", validation.base.account_name.string == USER)
    info, _ = network(USER, "wrong")
    refused("a wrong response", ntstatus.NT_STATUS_WRONG_PASSWORD, conn.netr_LogonSamLogonEx, "", MACHINE, 2, info, 3, 0)
    info, _ = network("nobody", "wrong")
    refused("nobody", ntstatus.NT_STATUS_NO_SUCH_USER, conn.netr_LogonSamLogonEx, "", MACHINE, 2, info, 3, 0)
    info, _ = network("eve", "Ev3Passw0rd")
    refused("a disabled user", ntstatus.NT_STATUS_ACCOUNT_DISABLED, conn.netr_LogonSamLogonEx, "", MACHINE, 2, info, 3, 0)
    info, _ = network(USER, USER_PASSWORD, "ELSEWHERE")
    refused("another domain", ntstatus.NT_STATUS_NO_SUCH_USER, conn.netr_LogonSamLogonEx, "", MACHINE, 2, info, 3, 0)
    refused("no such level", ntstatus.NT_STATUS_INVALID_INFO_CLASS, conn.netr_LogonSamLogonEx, "", MACHINE, 2, info, 5, 0)
    info, _ = network(USER, USER_PASSWORD)
    again, validation, authoritative, _ = conn.netr_LogonSamLogonWithFlags(
        "", MACHINE, authenticator(who), netlogon.netr_Authenticator(), 2, info, 3, 0)
    check("a logon with an authenticator", validation.base.account_name.string == USER and again.cred.data != [0] * 8)


def password(conn, who):
    new = "N3w-Passw0rd-of-a-machine"
    wire = netlogon.netr_CryptPassword()
    encoded = new.encode("utf-16-le")
    wire.data = list(os.urandom(512 - len(encoded)) + encoded)
    wire.length = len(encoded)
    who.encrypt_netr_crypt_password(wire)
    conn.netr_ServerPasswordSet2("", MACHINE + "$", misc.SEC_CHAN_WKSTA, MACHINE, authenticator(who), wire)
    refused("the old password", ntstatus.NT_STATUS_ACCESS_DENIED, connect, machine(), "schannel,seal")
    who = machine(new)
    conn = connect(who, "schannel,seal")
    encoded = PASSWORD.encode("utf-16-le")
    wire.data = list(os.urandom(512 - len(encoded)) + encoded)
    wire.length = len(encoded)
    who.encrypt_netr_crypt_password(wire)
    conn.netr_ServerPasswordSet2("", MACHINE + "$", misc.SEC_CHAN_WKSTA, MACHINE, authenticator(who), wire)
    check("the old password is the new one again", connect(machine(), "schannel,seal") is not None)


def main():
    who = machine()
    conn = connect(who, "schannel,seal")
    returned, flags = conn.netr_LogonGetCapabilities("", MACHINE, authenticator(who), netlogon.netr_Authenticator(), 1)
    check("AES", flags & 0x01000000, hex(flags))
    logons(conn, who)
    check("the domain", conn.netr_LogonGetDomainInfo(
        "", MACHINE, authenticator(who), netlogon.netr_Authenticator(), 1,
        netlogon.netr_WorkstationInformation())[1].primary_domain.domainname.string == DOMAIN)
    password(conn, who)
    refused("a wrong password of the machine", ntstatus.NT_STATUS_ACCESS_DENIED, connect, machine("wrong"),
            "schannel,seal")
    if "unsealed" in options:
        check("a signed session", connect(machine(), "schannel,sign") is not None)
    else:
        try:
            connect(machine(), "schannel,sign")
            check("a session that is not sealed", False)
        except NTSTATUSError:
            check("a session that is not sealed", True)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

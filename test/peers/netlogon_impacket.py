"""Impacket against our netlogon: a proof, and what Zerologon tries.

    netlogon_impacket.py BINDING MACHINE PASSWORD [weak]

weak: the daemon takes sessions without AES, and messages under RC4 are tried. (Impacket
0.10 cannot sign with AES.)
"""
import os
import sys

from impacket.dcerpc.v5 import nrpc, transport
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_AUTHN_NETLOGON, DCERPCException
from impacket.ntlm import compute_nthash

binding, MACHINE, PASSWORD, *options = sys.argv[1:]
FLAGS = 0x612fffff
passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


def authenticate(conn, challenge, proof, flags=FLAGS, password=PASSWORD):
    server = nrpc.hNetrServerReqChallenge(conn, "\\\\PENTEST\0", MACHINE + "\0", challenge)["ServerChallenge"]
    key = nrpc.ComputeSessionKeyAES("", challenge, server, compute_nthash(password))
    return server, key, nrpc.hNetrServerAuthenticate3(
        conn, "\\\\PENTEST\0", MACHINE + "$\0", nrpc.NETLOGON_SECURE_CHANNEL_TYPE.WorkstationSecureChannel, MACHINE + "\0",
        proof if proof is not None else nrpc.ComputeNetlogonCredentialAES(challenge, key), flags)


def refused(name, code, *arguments, **more):
    try:
        authenticate(*arguments, **more)
        check(name, False, "it was let in")
    except DCERPCException as error:
        check(name, error.get_error_code() == code, error)


def sealed(key, level):
    """Messages under RC4; the answer is that there is no site."""
    conn = transport.DCERPCTransportFactory(binding)
    conn.set_credentials(MACHINE + "$", "", "PENTEST")
    conn = conn.get_dce_rpc()
    conn.set_auth_level(level)
    conn.set_auth_type(RPC_C_AUTHN_NETLOGON)
    conn.connect()
    conn.bind(nrpc.MSRPC_UUID_NRPC)
    conn.set_session_key(key)
    for _ in range(3):
        try:
            nrpc.hDsrGetSiteName(conn, "\\\\PENTEST\0")
        except DCERPCException as error:
            check(f"RC4, level {level}", error.get_error_code() == 1919, error)


def weak(conn):
    flags = FLAGS & ~0x01000000
    challenge = os.urandom(8)
    server = nrpc.hNetrServerReqChallenge(conn, "\\\\PENTEST\0", MACHINE + "\0", challenge)["ServerChallenge"]
    key = nrpc.ComputeSessionKeyStrongKey("", challenge, server, compute_nthash(PASSWORD))
    answer = nrpc.hNetrServerAuthenticate3(
        conn, "\\\\PENTEST\0", MACHINE + "$\0", nrpc.NETLOGON_SECURE_CHANNEL_TYPE.WorkstationSecureChannel,
        MACHINE + "\0", nrpc.ComputeNetlogonCredential(challenge, key), flags)
    check("the server's proof, weak", answer["ServerCredential"] == nrpc.ComputeNetlogonCredential(server, key))
    sealed(key, RPC_C_AUTHN_LEVEL_PKT_PRIVACY)


def strong(conn):
    challenge = os.urandom(8)
    server, key, answer = authenticate(conn, challenge, None)
    check("the server's proof", answer["ServerCredential"] == nrpc.ComputeNetlogonCredentialAES(server, key))
    check("AES is agreed on", answer["NegotiateFlags"] & 0x01000000)
    refused("a wrong password", 0xc0000022, conn, os.urandom(8), None, password="wrong")
    refused("no AES", 0xc0000388, conn, os.urandom(8), None, flags=FLAGS & ~0x01000000)
    for _ in range(600):
        refused("Zerologon", 0xc0000022, conn, bytes(8), bytes(8))


def main():
    conn = transport.DCERPCTransportFactory(binding).get_dce_rpc()
    conn.connect()
    conn.bind(nrpc.MSRPC_UUID_NRPC)
    if "weak" in options:
        weak(conn)
    else:
        strong(conn)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Impacket's Kerberos against ours: its SPNEGO, its tokens, its signatures.

    session_krb5.py SERVE KEYTAB CCACHE TARGET

SERVE is the program krb5-serve; a ticket for TARGET is in the file CCACHE.
"""
import subprocess
import sys

from impacket.krb5.ccache import CCache
from impacket.krb5.gssapi import GSSAPI
from impacket.krb5.kerberosv5 import getKerberosType1, getKerberosType3

passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


class Server:
    def __init__(self, program, keytab):
        self.process = subprocess.Popen([program, keytab], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, *words):
        text = " ".join((w.hex() or "-") if isinstance(w, bytes) else str(w) for w in words)
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().split()

    def bytes_of(self, *words):
        answer = self.ask(*words)
        if answer[:1] in ([], ["refused"]):
            return [" ".join(answer)]
        return [bytes.fromhex(w) if w != "-" else b"" for w in answer[1:]]

    def close(self):
        self.process.stdin.close()
        return self.process.wait(30)


def main():
    program, keytab, ccache, target = sys.argv[1:]
    user, realm = "alice", target.split("@")[1]
    ticket = CCache.loadFile(ccache).getCredential(target).toTGS()
    server = Server(program, keytab)
    cipher, key, first = getKerberosType1(user, "", realm, "", "", TGS=ticket, targetName=target,
                                          kdcHost="127.0.0.1", useCache=False)
    answer = server.ask("token", bytes(first.getData() if hasattr(first, "getData") else first))
    check("the first leg", answer[-1] == "again", answer)
    cipher, key, third = getKerberosType3(cipher, key, bytes.fromhex(answer[1]))
    answer = server.ask("token", bytes(third))
    check("the third leg", answer[-1] == "open", answer)

    gss = GSSAPI(cipher)
    sequence = 0
    for n in (16, 20, 24, 32, 1024, 1028):
        plain = bytes(i % 251 for i in range(n))
        try:
            signature = gss.GSS_GetMIC(key, plain, sequence)
        except TypeError:
            signature = None  # with AES some versions add text to bytes
        if signature:
            seen = server.bytes_of("unprotect", 0, plain, bytes(signature))
            check(f"{n} bytes signed", seen == [plain], seen)
            sequence += 1
        sealed, signature = gss.GSS_Wrap(key, plain, sequence)
        # With RC4 it fills the data up to 8 bytes by itself.
        seen = server.bytes_of("unprotect", 1, bytes(sealed), bytes(signature))
        check(f"{n} bytes sealed", seen[0][:n] == plain, (len(signature), seen))
        sequence += 1
        seen = server.bytes_of("protect", 1, plain)
        check(f"{n} bytes that we seal", len(seen) == 2, seen)
        sealed, signature = seen
        seen, _ = gss.GSS_Unwrap(key, sealed, 0, direction="accept", authData=b"\0" * 8 + signature)
        check(f"{n} bytes that we sealed", bytes(seen[:n]) == plain, seen)
    check("the server ends cleanly", server.close() == 0)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

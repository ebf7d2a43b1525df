"""Samba's SPNEGO as the client of our server, over Kerberos.

    spnego_samba.py LEVEL SPNEGO-LIVE KEYTAB [OPTION...]

LEVEL is connect, sign or seal.
"""
import subprocess
import sys

from samba import credentials, gensec, param


def client(level):
    lp = param.LoadParm()
    lp.set("realm", "PENSTOCK.TEST")
    lp.set("workgroup", "PENSTOCK")
    user = credentials.Credentials()
    user.guess(lp)
    user.set_username("alice")
    user.set_password("alicepw")
    user.set_realm("PENSTOCK.TEST")
    user.set_kerberos_state(credentials.MUST_USE_KERBEROS)
    security = gensec.Security.start_client({"lp_ctx": lp, "target_hostname": "aes256"})
    security.set_credentials(user)
    security.set_target_hostname("aes256")
    security.set_target_service("host")
    if level != "connect":
        security.want_feature(gensec.FEATURE_SIGN)
    if level == "seal":
        security.want_feature(gensec.FEATURE_SEAL)
    security.want_feature(gensec.FEATURE_DCE_STYLE)
    security.start_mech_by_name("spnego")
    return security


def answer(security, verb, a, b=b""):
    if verb == "step":
        is_done, token = security.update(a)
        return ("done " if is_done else "again ") + token.hex()
    if verb == "sign":
        return security.sign_packet(a, a).hex()
    try:
        security.check_packet(a, a, b)
        return "good"
    except Exception as error:
        return "bad: %s" % error


def main():
    level, live, keytab, *options = sys.argv[1:]
    security = client(level)
    server = subprocess.Popen([live, "pipe", "ours", keytab, *options], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for line in server.stdout:
        if line.startswith("="):
            verb, *words = line[1:].split()
            print(answer(security, verb, *(bytes.fromhex(word) for word in words or [""])),
                  file=server.stdin, flush=True)
        else:
            print(line, end="")
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())

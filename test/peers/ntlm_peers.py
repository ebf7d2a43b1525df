"""Samba's NTLM and impacket's against ours.

    ntlm_peers.py NTLM-LIVE

Samba's gensec and impacket as clients of our server, with messages signed and sealed
both ways; our client against Samba's ntlm_auth as the server.
"""
import base64
import shutil
import subprocess
import sys

from impacket import ntlm
from samba import credentials, gensec, param

USER, PASSWORD, DOMAIN = "alice", "Secret1", "TESTDOM"
CONNECT, INTEGRITY, PRIVACY = 2, 5, 6
live = sys.argv[1]
passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


class Ours:
    """One side of ours, by its program's lines."""

    def __init__(self, *arguments):
        self.program = subprocess.Popen([live, *map(str, arguments)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, *words):
        print(verb, *(word.hex() for word in words), file=self.program.stdin, flush=True)
        return self.program.stdout.readline().strip()

    def step(self, token=b""):
        state, _, rest = self.ask("step", token).partition(" ")
        return state, rest if state == "refused" else bytes.fromhex(rest)

    def protect(self, verb, data):
        return tuple(bytes.fromhex(word) for word in self.ask(verb, data).split())

    def close(self):
        self.program.stdin.close()
        check("ours ends cleanly", self.program.wait(10) == 0)


def samba_client(level, password=PASSWORD):
    lp = param.LoadParm()
    lp.set("workgroup", DOMAIN)
    user = credentials.Credentials()
    user.guess(lp)
    user.set_username(USER)
    user.set_domain(DOMAIN)
    user.set_password(password)
    user.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    security = gensec.Security.start_client({"lp_ctx": lp, "target_hostname": "penstock.test"})
    security.set_credentials(user)
    if level >= INTEGRITY:
        security.want_feature(gensec.FEATURE_SIGN)
    if level >= PRIVACY:
        security.want_feature(gensec.FEATURE_SEAL)
    security.start_mech_by_name("ntlmssp")
    return security


def test_samba(level):
    name = f"Samba's client, level {level}"
    ours, theirs = Ours("server", level), samba_client(level)
    _, token = theirs.update(b"")
    state, token = ours.step(token)
    check(name, state == "again", token)
    _, token = theirs.update(token)
    state, token = ours.step(token)
    check(name, state == "done", token)
    check(f"{name}: key", ours.ask("key") == theirs.session_key().hex())
    for i in range(3):
        data = bytes([65 + i]) * (40 + i)
        if level == PRIVACY:
            wrapped = theirs.wrap(data)
            check(f"{name}: unseals {i}",
                  ours.ask("unseal", wrapped[16:], wrapped[:16]) == data.hex())
            sealed, signature = ours.protect("seal", data)
            check(f"{name}: seals {i}", theirs.unwrap(signature + sealed) == data)
        elif level == INTEGRITY:
            signature = theirs.sign_packet(data, data)
            check(f"{name}: checks {i}", ours.ask("check", data, signature) == data.hex())
            _, signature = ours.protect("sign", data)
            theirs.check_packet(data, data, signature)
    ours.close()


def test_samba_refused():
    ours, theirs = Ours("server", PRIVACY), samba_client(PRIVACY, "wrong")
    _, token = theirs.update(b"")
    _, token = ours.step(token)
    _, token = theirs.update(token)
    state, reason = ours.step(token)
    check("Samba's client, wrong password", state == "refused" and "password" in reason, reason)
    ours.close()


def test_impacket(is_v2, *options):
    name = f"impacket's client, version {1 + is_v2} {options}"
    ours = Ours("server", PRIVACY, *options)
    first = ntlm.getNTLMSSPType1("", "", True, use_ntlmv2=is_v2)
    state, token = ours.step(first.getData())
    if state == "again":
        third, key = ntlm.getNTLMSSPType3(first, token, USER, PASSWORD, DOMAIN, use_ntlmv2=is_v2)
        state, token = ours.step(third.getData())
    if is_v2 or options:
        check(name, state == "done", token)
        check(f"{name}: key", ours.ask("key") == key.hex())
    else:
        check(name, state == "refused", token)
    ours.close()


def test_ntlm_auth():
    program = shutil.which("ntlm_auth")
    if not program:
        print("no ntlm_auth here")
        return
    server = subprocess.Popen([program, "--helper-protocol=squid-2.5-ntlmssp",
                               f"--password={PASSWORD}", f"--username={USER}",
                               f"--domain={DOMAIN}", "--configfile=/dev/null"],
                              text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(verb, token=b""):
        print(verb, base64.b64encode(token).decode(), file=server.stdin, flush=True)
        return server.stdout.readline().split()

    ours = Ours("client", INTEGRITY)
    _, token = ours.step()
    answer = ask("YR", token)
    check("ntlm_auth: challenge", answer[:1] == ["TT"], answer)
    state, token = ours.step(base64.b64decode(answer[1]))
    check("ntlm_auth: our answer", state == "done", token)
    answer = ask("KK", token)
    check("ntlm_auth: accepted", answer[:1] == ["AF"], answer)
    answer = ask("GK")
    check("ntlm_auth: key", answer[:1] == ["GK"] and
          base64.b64decode(answer[1]).hex() == ours.ask("key"), answer)
    server.stdin.close()
    server.wait(10)
    ours.close()


for each in CONNECT, INTEGRITY, PRIVACY:
    test_samba(each)
test_samba_refused()
test_impacket(True)
test_impacket(False)
test_impacket(False, "v1", "weak")
test_ntlm_auth()
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)

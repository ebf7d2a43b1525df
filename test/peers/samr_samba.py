#!/usr/bin/env python3
"""samr by Samba's bindings: passwords under AES, which Samba's programs of this age do not send.

    samr_samba.py SMB.CONF HOST USER PASSWORD [BINDING]
"""
import secrets
import sys

try:
    from samba import NTSTATUSError, credentials, param
    from samba.crypto import aead_aes_256_cbc_hmac_sha512_blob, md4_hash_blob, sha512_pbkdf2
    from samba.dcerpc import lsa, samr, security
except ImportError:
    print("needs python3-samba")
    sys.exit(77)

conf, host, user, password = sys.argv[1:5]
binding = sys.argv[5] if len(sys.argv) > 5 else f"ncacn_np:{host}"
ENC = b"Microsoft SAM encryption key AEAD-AES-256-CBC-HMAC-SHA512 16\0"
MAC = b"Microsoft SAM MAC key AEAD-AES-256-CBC-HMAC-SHA512 16\0"
WRONG_PASSWORD, INVALID_PARAMETER, RESTRICTION = 0xc000006a, 0xc000000d, 0xc000006c
passed = failed = 0


def check(name, condition, seen=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {seen}")


def works(name, function, *arguments):
    try:
        answer = function(*arguments)
        check(name, True)
        return answer
    except (NTSTATUSError, RuntimeError) as error:
        check(name, False, repr(error))
        return None


def refused(name, code, function, *arguments):
    try:
        function(*arguments)
        check(name, False, "it was done")
    except (NTSTATUSError, RuntimeError) as error:
        check(name, error.args[0] & 0xffffffff == code, error.args)


def text(string):
    value = lsa.String()
    value.string = string
    return value


def sealed(key, secret, salt, iterations=0):
    raw = secret.encode("utf-16-le")
    plain = len(raw).to_bytes(2, "little") + raw + secrets.token_bytes(512 - len(raw))
    cipher, auth = aead_aes_256_cbc_hmac_sha512_blob(plain, key, ENC, MAC, salt)
    value = samr.EncryptedPasswordAES()
    value.auth_data = list(auth)
    value.salt = list(salt)
    value.cipher = list(cipher)
    value.cipher_len = len(cipher)
    value.PBKDF2Iterations = iterations
    return value


lp = param.LoadParm()
lp.load(conf)
creds = credentials.Credentials()
creds.guess(lp)
creds.parse_string(user)
creds.set_password(password)
creds.set_workstation("")
creds.set_kerberos_state(credentials.MUST_USE_KERBEROS if "krb5" in binding
                         else credentials.DONT_USE_KERBEROS)
pipe = samr.samr(binding, lp, creds)

_, info, server = pipe.Connect5(host, security.SEC_FLAG_MAXIMUM_ALLOWED, 1, samr.ConnectInfo1())
check("AES is offered", info.supported_features & 0x10, info.supported_features)
domains = pipe.EnumDomains(server, 0, 0xffffffff)[1]
sid = pipe.LookupDomain(server, text(domains.entries[0].name.string))
domain = pipe.OpenDomain(server, security.SEC_FLAG_MAXIMUM_ALLOWED, sid)
handle, _, rid = pipe.CreateUser2(domain, text("aes"), samr.ACB_NORMAL, security.SEC_FLAG_MAXIMUM_ALLOWED)
session_key = pipe.session_key

level31 = samr.UserInfo31()
level31.password = sealed(session_key, "Password-31-x", secrets.token_bytes(16))
works("level 31", pipe.SetUserInfo2, handle, 31, level31)
level31.password = sealed(session_key[::-1], "Password-31-y", secrets.token_bytes(16))
refused("level 31 under another key", WRONG_PASSWORD, pipe.SetUserInfo2, handle, 31, level31)
level31.password = sealed(session_key, "x", secrets.token_bytes(16))
refused("level 31 and the policy", RESTRICTION, pipe.SetUserInfo2, handle, 31, level31)
level32 = samr.UserInfo32()
level32.info.fields_present = samr.SAMR_FIELD_NT_PASSWORD_PRESENT | samr.SAMR_FIELD_FULL_NAME
level32.info.full_name = text("by level 32")
level32.info.nt_password_set = 1
level32.password = sealed(session_key, "Password-32-x", secrets.token_bytes(16))
works("level 32", pipe.SetUserInfo2, handle, 32, level32)
check("and its fields", pipe.QueryUserInfo(handle, 8).full_name.string == "by level 32")
control = samr.UserInfo16()
control.acct_flags = samr.ACB_NORMAL
works("enabled", pipe.SetUserInfo, handle, 16, control)


def change(old, new, iterations=5000, name="aes"):
    salt = secrets.token_bytes(16)
    key = sha512_pbkdf2(md4_hash_blob(old.encode("utf-16-le")), salt, iterations)
    return pipe.ChangePasswordUser4(text(host), text(name), sealed(key, new, salt, iterations))


works("change 4", change, "Password-32-x", "Password-33-x")
works("with more iterations", change, "Password-33-x", "Password-34-x", 20000)
refused("the old one", WRONG_PASSWORD, change, "Password-32-x", "Password-35-x")
refused("too few iterations", INVALID_PARAMETER, change, "Password-34-x", "Password-35-x", 4999)
refused("nobody's password", WRONG_PASSWORD, change, "Password-34-x", "Password-35-x", 5000, "nobody at all")
refused("the policy", RESTRICTION, change, "Password-34-x", "x")
works("deleted", pipe.DeleteUser, handle)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)

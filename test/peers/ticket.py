#!/usr/bin/env python3
"""What is wrong with tickets, made by hand.

    ticket.py shift SECONDS FROM TO     a copy of a ccache that says that the KDC's clock is
                                        that far from ours: whoever uses it believes it
    ticket.py replay SMB.CONF CCACHE HOST PORT
                                        a bind by Kerberos, and its bytes again in another
                                        connection; says what came back for each
"""
import socket
import struct
import sys
import uuid


def shift(seconds, source, target):
    data = open(source, "rb").read()
    if data[:2] != b"\5\4":
        sys.exit("the ccache is not of version 4")
    header = struct.unpack(">H", data[2:4])[0]
    # Field 1 is DeltaTime: seconds and microseconds.
    open(target, "wb").write(data[:2] + struct.pack(">HHHii", 12, 1, 8, int(seconds), 0) +
                             data[4 + header:])


def first_token(conf, ccache, host):
    from samba import credentials, gensec, param
    lp = param.LoadParm()
    lp.load(conf)
    who = credentials.Credentials()
    who.guess(lp)
    who.set_named_ccache("FILE:" + ccache, credentials.SPECIFIED, lp)
    who.set_kerberos_state(credentials.MUST_USE_KERBEROS)
    context = gensec.Security.start_client({"lp_ctx": lp, "target_hostname": host})
    context.set_credentials(who)
    context.set_target_hostname(host)
    context.set_target_service("host")
    context.want_feature(gensec.FEATURE_SEAL)
    context.want_feature(gensec.FEATURE_DCE_STYLE)
    context.start_mech_by_name("gssapi_krb5")
    return context.update(b"")[1]


def bind_of(token):
    syntax = lambda text, version: uuid.UUID(text).bytes_le + struct.pack("<I", version)  # noqa: E731
    body = struct.pack("<HHIB3xHBx", 5840, 5840, 0, 1, 0, 1)
    body += syntax("e1af8308-5d1f-11c9-91a4-08002b14a0fa", 3)  # the endpoint mapper
    body += syntax("8a885d04-1ceb-11c9-9fe8-08002b104860", 2)
    trailer = struct.pack("<BBBBI", 16, 6, 0, 0, 1)
    size = 16 + len(body) + len(trailer) + len(token)
    return struct.pack("<BBBB4sHHI", 5, 0, 11, 3, b"\x10\0\0\0", size, len(token), 1) + body + trailer + token


def say(name, host, port, request):
    with socket.create_connection((host, port), 30) as link:
        link.settimeout(30)
        link.sendall(request)
        answer = link.recv(65536)
    if len(answer) < 18:
        sys.exit(f"{name}: an answer of {len(answer)} bytes")
    kind = {12: "bind_ack", 13: "bind_nak"}.get(answer[2], "something else")
    # bind_nak's reason, or how long the server's own token is.
    print(name, kind, struct.unpack("<H", answer[16:18] if kind == "bind_nak" else answer[10:12])[0])


def replay(conf, ccache, host, port):
    request = bind_of(first_token(conf, ccache, host))
    say("first", host, int(port), request)
    say("second", host, int(port), request)


{"shift": shift, "replay": replay}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/env python3
"""A pipe behind smbd, by Samba's SMB client, which knows nothing of us.

    pipe_samba.py CLIENT-CONF USER PIPE WHAT

WHAT: talk (messages there and back), parts (a message in two reads), bye (the server ends it),
open (and close).
"""
import sys

from samba import NTSTATUSError, credentials
from samba.samba3 import libsmb_samba_internal as libsmb, param

conf, user, pipe, what = sys.argv[1:]
lp = param.get_context()
lp.load(conf)
who = credentials.Credentials()
who.guess()
who.set_username(user)
who.set_password(user + "pw")
connection = libsmb.Conn("127.0.0.1", "IPC$", lp, who)


def say(handle, text, *sizes):
    connection.write(handle, text, 0)
    return [connection.read(handle, 0, size).decode() for size in sizes]


try:
    handle = connection.create(pipe, DesiredAccess=0x12019f, CreateDisposition=1, ShareAccess=7)
    if what == "talk":
        print(say(handle, b"hello", 4096), say(handle, b"x" * 60000 + b"y", 65536)[0][:3])
    elif what == "parts":
        print(say(handle, b"abcdefgh", 3, 4096))
    elif what == "bye":
        print(say(handle, b"bye", 4096))
    connection.close(handle)
    print("done")
except NTSTATUSError as error:
    print("0x%08x" % (error.args[0] & 0xffffffff))

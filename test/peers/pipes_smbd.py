#!/usr/bin/env python3
"""The rows of named pipes that a client behind a real smbd can carry: impacket on the one side, a
server of ours that has no rights of its own on the other.

    pipes_smbd.py HAND [TEST...]

HAND is pipe-hand, with what starts it as whom. Statuses are those that the specification of smbd's
protocol to us allows; where smbd says less than Windows does, the test says so.
"""
import subprocess
import sys

from impacket.smb3structs import (SMB2_CLOSE, SMB2_CREATE, SMB2_IOCTL, SMB2_READ, SMB2_WRITE, SMB2Close,
                                  SMB2Create, SMB2Create_Response, SMB2Ioctl, SMB2Ioctl_Response, SMB2Read,
                                  SMB2Read_Response, SMB2Write, SMB2Write_Response)
from impacket.smbconnection import SMBConnection

SUCCESS, OVERFLOW = 0, 0x80000005
NAME_NOT_FOUND, BROKEN, DISCONNECTED, EMPTY = 0xC0000034, 0xC000014B, 0xC00000B0, 0xC00000D9
CLOSING, CONNECTED, TOO_LONG = 0xC00000B1, 0xC00000B2, 0xC000002F
PIPE_LOCAL = 0xC00700E5
TRANSCEIVE, PEEK, WAIT = 0x11C017, 0x11400C, 0x110018


class Hand:
    """A server's process; each method is a call there: its status, number, and bytes or text."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, verb, end=0, *arguments):
        print(verb, end, *arguments, file=self.process.stdin, flush=True)

    def finish(self):
        status, n, text = self.process.stdout.readline().rstrip("\n").split(" ", 2)
        return int(status, 16), int(n), text

    def __call__(self, verb, end=0, *arguments):
        self.start(verb, end, *arguments)
        return self.finish()

    def create(self, name, kind="message", quota=4096, who="all", sddl="D:(A;;FA;;;WD)", end=0):
        status = self("create", end, f"\\\\.\\pipe\\{name}", kind, quota, who, sddl)[0]
        assert status == SUCCESS, hex(status)

    def listen(self, end=0):
        status = self("listen", end)[0]
        assert status in (SUCCESS, CONNECTED), hex(status)

    def read(self, size=1000, end=0):
        status, n, text = self("read", end, size)
        data = bytes.fromhex(text)
        assert n == len(data)
        return status, data

    def write(self, data, end=0):
        return self("write", end, data.hex())[:2]

    def stop(self, at_once):
        self.process.stdin.close()
        if at_once:
            self.process.terminate()
        return self.process.wait(60)


class File:
    """An open pipe at the client. What is started is finished by its number."""

    def __init__(self, client, name, status_only=False):
        self.client = client
        request = SMB2Create()
        request["ImpersonationLevel"] = 2
        request["DesiredAccess"] = 0x12019F
        request["FileAttributes"] = 0x80
        request["ShareAccess"] = 3
        request["CreateDisposition"] = 1
        request["CreateOptions"] = 0x40
        request["NameLength"] = len(name) * 2
        request["Buffer"] = name.encode("utf-16le")
        self.status, data = client.finish(client.start(SMB2_CREATE, request))
        if self.status == SUCCESS:
            self.id = SMB2Create_Response(data)["FileID"]
        elif not status_only:
            raise AssertionError(f"open: {self.status:#x}")

    def start_read(self, size=1000):
        request = SMB2Read()
        request["Padding"] = 0x50
        request["FileID"] = self.id
        request["Length"] = size
        return self.client.start(SMB2_READ, request)

    def finish_read(self, number):
        status, data = self.client.finish(number)
        return status, SMB2Read_Response(data)["Buffer"] if status in (SUCCESS, OVERFLOW) else b""

    def read(self, size=1000):
        return self.finish_read(self.start_read(size))

    def write(self, data):
        request = SMB2Write()
        request["FileID"] = self.id
        request["Length"] = len(data)
        request["Buffer"] = data or b"\0"
        status, answer = self.client.finish(self.client.start(SMB2_WRITE, request))
        return status, SMB2Write_Response(answer)["Count"] if status == SUCCESS else 0

    def control(self, code, data=b"", size=1000, file_id=None):
        return self.finish_control(self.start_control(code, data, size, file_id))

    def start_control(self, code, data=b"", size=1000, file_id=None):
        request = SMB2Ioctl()
        request["FileID"] = file_id or self.id
        request["CtlCode"] = code
        request["MaxInputResponse"] = 0
        request["MaxOutputResponse"] = size
        request["InputCount"] = len(data)
        request["InputOffset"] = 0x78 if data else 0
        request["Buffer"] = data or b"\0"
        request["OutputOffset"] = 0
        request["Flags"] = 1
        return self.client.start(SMB2_IOCTL, request)

    def finish_control(self, number):
        status, answer = self.client.finish(number)
        return status, SMB2Ioctl_Response(answer)["Buffer"] if status in (SUCCESS, OVERFLOW) else b""

    def transact(self, data, size=1000):
        return self.control(TRANSCEIVE, data, size)

    def close(self):
        request = SMB2Close()
        request["Flags"] = 0
        request["FileID"] = self.id
        return self.client.finish(self.client.start(SMB2_CLOSE, request))[0]


class Client:
    def __init__(self, user, password):
        self.connection = SMBConnection("127.0.0.1", "127.0.0.1", timeout=60)
        self.connection.login(user, password)
        self.smb = self.connection.getSMBServer()
        self.tree = self.connection.connectTree("IPC$")

    def start(self, command, request):
        packet = self.smb.SMB_PACKET()
        packet["Command"] = command
        packet["TreeID"] = self.tree
        packet["Data"] = request
        return self.smb.sendSMB(packet)

    def finish(self, number):
        answer = self.smb.recvSMB(number)
        return answer["Status"] & 0xFFFFFFFF, answer["Data"]

    def open(self, name):
        return File(self, name)

    def try_open(self, name):
        return File(self, name, status_only=True).status


class World:
    """A hand and a client of their own for each test, and a name."""

    number = 0

    def __init__(self, hand):
        World.number += 1
        self.name = f"row-{World.number}"
        self.hand = Hand(hand)
        self.client = Client("user", "userpw")

    def connect(self, kind="message", quota=4096):
        self.hand.create(self.name, kind, quota)
        self.hand.start("listen")
        file = self.client.open(self.name)
        assert self.hand.finish()[0] in (SUCCESS, CONNECTED)
        return file

    def close(self, has_failed):
        status = self.hand.stop(has_failed)
        self.client.connection.close()
        assert has_failed or status == 0, f"the server's process ended by {status}"


def is_(what, wanted):
    assert what == wanted, f"{what!r}, not {wanted!r}"


# ---- opening ----

def test_O1(w):
    is_(w.client.try_open("row-of-nobody"), NAME_NOT_FOUND)


def test_O10_L2(w):
    w.hand.create(w.name)
    w.hand.start("listen")
    w.client.open(w.name)
    is_(w.hand.finish()[0], SUCCESS)


def test_C32(w):
    w.hand.create(w.name)
    file = w.client.open(w.name)
    is_(file.write(b"before listening"), (SUCCESS, 16))
    is_(w.hand.read(), (SUCCESS, b"before listening"))


def test_C6(w):
    w.hand.create(w.name + "-MiXeD")
    file = w.client.open(w.name + "-mIxEd")
    w.hand.listen()
    file.write(b"a")
    is_(w.hand.read(), (SUCCESS, b"a"))


def test_C39(w):
    w.hand.create(w.name, who="local")
    assert w.client.try_open(w.name) != SUCCESS


def test_S1_others_may_not_write(w):
    """smbd asks for all rights, whatever its client wants."""
    w.hand.create(w.name, sddl="default")
    assert w.client.try_open(w.name) != SUCCESS


def test_O3_two_instances(w):
    w.hand.create(w.name, end=0)
    w.hand.create(w.name, end=1)
    first, second = w.client.open(w.name), w.client.open(w.name)
    w.hand.listen(end=0)
    w.hand.listen(end=1)
    first.write(b"first")
    second.write(b"second")
    is_(w.hand.read(end=0), (SUCCESS, b"first"))
    is_(w.hand.read(end=1), (SUCCESS, b"second"))


def test_L5_the_next_client(w):
    file = w.connect()
    file.write(b"a")
    is_(w.hand.read(), (SUCCESS, b"a"))
    file.close()
    is_(w.hand.read()[0], BROKEN)
    is_(w.hand("disconnect")[0], SUCCESS)
    w.hand.start("listen")
    file = w.client.open(w.name)
    is_(w.hand.finish()[0], SUCCESS)
    file.write(b"b")
    is_(w.hand.read(), (SUCCESS, b"b"))


# ---- data ----

def test_R1_bytes(w):
    file = w.connect("byte")
    file.write(b"ab")
    file.write(b"cde")
    data = b""
    while len(data) < 5:
        status, more = w.hand.read(4)
        is_(status, SUCCESS)
        data += more
    is_(data, b"abcde")


def test_R3_messages(w):
    file = w.connect()
    file.write(b"ab")
    file.write(b"cde")
    is_(w.hand.read(), (SUCCESS, b"ab"))
    is_(w.hand.read(3), (SUCCESS, b"cde"))


def test_R4_R7_the_servers(w):
    file = w.connect()
    file.write(b"abcdefg")
    file.write(b"next")
    is_(w.hand.read(3), (OVERFLOW, b"abc"))
    is_(w.hand.read(3), (OVERFLOW, b"def"))
    is_(w.hand.read(3), (SUCCESS, b"g"))
    is_(w.hand.read(), (SUCCESS, b"next"))


def test_Z1_the_clients(w):
    """smbd keeps the rest for the next read, but calls the part a success."""
    file = w.connect()
    w.hand.write(b"abcdefg")
    w.hand.write(b"next")
    is_(file.read(3)[1], b"abc")
    is_(file.read(9), (SUCCESS, b"defg"))
    is_(file.read(9), (SUCCESS, b"next"))


def test_R11_server(w):
    file = w.connect()
    w.hand.start("read", 0, 100)
    file.write(b"abc")
    is_(w.hand.finish(), (SUCCESS, 3, b"abc".hex()))


def test_R11_client(w):
    file = w.connect()
    number = file.start_read(100)
    w.hand.write(b"abc")
    is_(file.finish_read(number), (SUCCESS, b"abc"))


def test_R13_client(w):
    file = w.connect()
    first, second = file.start_read(100), file.start_read(100)
    w.hand.write(b"ab")
    w.hand.write(b"cd")
    is_(file.finish_read(first), (SUCCESS, b"ab"))
    is_(file.finish_read(second), (SUCCESS, b"cd"))


def test_W5_more_than_the_quota(w):
    file = w.connect(quota=100)
    is_(file.write(b"x" * 5000), (SUCCESS, 5000))
    is_(w.hand.read(9000), (SUCCESS, b"x" * 5000))
    status, n = w.hand.write(b"y" * 5000)
    is_((status, n), (SUCCESS, 5000))
    is_(file.read(9000), (SUCCESS, b"y" * 5000))


def test_W17_each_write_a_message(w):
    file = w.connect()
    for n in (1, 65535, 2):
        is_(file.write(b"x" * n), (SUCCESS, n))
        is_(w.hand.read(70000), (SUCCESS, b"x" * n))


def test_P1_P3_the_server_looks(w):
    file = w.connect()
    is_(file.write(b"abc"), (SUCCESS, 3))
    w.hand.start("read", 0, 1)
    is_(w.hand.finish()[0], OVERFLOW)
    is_(w.hand("peek"), (SUCCESS, 2, b"bc".hex()))


# ---- transactions ----

def test_T4(w):
    file = w.connect()
    number = file.start_control(TRANSCEIVE, b"question")
    is_(w.hand.read(), (SUCCESS, b"question"))
    w.hand.write(b"reply")
    is_(file.finish_control(number), (SUCCESS, b"reply"))


def test_T5_Z2(w):
    file = w.connect()
    number = file.start_control(TRANSCEIVE, b"question", 3)
    is_(w.hand.read(), (SUCCESS, b"question"))
    w.hand.write(b"reply")
    is_(file.finish_control(number), (OVERFLOW, b"rep"))
    is_(file.read(), (SUCCESS, b"ly"))


# ---- the end ----

def test_X1_the_client_closes(w):
    file = w.connect()
    file.write(b"last")
    is_(file.close(), SUCCESS)
    is_(w.hand.read(), (SUCCESS, b"last"))
    is_(w.hand.read()[0], BROKEN)
    is_(w.hand.write(b"x")[0], CLOSING)


def test_X3_while_the_server_reads(w):
    file = w.connect()
    w.hand.start("read", 0, 100)
    file.close()
    is_(w.hand.finish()[0], BROKEN)


def test_X4_the_server_closes(w):
    """Of a pipe that is gone smbd knows no more than that it is."""
    file = w.connect()
    number = file.start_read()
    is_(w.hand("close")[0], SUCCESS)
    assert file.finish_read(number)[0] in (DISCONNECTED, BROKEN)
    assert file.read()[0] in (DISCONNECTED, BROKEN)


def test_X4_what_was_written(w):
    file = w.connect()
    w.hand.write(b"last")
    is_(w.hand("close")[0], SUCCESS)
    is_(file.read(), (SUCCESS, b"last"))
    assert file.read()[0] in (DISCONNECTED, BROKEN)


def test_D1_D6_the_server_disconnects(w):
    file = w.connect()
    number = file.start_read()
    is_(w.hand("disconnect")[0], SUCCESS)
    assert file.finish_read(number)[0] in (DISCONNECTED, BROKEN)
    is_(w.hand.read()[0], DISCONNECTED)


def test_L4_a_client_that_has_gone(w):
    file = w.connect()
    file.close()
    is_(w.hand.read()[0], BROKEN)
    is_(w.hand("listen")[0], CLOSING)


# ---- who it is ----

def test_I2_Z3_the_token(w):
    file = w.connect()
    file.write(b"a")
    is_(w.hand.read(), (SUCCESS, b"a"))
    status, _, text = w.hand("token")
    is_(status, SUCCESS)
    account = text.split(" ")[0]
    assert account.split("\\")[-1] == "user", text
    assert " remote " in text, text


def test_I1_nothing_read(w):
    w.connect()
    assert w.hand("token")[0] != SUCCESS


def test_J7_the_computer(w):
    file = w.connect()
    file.write(b"a")
    w.hand.read()
    status, _, _ = w.hand("computer")
    assert status != PIPE_LOCAL


def main():
    hand, wanted = sys.argv[1].split(), sys.argv[2:]
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        world = World(hand)
        try:
            test(world)
            world.close(False)
            passed += 1
        except Exception as error:  # whatever it is, the others are tried too
            failed += 1
            print(f"FAIL {name}: {error!r}", flush=True)
            world.close(True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()

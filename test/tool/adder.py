# SPDX-License-Identifier: MIT
"""Adds shares by one connection to the socket of srvsvc, call after call, in bytes of our own."""
import socket
import struct
import uuid

SRVSVC = uuid.UUID("4b324fc8-1670-01d3-1278-5a47bf6ee188").bytes_le + struct.pack("<HH", 3, 0)
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<I", 2)
REQUEST, RESPONSE, BIND, BIND_ACK = 0, 2, 11, 12
SHARE_ADD = 14


def pdu(kind, call_id, body):
    return struct.pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, 16 + len(body), 0, call_id) + body


def string(text):
    units = (text + "\0").encode("utf-16-le")
    return struct.pack("<III", len(units) // 2, 0, len(units) // 2) + units + bytes(-len(units) % 4)


def share_add(share):
    """The stub of NetrShareAdd, level 2."""
    head = struct.pack("<IIII", 0, 2, 2, 1)  # ServerName, Level, of the union too, its pointer
    fixed = struct.pack("<8I", 2, share["shi2_type"], 3, share["shi2_permissions"], share["shi2_max_uses"],
                        share["shi2_current_uses"], 4, 5)
    texts = [string(share[name]) for name in ("shi2_netname", "shi2_remark", "shi2_path", "shi2_passwd")]
    return head + fixed + b"".join(texts) + bytes(4)


class Adder:
    """OSError: its connection is over, and the next call has another."""

    def __init__(self, path):
        self.path, self.socket, self.call_id = path, None, 0

    def receive(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionResetError("closed")
            data += more
        return data

    def exchange(self, kind, body, wanted):
        self.call_id += 1
        self.socket.sendall(pdu(kind, self.call_id, body))
        head = self.receive(16)
        body = self.receive(struct.unpack_from("<H", head, 8)[0] - 16)
        if head[2] != wanted:
            raise ConnectionResetError(f"a PDU of type {head[2]}")
        return body

    def connect(self, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(self.path)
        self.exchange(BIND, struct.pack("<HHIIHH", 4280, 4280, 0, 1, 0, 1) + SRVSVC + NDR, BIND_ACK)

    def add(self, share, timeout=60):
        """What NetrShareAdd returns."""
        try:
            if not self.socket:
                self.connect(timeout)
            stub = share_add(share)
            answer = self.exchange(REQUEST, struct.pack("<IHH", len(stub), 0, SHARE_ADD) + stub, RESPONSE)
        except OSError:
            self.close()
            raise
        return struct.unpack_from("<I", answer, len(answer) - 4)[0]

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

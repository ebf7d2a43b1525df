#!/usr/bin/env python3
"""pidl's code, through Samba's library, on the bytes that bench-codec left.

    pidl.py FILE    prints encodes and decodes a second

Decoding runs in C; what Python adds is one call a list.
"""
import sys
import time

from samba.dcerpc import srvsvc
from samba.ndr import ndr_pack_out, ndr_unpack_out

SECONDS = 2


def rate(function):
    start, n = time.monotonic(), 0
    while time.monotonic() - start < SECONDS:
        function()
        n += 1
    return n / (time.monotonic() - start)


def main():
    data = open(sys.argv[1], "rb").read()
    call = srvsvc.NetShareEnumAll()
    ndr_unpack_out(call, data)
    assert call.out_totalentries == 10000

    def decode():
        ndr_unpack_out(srvsvc.NetShareEnumAll(), data)

    print(rate(lambda: ndr_pack_out(call)), rate(decode))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs one of impacket's programs by Kerberos, also those that have no -k.

    impacket_kerberos.py PROGRAM ARGUMENT...

The tickets are in KRB5CCNAME.
"""
import runpy
import sys

from impacket.dcerpc.v5 import transport

plain = transport.DCERPCTransportFactory


def by_kerberos(binding):
    link = plain(binding)
    link.set_kerberos(True, "127.0.0.1")
    return link


transport.DCERPCTransportFactory = by_kerberos
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")

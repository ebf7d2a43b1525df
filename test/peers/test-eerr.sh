#!/bin/bash
# Faults with extended errors, and those who need not know of them: Samba's client, impacket, tshark.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
penstock_start '[server]
extended_errors = all'
capture_start
wrong_level() { "$PENSTOCK" call "$1" rpcecho.echo_TestCall2 '{"level": 99}'; }
said='server [^ ]+, process [0-9]+, at .* UTC: the application: .*: "there is no level 99"'
expect "ours over ncalrpc" "$said" wrong_level ncalrpc:
expect "ours over TCP" "$said" wrong_level ncacn_ip_tcp:127.0.0.1
expect "Samba's client hears the fault" '0xC0000148|3221225800|INVALID_(INFO|LEVEL)' /usr/bin/python3 -c '
from samba.dcerpc import echo
from samba.param import LoadParm
lp = LoadParm()
lp.load_default()
server = echo.rpcecho("ncacn_ip_tcp:127.0.0.1", lp)
try:
    server.TestCall2(99)
except Exception as error:
    print(error)
assert server.AddOne(41) == 42'
expect "impacket hears the fault" 'c0000148' /usr/bin/python3 -c '
from impacket.dcerpc.v5 import epm, transport
from impacket.uuid import uuidtup_to_bin
import struct
echo = uuidtup_to_bin(("60a15ec5-4de8-11d7-a637-005056a20182", "1.0"))
dce = transport.DCERPCTransportFactory(epm.hept_map("127.0.0.1", echo, protocol="ncacn_ip_tcp")).get_dce_rpc()
dce.connect()
dce.bind(echo)
dce.call(5, struct.pack("<H", 99))
try:
    dce.recv()
except Exception as error:
    print(error)
dce.call(0, struct.pack("<I", 41))
assert dce.recv() == struct.pack("<I", 42)'
capture_stop 20
expect "tshark sees them" 'Extended error information present: True' \
	tshark -n -r "$WORK/capture.pcapng" -o tcp.try_heuristic_first:true -V -Y 'dcerpc.pkt_type == 3'
penstock_stop
finish

#!/bin/bash
# Clients in python that know nothing of us, over TCP and ncalrpc.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
penstock_start
samba_conf ours >"$WORK/smb.conf"

capture_start

dump() {
	/usr/bin/python3 /usr/share/doc/python3-impacket/examples/rpcdump.py 127.0.0.1
}
expect "rpcdump finds srvsvc" '4B324FC8-1670-01D3-1278-5A47BF6EE188 v3.0' dump
expect "rpcdump finds its TCP endpoint" 'ncacn_ip_tcp:127.0.0.1\[[0-9]+\]' dump
expect "rpcdump finds its pipe" 'ncacn_np:.*\[\\(pipe|PIPE)\\srvsvc\]' dump
expect "rpcdump finds its local endpoint" 'ncalrpc:\[' dump
expect "rpcdump counts" 'Received [0-9]+ endpoints' dump
port=$("$PENSTOCK" endpoints --json 127.0.0.1 | python3 -c '
import json, re, sys
text = sys.stdin.read()
print(re.search(r"ncacn_ip_tcp:[^\[]*\[(\d+)\]", text.split("srvsvc", 1)[1]).group(1))')
count "impacket over TCP" /usr/bin/python3 "$PEERS/session_impacket.py" plain "ncacn_ip_tcp:127.0.0.1[$port]"
sessions() {
	local options
	for options in "$@"; do

		count "Samba's python over TCP $options" /usr/bin/python3 "$PEERS/session_samba.py" plain \
		ncacn_ip_tcp:127.0.0.1 "$WORK/client.conf" $options
		count "Samba's python over ncalrpc $options" /usr/bin/python3 "$PEERS/session_samba.py" admin \
		ncalrpc: "$WORK/client.conf" $options
	done
}
sessions "" bigendian
capture_stop 200
# tshark 4.0 does not dissect srvsvc in NDR64: docs/conformance.md.
sessions ndr64
count "the raw protocol suite, without authentication" env SERVER=127.0.0.1 \
	/usr/bin/python3 "$PEERS/raw_protocol.py"
penstock_stop
finish

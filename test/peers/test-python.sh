#!/bin/bash
# Clients in python that know nothing of us, over TCP and ncalrpc.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
penstock_start
samba_conf ours >"$WORK/smb.conf"

# Impacket's rpcdump and we ourselves ask in NDR64. tshark 4.0 takes the 64 bit counts of that syntax for
# two of 32 in the endpoint mapper and in srvsvc: what is asked in NDR64 stands outside
# the capture (docs/conformance.md).
dump() {
	/usr/bin/python3 /usr/share/doc/python3-impacket/examples/rpcdump.py 127.0.0.1
}
expect "rpcdump finds srvsvc" '4B324FC8-1670-01D3-1278-5A47BF6EE188 v3.0' dump
expect "rpcdump finds its TCP endpoint" 'ncacn_ip_tcp:127.0.0.1\[[0-9]+\]' dump
expect "rpcdump finds its pipe" 'ncacn_np:.*\[\\(pipe|PIPE)\\srvsvc\]' dump
expect "rpcdump finds its local endpoint" 'ncalrpc:\[' dump
expect "rpcdump counts" 'Received [0-9]+ endpoints' dump
port=$("$PENSTOCK" endpoints --json 127.0.0.1 | python3 -c '
import json, sys
for interface in json.load(sys.stdin):
    if interface["uuid"] == "4b324fc8-1670-01d3-1278-5a47bf6ee188":
        for endpoint in interface["endpoints"]:
            if endpoint["binding"].startswith("ncacn_ip_tcp:"):
                print(endpoint["binding"].split("[")[1].split("]")[0].split(",")[0])
                sys.exit()
')

capture_start
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
sessions ndr64
count "the raw protocol suite, without authentication" env SERVER=127.0.0.1 \
	/usr/bin/python3 "$PEERS/raw_protocol.py"
count "the raw protocol suite, netlogon" env SERVER=127.0.0.1 \
	/usr/bin/python3 "$PEERS/raw_protocol.py" netlogon
penstock_stop
finish

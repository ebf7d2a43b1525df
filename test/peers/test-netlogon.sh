#!/bin/bash
# Netlogon: Samba's client and impacket against our daemon's accounts.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
MACHINE_PASSWORD=M4chine-Secret-1
account() { # PASSWORD KIND add NAME [OPTION...]
	local password=$1
	shift
	"$PENSTOCK" "$@" --accounts "$WORK/state/accounts.db" --password-stdin <<<"$password" >>"$WORK/accounts.log" 2>&1
}
serve() { # LINES OF [security]
	penstock_start "[store]
accounts = $WORK/state/accounts.db
[security]
${1-}"
}

samba_conf ours >"$WORK/smb.conf"
serve
check "a machine account" account "$MACHINE_PASSWORD" machine add member
check "a user" account Al1cePassw0rd user add alice
check "another" account Ev3Passw0rd user add eve --disable
samba() { # OPTION...
	/usr/bin/python3 "$PEERS/netlogon_samba.py" "$WORK/client.conf" member "$MACHINE_PASSWORD" "$@"
}
tcp_port() {
	"$PENSTOCK" endpoints --json 127.0.0.1 | python3 -c '
import json, sys
for interface in json.load(sys.stdin):
    if interface["uuid"] == "12345678-1234-abcd-ef00-01234567cffb":
        for endpoint in interface["endpoints"]:
            if endpoint["binding"].startswith("ncacn_ip_tcp:"):
                print(endpoint["binding"].split("[")[1].split("]")[0].split(",")[0])
                sys.exit()
'
}
impacket() { # OPTION...
	/usr/bin/python3 "$PEERS/netlogon_impacket.py" "ncacn_ip_tcp:127.0.0.1[$(tcp_port)]" member "$MACHINE_PASSWORD" "$@"
}
count "Samba's client" samba
count "impacket" impacket
penstock_stop

serve "netlogon_weak = yes
netlogon_unsealed = yes"
count "Samba's client, with signed calls" samba unsealed
count "impacket, without AES" impacket weak
penstock_stop
finish

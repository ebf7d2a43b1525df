#!/bin/bash
# Netlogon: Samba's client and impacket against our daemon's accounts; and a machine of ours,
# and our daemon, at Samba's domain controller.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/dc.sh"
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
their_client() { # OPTION...
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
count "Samba's client" their_client
count "impacket" impacket
penstock_stop

serve "netlogon_weak = yes
netlogon_unsealed = yes"
count "Samba's client, with signed calls" their_client unsealed
count "impacket, without AES" impacket weak
penstock_stop

# At a controller of a real domain.
dc_start "rpc, kdc" >/dev/null
wait_for "Samba's endpoint mapper" bash -c ': </dev/tcp/127.0.0.1/135'
dc_tool computer create member >>"$DC/tool.log" 2>&1
dc_tool user setpassword 'member$' --newpassword="$MACHINE_PASSWORD" >>"$DC/tool.log" 2>&1
dc_tool user create bob B0bPassw0rd >>"$DC/tool.log" 2>&1
dc_tool group add staff >>"$DC/tool.log" 2>&1
dc_tool group addmembers staff bob >>"$DC/tool.log" 2>&1
sid=$(dc_tool user show bob --attributes=objectSid | sed -n 's/^objectSid: //p')
live() { # MACHINE-PASSWORD [NEW-PASSWORD]
	"$BUILD/test/peers/netlogon-live" ncacn_ip_tcp:127.0.0.1 AD MEMBER "$1" bob B0bPassw0rd "${@:2}"
}
seen=$(live "$MACHINE_PASSWORD" An0ther-Secret-2 2>&1)
expect "a user of the domain, with the right key" "^AD.bob is $sid in 2 groups, key right" echo "$seen"
expect "a wrong password" 'STATUS_WRONG_PASSWORD' echo "$seen"
expect "nobody" 'STATUS_NO_SUCH_USER' echo "$seen"
expect "a new password of the machine" '^new password: good' echo "$seen"
check "and again after it" [ "$(grep -c 'key right' <<<"$seen")" = 2 ]
expect "the old password" '^PEN_E_DENIED: NetrServerAuthenticate3: ' live "$MACHINE_PASSWORD"
look_up() { # NAME
	"$BUILD/test/peers/schannel-live" ncacn_ip_tcp:127.0.0.1 AD MEMBER An0ther-Secret-2 "$1"
}
expect "LSA over the machine's channel: the SID of a name" "^rid ${sid##*-}\$" look_up 'AD\bob'
expect "and the name of a SID" '^the same name: yes' look_up bob
expect "and of nobody" 'LsarLookupNames4: STATUS_NONE_MAPPED' look_up nobody

# Our daemon as that member: it asks the controller who its clients are.
umask 077
echo An0ther-Secret-2 >"$WORK/secret"
umask 022
penstock_start "[server]
port = 1350
ports = 1351-1360
[store]
accounts = $WORK/state/accounts.db
[security]
verdicts = netlogon
dc = ncacn_ip_tcp:127.0.0.1
domain = AD
machine = MEMBER
machine_secret = $WORK/secret"
wait_for "penstockd's services" bash -c ': </dev/tcp/127.0.0.1/1351'
srvsvc() { # PASSWORD
	/usr/bin/python3 - "$WORK/client.conf" "$1" <<'PY'
import sys
from samba import credentials, param
from samba.dcerpc import srvsvc
lp = param.LoadParm()
lp.load(sys.argv[1])
who = credentials.Credentials()
who.guess(lp)
who.set_username("bob")
who.set_domain("AD")
who.set_password(sys.argv[2])
who.set_kerberos_state(credentials.DONT_USE_KERBEROS)
conn = srvsvc.srvsvc("ncacn_ip_tcp:127.0.0.1[1351,seal,ntlm]", lp, who)
print("server", conn.NetSrvGetInfo(None, 101).server_name)
PY
}
expect "a user of the domain at our daemon" '^server PENTEST' srvsvc B0bPassw0rd
expect "and who it is" "is AD.+bob by ntlm" cat "$WORK/penstockd.log"
expect "a wrong password there" 'LOGON_FAILURE|ACCESS_DENIED|Access Denied|denied' srvsvc wrong
penstock_stop
dc_stop
finish

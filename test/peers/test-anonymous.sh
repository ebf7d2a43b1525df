#!/bin/bash
# Clients that prove nothing, over TCP: Samba's and impacket's without a name, and guests.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"

penstock_start "[security]
guests = strangers"
samba_conf ours >/dev/null
log=$WORK/penstockd.log
rpc() { timeout 30 rpcclient -s "$WORK/client.conf" -U "$1" "ncacn_ip_tcp:127.0.0.1[$2]" -c srvinfo; }

for options in connect packet sign seal spnego,connect spnego,sign spnego,seal; do
	expect "rpcclient without a name, $options" 'platform_id[[:space:]]*:[[:space:]]*500' rpc % "$options"
done
expect "it is known as nobody" 'is NT AUTHORITY.*ANONYMOUS LOGON by ntlm, level 6' cat "$log"
count "impacket without a name" timeout 60 /usr/bin/python3 "$PEERS/anonymous_impacket.py" 127.0.0.1

# Guests, of whom only Guest has a password that the server knows: none.
expect "no guest while Guest is disabled" 'ACCESS_DENIED' rpc bob%x connect
check "Guest is enabled" "$PENSTOCK" user set Guest --enable --accounts "$WORK/state/accounts.db"
for options in connect sign seal spnego,sign spnego,seal; do
	expect "Guest, $options" 'platform_id[[:space:]]*:[[:space:]]*500' rpc Guest% "$options"
done
for options in connect spnego,connect; do
	expect "a stranger, $options" 'platform_id[[:space:]]*:[[:space:]]*500' rpc bob%x "$options"
done
for options in sign seal spnego,sign spnego,seal; do
	expect "a stranger, $options" 'ACCESS_DENIED' rpc bob%x "$options"
done
expect "and why" 'the client is a guest, who has no key to sign with' cat "$log"
expect "a stranger of ours, level connect" '"computer_name"|PENTEST' \
	"$PENSTOCK" call -U bob --password-file <(echo x) --level connect ncacn_ip_tcp:127.0.0.1 srvsvc.NetrServerGetInfo \
	'{"ServerName": null, "Level": 100}'
penstock_stop
finish

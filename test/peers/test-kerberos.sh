#!/bin/bash
# Kerberos through the whole stack, with a private MIT KDC: Samba's and impacket's clients
# and ours at our daemon, over TCP and over pipes that smbd carries, with keys of each type;
# then our clients at Samba's server.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
. "$PEERS/samr.sh"
. "$PEERS/lsa.sh"
LIVE=$BUILD/test/peers/client-live
EXAMPLES=/usr/share/doc/python3-impacket/examples
TYPES="aes256:aes256-cts-hmac-sha1-96 aes128:aes128-cts-hmac-sha1-96
	sha384:aes256-cts-hmac-sha384-192 sha256:aes128-cts-hmac-sha256-128 rc4:arcfour-hmac"
kdc_start
kdc_people not-here admin user
kdc_service host/pentest aes256-cts-hmac-sha1-96
cp "$KDC/pentest.keytab" "$KDC/all.keytab"
names=
for pair in $TYPES; do
	name=${pair%:*}
	kdc_service "host/$name" "${pair#*:}"
	kdc_kadmin "ktadd -k $KDC/all.keytab -norandkey host/$name" >>"$KDC/create.log" 2>&1
	names="$names $name"
done
echo "127.0.0.1 pentest $names" >>/etc/hosts
account() { "$PENSTOCK" "$@" --accounts "$WORK/state/accounts.db" >>"$WORK/accounts.log" 2>&1; }
serve() { # LINES OF [security]
	penstock_start "[security]
keytab = FILE:$KDC/all.keytab
realm = PENSTOCK.TEST
${1-}"
}
kdc_smbd
samba_start ours 2>/dev/null
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/kerberos.conf"
serve
# The KDC's passwords are not ours: who gets in by Kerberos did not get in otherwise.
for name in admin user alice; do
	check "an account $name" account user add "$name" --password-stdin <<<Only-ours-1
done
check "an administrator" account group add-member Administrators admin

# Everything that rpcclient does with accounts, sealed over TCP; then over a pipe.
tickets() { # NAME BINDING COMMAND
	KRB5CCNAME=$KDC/$1.ccache rpcclient -s "$WORK/kerberos.conf" --use-kerberos=required -N "$2" -c "$3"
}
rpc() { # WHO COMMAND
	if [ "$1" = nobody ]; then
		rpcclient -s "$WORK/client.conf" -U % ncacn_ip_tcp:pentest -c "$2"
	else
		tickets "$1" 'ncacn_ip_tcp:pentest[krb5,seal]' "$2"
	fi
}
impacket() { # WHO FILE ARGUMENT...
	local who=$1
	shift
	KRB5CCNAME=$KDC/$who.ccache /usr/bin/python3 "$@"
}
samr_commands "Kerberos, sealed"
count "impacket over TCP" impacket admin "$PEERS/samr_impacket.py" pentest admin - joe Changed-third3 tcp krb5
check "joe goes" rpc admin 'deletedomuser joe'
rpc() { # WHO COMMAND
	if [ "$1" = nobody ]; then
		rpcclient -s "$WORK/client.conf" -U % pentest -c "$2"
	else
		tickets "$1" pentest "$2"
	fi
}
samr_commands "Kerberos, a pipe"
lsa_commands "Kerberos, a pipe"
count "impacket over a pipe" impacket admin "$PEERS/samr_impacket.py" pentest admin - joe Changed-third3 krb5
count "Samba's bindings over a pipe" /usr/bin/python3 "$PEERS/samr_samba.py" "$WORK/kerberos.conf" pentest \
	admin@PENSTOCK.TEST not-here 'ncacn_np:pentest[krb5]'
expect "impacket's samrdump" 'joe' impacket admin "$EXAMPLES/samrdump.py" -k -no-pass PENSTOCK.TEST/admin@pentest
expect "impacket's lookupsid" 'PENTEST.Administrator \(SidTypeUser\)' impacket admin \
	"$PEERS/impacket_kerberos.py" "$EXAMPLES/lookupsid.py" -no-pass PENSTOCK.TEST/admin@pentest 600
expect "impacket's rpcdump" '12345778-1234-ABCD-EF00-0123456789AC' impacket admin \
	"$PEERS/impacket_kerberos.py" "$EXAMPLES/rpcdump.py" -port 445 PENSTOCK.TEST/admin:not-here@pentest
expect "the daemon knows who it was" 'is PENTEST.*admin by (spnego|krb5), level 6' cat "$WORK/penstockd.log"
penstock_stop
kdc_stop
finish

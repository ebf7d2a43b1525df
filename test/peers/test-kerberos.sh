#!/bin/bash
# Kerberos through the whole stack, with a private MIT KDC: all that Samba's and impacket's
# clients do with accounts, over TCP and over pipes that a real smbd carries.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
. "$PEERS/samr.sh"
. "$PEERS/lsa.sh"
EXAMPLES=/usr/share/doc/python3-impacket/examples
kdc_start
kdc_people not-here admin user
kdc_service host/pentest aes256-cts-hmac-sha1-96
cp "$KDC/pentest.keytab" "$KDC/all.keytab"
kdc_smbd
kdc_kadmin "ktadd -k $KDC/all.keytab -norandkey cifs/pentest" >>"$KDC/create.log" 2>&1
account() { "$PENSTOCK" "$@" --accounts "$WORK/state/accounts.db" >>"$WORK/accounts.log" 2>&1; }
serve() { # LINES OF [security]
	penstock_start "[security]
keytab = FILE:$KDC/all.keytab
realm = PENSTOCK.TEST
${1-}"
}
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
		tickets "$1" "ncacn_np:pentest$protection" "$2"
	fi
}
protection='[krb5,seal]'
samr_commands "Kerberos, sealed on a pipe"
check "joe goes again" rpc admin 'deletedomuser joe'
protection=
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

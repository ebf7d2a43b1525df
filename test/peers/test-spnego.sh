#!/bin/bash
# SPNEGO over Kerberos through a private MIT KDC: our client and our server with each
# other, each with MIT's SPNEGO, and our server with Samba's.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
LIVE=$BUILD/test/peers/spnego-live
kdc_start
kdc_service host/aes256 aes256-cts-hmac-sha1-96
keytab=FILE:$KDC/aes256.keytab

agree() { # NAME MICS COMMAND...
	local name=$1 mics=$2 seen n
	shift 2
	seen=$("$@" 2>&1)
	n=$(grep -cE 'MIC [1-9]' <<<"$seen")
	if grep -qx agreed <<<"$seen" && [ "$n" = "$mics" ]; then pass; else fail "$name ($n MICs)" "$seen"; fi
}

live() { "$LIVE" "$1" "$2" "$keytab" "${@:3}"; }
samba() { /usr/bin/python3 "$PEERS/spnego_samba.py" "$1" "$LIVE" "$keytab" "${@:2}"; }

agree "ours with ours" 2 live ours ours
agree "MIT's with ours, and no MIC, as it may" 0 live mit ours
agree "ours with MIT's" 2 live ours mit
agree "ours with ours, another choice" 2 live ours ours other
agree "ours with MIT's, another choice" 2 live ours mit other
agree "ours with ours, the other name" 2 live ours ours krb5-only
agree "ours with ours, at level connect, which signs nothing" 0 live ours ours connect
agree "Samba's with ours, sign" 2 samba sign integrity
agree "Samba's with ours, seal" 2 samba seal
agree "Samba's with ours, connect" 0 samba connect connect
kdc_stop
finish

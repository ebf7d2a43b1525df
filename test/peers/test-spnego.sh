#!/bin/bash
# SPNEGO over Kerberos through a private MIT KDC: our client and our server with each
# other, and each with MIT's SPNEGO.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
LIVE=$BUILD/test/peers/spnego-live
kdc_start
kdc_service host/aes256 aes256-cts-hmac-sha1-96
keytab=FILE:$KDC/aes256.keytab

agree() { # NAME MICS CLIENT SERVER [OPTION...]
	local name=$1 mics=$2 seen n
	shift 2
	seen=$("$LIVE" "$1" "$2" "$keytab" "${@:3}" 2>&1)
	n=$(grep -cE 'MIC [1-9]' <<<"$seen")
	if grep -qx agreed <<<"$seen" && [ "$n" = "$mics" ]; then pass; else fail "$name ($n MICs)" "$seen"; fi
}

agree "ours with ours" 2 ours ours
agree "MIT's with ours, and no MIC, as it may" 0 mit ours
agree "ours with MIT's" 2 ours mit
agree "ours with ours, another choice" 2 ours ours other
agree "ours with MIT's, another choice" 2 ours mit other
agree "ours with ours, the other name" 2 ours ours krb5-only
agree "ours with ours, at level connect" 2 ours ours connect
kdc_stop
finish
